"""What matching posts. A line of a bank's statement is in the books of its account from the day it comes in, against
suspense; what it turns out to be clears it from there. So the account is always as its statement says, and the order
in which files come changes no balance.

Fees are posted a batch at a time: gateway fees −f · clearing +f. A deposit: suspense −N · clearing +N.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from marketplace.foundation.ids import derived
from marketplace.foundation.money import Money
from payments.ledger import actions as ledger
from payments.ledger.rules import AccountName, Leg, Posting, TransferCode
from payments.reconciliation.bank_passes import BankLine
from payments.reconciliation.rules import noon
from payments.wallets.rules import clearing_of

MOST_AT_ONCE: Final = 2_000


class Accounts:
    """The ids of the accounts of one run, each opened once."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._ids: dict[AccountName, int] = {}
        self._signed: dict[tuple[int, ...], datetime | None] = {}

    def id(self, name: AccountName) -> int:
        """The account of this name."""
        if name not in self._ids:
            self._ids[name] = ledger.open_account(self._session, name)
        return self._ids[name]

    def dated(self, booked: date, *groups: int) -> datetime | None:
        """The moment of a line's day; None, which is now, where one of these accounts is signed beyond it."""
        if groups not in self._signed:
            self._signed[groups] = _signed_through(self._session, set(groups))
        signed, day = self._signed[groups], noon(booked)
        return None if signed is not None and day <= signed else day


@lru_cache(maxsize=1_000)
def bank_account(account: str, currency: str) -> AccountName:
    """The ledger's name for the bank account of a statement."""
    return AccountName("bank", currency, "bank", derived("bank", account))


@lru_cache(maxsize=1_000)
def bank_suspense(account: str, currency: str) -> AccountName:
    """Where a line of a statement stands until it is known what it is."""
    return AccountName("suspense", currency, "bank", derived("bank", account))


def gateway_suspense(gateway: str, currency: str) -> AccountName:
    """Where money stands that a gateway paid out and that is to go back to whoever paid."""
    return AccountName("suspense", currency, "gateway", derived("gateway", gateway))


def came_in(accounts: Accounts, lines: Iterable[BankLine]) -> list[Posting]:
    """bank −N · suspense +N for each line, on the day the bank booked it; today where that day has been signed."""
    found = []
    for line in lines:
        bank = accounts.id(bank_account(line.account, line.currency))
        stands = accounts.id(bank_suspense(line.account, line.currency))
        net = Money(line.net, line.currency)
        legs = (Leg(bank, -net), Leg(stands, net))
        found.append(
            Posting(
                derived("line", line.id, "suspense"), "bank_suspense", legs, subject=line.id,
                effective_at=accounts.dated(line.booked, bank, stands),
            )
        )  # fmt: skip
    return found


def cleared(
    accounts: Accounts, gateway: str, lines: Iterable[BankLine], *, turn: int = 0, back: bool = False
) -> list[Posting]:
    """suspense −N · clearing +N for deposits that found their batch, on the bank's day; parted again: back, today."""
    found = []
    for line in lines:
        net = Money(-line.net if back else line.net, line.currency)
        stood = accounts.id(bank_suspense(line.account, line.currency))
        clearing = accounts.id(clearing_of(gateway, line.currency))
        key = derived("line", line.id, "parted" if back else "cleared", turn)
        reason = "match_undone" if back else None
        effective_at = None if back or turn else accounts.dated(line.booked, stood, clearing)
        legs = (Leg(stood, -net), Leg(clearing, net))
        found.append(Posting(key, "suspense_cleared", legs, subject=line.id, reason=reason, effective_at=effective_at))
    return found


def fees(
    accounts: Accounts,
    gateway: str,
    sets: Iterable[tuple[UUID, str, int]],
    *,
    word: str = "fee",
    days: Mapping[UUID, date] | None = None,
) -> list[Posting]:
    """What the gateway kept of the lines of each set, on its day if given; posted back where it is below zero."""
    found = []
    for id, currency, minor in sets:
        if minor == 0:
            continue
        kept, clearing = (
            accounts.id(AccountName("gateway_fees", currency)),
            accounts.id(clearing_of(gateway, currency)),
        )
        fee = Money(minor, currency)
        kind: TransferCode = "gateway_fee" if minor > 0 else "gateway_fee_back"
        day = None if days is None else days.get(id)
        effective_at = None if day is None else accounts.dated(day, kept, clearing)
        legs = (Leg(kept, -fee), Leg(clearing, fee))
        found.append(Posting(derived("match", id, word), kind, legs, subject=id, effective_at=effective_at))
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
