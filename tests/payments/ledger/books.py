"""A small set of books for the tests of the ledger: a customer, a specialist, and the company's accounts."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from marketplace.foundation.ids import derived, uuid7
from marketplace.foundation.money import Money
from payments.ledger import actions
from payments.ledger.example import Act, Place
from payments.ledger.rules import AccountName, Leg, Posted, Purpose

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
CUSTOMER = derived("test", "customer")
SPECIALIST = derived("test", "specialist")
GATEWAY = derived("test", "gateway")

NAMES: dict[Place, AccountName] = {
    "W:c": AccountName("wallet", "BDT", "customer", CUSTOMER),
    "W:s": AccountName("wallet", "BDT", "specialist", SPECIALIST),
    "receivable:c": AccountName("receivable", "BDT", "customer", CUSTOMER),
    "receivable:s": AccountName("receivable", "BDT", "specialist", SPECIALIST),
    "clearing": AccountName("clearing", "BDT", "gateway", GATEWAY),
    "bank": AccountName("bank", "BDT", "bank", derived("test", "bank")),
    "commission": AccountName("commission", "BDT"),
    "fee_income": AccountName("fee_income", "BDT"),
    "tax": AccountName("tax", "BDT", "tax", derived("test", "vat")),
    "fees": AccountName("gateway_fees", "BDT"),
    "promo": AccountName("promo", "BDT"),
    "transit": AccountName("payouts_in_transit", "BDT"),
}


def bdt(minor: int) -> Money:
    """So many poisha."""
    return Money(minor, "BDT")


def open_books(session: Session) -> dict[Place, int]:
    """Open every account; a specialist's debt may reach 5 000."""
    limits = {"receivable:s": 5_000}
    return {place: actions.open_account(session, name, limit=limits.get(place)) for place, name in NAMES.items()}


def subject_of(word: str) -> UUID | None:
    """The opaque id that the word of an example stands for."""
    return derived("test", "subject", word) if word else None


def legs_of(act: Act, books: dict[Place, int]) -> list[Leg]:
    """The legs of an example's act, on these books."""
    return [
        Leg(
            books[place],
            bdt(amount),
            spill=books[act.spill[place]] if place in act.spill else None,
            keep=bdt(act.keep[place]) if place in act.keep else None,
        )
        for place, amount in act.legs.items()
    ]


def perform(session: Session, act: Act, books: dict[Place, int], key: UUID | None = None) -> Posted | None:
    """Ask the door for an act."""
    key = key or uuid7()
    legs, subject = legs_of(act, books), subject_of(act.subject)
    if act.verb == "post":
        return actions.post(session, key, act.kind, legs, now=NOW, subject=subject)
    if act.verb == "offset":
        wallet, receivable = (leg.account for leg in legs)
        return actions.offset(session, key, wallet=wallet, receivable=receivable, currency="BDT", now=NOW)
    assert subject is not None
    if act.verb == "hold":
        return actions.hold(session, key, legs[0], purpose=act.purpose, subject=subject, now=NOW)
    if act.verb == "release":
        return actions.release(session, key, closes=act.purpose, subject=subject, now=NOW)
    keeps_as: Purpose | None = "warranty" if act.keep else None
    return actions.capture(
        session, key, act.kind, legs, subject=subject, closes=act.purpose, keeps_as=keeps_as, now=NOW
    )  # fmt: skip


def top_up(session: Session, books: dict[Place, int], amount: int, place: Place = "W:c") -> Posted:
    """Credit a wallet, as a verified top-up does."""
    legs: Sequence[Leg] = [Leg(books["clearing"], bdt(-amount)), Leg(books[place], bdt(amount))]
    return actions.post(session, uuid7(), "topup", legs, now=NOW)
