"""What matching posts. A line of a bank's statement is in the books of its account from the day it comes in, against
suspense; what it turns out to be clears it from there. So the account is always as its statement says, and the order
in which files come changes no balance.

Fees are posted a batch at a time: gateway fees −f · clearing +f. A deposit: suspense −N · clearing +N.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from marketplace.foundation.ids import derived
from marketplace.foundation.money import Money
from payments.ledger import actions as ledger
from payments.ledger.rules import AccountName, Leg, Posting
from payments.reconciliation.bank_passes import BankLine
from payments.reconciliation.rules import noon
from payments.wallets.rules import clearing_of

MOST_AT_ONCE: Final = 2_000


class Accounts:
    """The ids of the accounts of one run, each opened once."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._ids: dict[AccountName, int] = {}

    def id(self, name: AccountName) -> int:
        """The account of this name."""
        if name not in self._ids:
            self._ids[name] = ledger.open_account(self._session, name)
        return self._ids[name]


def bank_account(account: str, currency: str) -> AccountName:
    """The ledger's name for the bank account of a statement."""
    return AccountName("bank", currency, "bank", derived("bank", account))


def bank_suspense(account: str, currency: str) -> AccountName:
    """Where a line of a statement stands until it is known what it is."""
    return AccountName("suspense", currency, "bank", derived("bank", account))


def gateway_suspense(gateway: str, currency: str) -> AccountName:
    """Where money stands that a gateway paid out and that is to go back to whoever paid."""
    return AccountName("suspense", currency, "gateway", derived("gateway", gateway))


def came_in(session: Session, accounts: Accounts, lines: Iterable[BankLine]) -> list[Posting]:
    """bank −N · suspense +N for each line, on the day that the bank booked it; today where that day has been signed."""
    found = []
    for line in lines:
        bank = accounts.id(bank_account(line.account, line.currency))
        stands = accounts.id(bank_suspense(line.account, line.currency))
        net, day = Money(line.net, line.currency), noon(line.booked)
        signed = _signed_through(session, {bank, stands})
        legs = (Leg(bank, -net), Leg(stands, net))
        found.append(
            Posting(
                derived("line", line.id, "suspense"), "bank_suspense", legs, subject=line.id,
                effective_at=None if signed is not None and day <= signed else day,
            )
        )  # fmt: skip
    return found


def cleared(
    accounts: Accounts, gateway: str, lines: Iterable[BankLine], *, turn: int = 0, back: bool = False
) -> list[Posting]:
    """suspense −N · clearing +N for deposits that found their batch; the other way when they are parted again."""
    found = []
    for line in lines:
        net = Money(-line.net if back else line.net, line.currency)
        stood = accounts.id(bank_suspense(line.account, line.currency))
        clearing = accounts.id(clearing_of(gateway, line.currency))
        key = derived("line", line.id, "parted" if back else "cleared", turn)
        reason = "match_undone" if back else None
        found.append(
            Posting(key, "suspense_cleared", (Leg(stood, -net), Leg(clearing, net)), subject=line.id, reason=reason)
        )
    return found


def fees(
    accounts: Accounts, gateway: str, sets: Iterable[tuple[UUID, str, int]], *, word: str = "fee"
) -> list[Posting]:
    """What the gateway kept of the lines of each set; given back where it is below zero."""
    found = []
    for id, currency, minor in sets:
        if minor == 0:
            continue
        kept, clearing = (
            accounts.id(AccountName("gateway_fees", currency)),
            accounts.id(clearing_of(gateway, currency)),
        )
        fee = Money(minor, currency)
        kind = "gateway_fee" if minor > 0 else "gateway_fee_back"
        found.append(Posting(derived("match", id, word), kind, (Leg(kept, -fee), Leg(clearing, fee)), subject=id))  # type: ignore[arg-type]  # one of two codes
    return found


def post(session: Session, postings: Sequence[Posting], *, now: datetime) -> None:
    """All of them, last in the transaction; the accounts in one order whatever was matched first."""
    session.flush()
    for first in range(0, len(postings), MOST_AT_ONCE):
        ledger.post_many(session, postings[first : first + MOST_AT_ONCE], now=now)


def _signed_through(session: Session, groups: set[int]) -> datetime | None:
    asked = text("SELECT max(locked_through) FROM ledger.period WHERE state <> 'open' AND account_group = ANY(:groups)")
    signed: datetime | None = session.scalar(asked, {"groups": [0, *sorted(groups)]})
    return signed
