"""Where an owner's money goes: told, changed, blocked when money came back, and found sound again."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from marketplace.foundation import vault
from marketplace.foundation.ids import derived, uuid7
from marketplace.foundation.outbox import enqueue
from payments.payouts import rows
from payments.payouts.account_numbers import AccountNumber
from payments.payouts.rules import DestinationBlocked, NoDestination
from payments.payouts.tables import Destination
from payments.wallets.rules import Owner


def set_destination(
    session: Session,
    *,
    owner: UUID,
    owner_kind: Owner,
    number: AccountNumber,
    holder: str,
    name_matches: bool | None,
    wait: timedelta,
    now: datetime,
) -> UUID:
    """From now on an owner's money goes to this account; the same account told again changes nothing.

    The first account may be used at once. A changed one waits, and "payouts.destination_changed" (id: the new one) is
    asked for, so that the owner hears of it where they were reached before. What is under way keeps its account.
    Refuses DestinationBlocked for the very account that money came back from.
    """
    rows.one_at_a_time(session, owner)
    blind = blind_of(number)
    current = session.scalar(_current(owner, owner_kind).with_for_update())
    if current is not None and current.blind == blind:
        if current.blocked_at is not None:
            raise DestinationBlocked
        return current.id
    if current is not None:
        current.replaced_at = now
        session.flush()
    id = uuid7()
    session.add(
        Destination(
            id=id, owner=owner, owner_kind=owner_kind, country=number.country, last4=number.last4, bank=number.bank,
            account=vault.seal(owner, _place("account", id), number.account),
            holder=vault.seal(owner, _place("holder", id), holder),
            branch=number.branch, blind=blind, name_matches=name_matches, made_at=now,
            usable_from=now if current is None else now + wait,
        )
    )  # fmt: skip
    session.flush()
    if current is not None:
        enqueue(session, "payouts.destination_changed", key=derived("destination", id, "changed"), id=id)
    return id


def block(session: Session, destination: UUID, *, now: datetime) -> None:
    """Nothing is sent to this account until it is looked at; what waits for it is taken back by a task."""
    row = session.get_one(Destination, destination, with_for_update=True)
    if row.blocked_at is None:
        row.blocked_at = now
        session.flush()
        key = derived("destination", destination, "stop", now.timestamp())
        enqueue(session, "payouts.stop", key=key, id=destination)


def find_sound(session: Session, destination: UUID, *, now: datetime) -> None:
    """Finance has looked at a blocked account, and it may be used again. Refuses NoDestination."""
    row = session.get(Destination, destination, with_for_update=True)
    if row is None:
        raise NoDestination
    if row.blocked_at is not None:
        row.blocked_at = None
        row.usable_from = max(row.usable_from, now)
        session.flush()


def blind_of(number: AccountNumber) -> bytes:
    """Equal accounts give equal bytes, and nothing else shows."""
    return vault.blind("payout_account", f"{number.country}{number.branch[:3]}{number.account}")


def opened(destination: Destination) -> tuple[str, AccountNumber]:
    """The holder and the number in clear, for the bank's file and nothing else. Raises Erased."""
    holder = vault.unseal(destination.owner, _place("holder", destination.id), destination.holder)
    account = vault.unseal(destination.owner, _place("account", destination.id), destination.account)
    return holder, AccountNumber(destination.country, account, destination.bank, destination.branch)


def current_of(session: Session, owner: UUID, owner_kind: Owner) -> Destination | None:
    """The account in force."""
    return session.scalar(_current(owner, owner_kind))


def _current(owner: UUID, owner_kind: Owner) -> Select[Destination]:
    return select(Destination).where(
        Destination.owner == owner, Destination.owner_kind == owner_kind, Destination.replaced_at.is_(None)
    )


def _place(column: str, id: UUID) -> str:
    return vault.place("payout_destination", column, id)
