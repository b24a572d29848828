"""Verbs of wallets for what several people did together: each act is one transfer, with a leg for everybody.

The parts come from the caller, shared to the unit; the first is the lead's, whose earning bears the transfer's key.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from marketplace.foundation.ids import derived
from marketplace.foundation.money import Money
from payments.ledger import actions as ledger
from payments.ledger import queries as books
from payments.ledger.rules import Leg, Posted
from payments.wallets import record
from payments.wallets.rules import FeeShare, Kind, Part, Share, tax_of, wallet_of
from payments.wallets.tables import JobPaymentPart


def capture_crew(
    session: Session,
    *,
    job: UUID,
    customer: UUID,
    parts: Sequence[Part],
    now: datetime,
    warranty_until: datetime,
    promotion: Money | None = None,
) -> Posted:
    """As `actions.capture_job`, for a job that several people did: each has their part, held until the warranty ends.

    Raises HoldTooSmall, HoldClosed.
    """
    key, whole = derived("job", job, "capture", 1), together([part.share for part in parts])
    currency, by_house = whole.gross.currency, promotion or Money.zero(whole.gross.currency)
    wallet, commission, tax, promo, *earners = record.accounts(
        session, wallet_of(customer, "customer", currency), books.house("commission", currency), tax_of(currency),
        books.house("promo", currency), *(wallet_of(part.specialist, "specialist", currency) for part in parts),
    )  # fmt: skip
    legs = [
        Leg(wallet, by_house - whole.gross),
        Leg(promo, -by_house),
        *(
            Leg(earner, part.share.net, keep=part.share.net)
            for earner, part in zip(earners, parts, strict=True)
            if part.share.net
        ),
        Leg(commission, whole.commission),
        Leg(tax, whole.tax),
    ]
    _earnings(session, key, "job", job, parts, now=now, payable_at=warranty_until)
    record.payment(
        session, job=job, customer=customer, specialist=parts[0].specialist, share=whole, promotion=by_house, now=now,
        payable_at=warranty_until, people=len(parts),
    )  # fmt: skip
    rows = [
        {
            "job": job, "specialist_id": part.specialist, "seat": part.seat, "gross": part.share.gross.minor,
            "commission": part.share.commission.minor, "tax": part.share.tax.minor,
        }
        for part in parts
    ]  # fmt: skip
    session.execute(insert(JobPaymentPart).values(rows).on_conflict_do_nothing())
    return ledger.capture(
        session, key, "capture", legs, subject=job, closes="job", keeps_as="warranty", expires_at=warranty_until,
        now=now,
    )  # fmt: skip


def charge_cancellation_of_crew(
    session: Session, *, job: UUID, customer: UUID, people: Sequence[tuple[UUID, Money]], share: FeeShare, now: datetime
) -> Posted:
    """As `actions.charge_cancellation`, with the specialists' share of the fee for each of these people."""
    key, currency = derived("job", job, "cancellation", 1), share.fee.currency
    wallet, income, tax, *earners = record.accounts(
        session, wallet_of(customer, "customer", currency), books.house("fee_income", currency), tax_of(currency),
        *(wallet_of(who, "specialist", currency) for who, _ in people),
    )  # fmt: skip
    legs = [
        Leg(wallet, -share.fee),
        *(Leg(earner, amount) for earner, (_, amount) in zip(earners, people, strict=True) if amount),
        Leg(income, share.house_share),
        Leg(tax, share.tax),
    ]
    _earnings(session, key, "cancellation", job, _whole(people), now=now)
    record.document_later(session, key)
    return ledger.capture(session, key, "cancellation", legs, subject=job, closes="job", now=now)


def tip_crew(
    session: Session, *, job: UUID, customer: UUID, people: Sequence[tuple[UUID, Money]], now: datetime, nth: int = 1
) -> Posted:
    """All of a tip is theirs, to each so much. Raises InsufficientFunds."""
    key, currency = derived("job", job, "tip", nth), people[0][1].currency
    wallet, *earners = record.accounts(
        session, wallet_of(customer, "customer", currency),
        *(wallet_of(who, "specialist", currency) for who, _ in people),
    )  # fmt: skip
    given = sum((amount for _, amount in people), Money.zero(currency))
    _earnings(session, key, "tip", job, _whole(people), now=now)
    got = [Leg(earner, amount) for earner, (_, amount) in zip(earners, people, strict=True) if amount]
    with session.begin_nested():
        return ledger.post(session, key, "tip", [Leg(wallet, -given), *got], subject=job, now=now)


def release_warranty_of_crew(
    session: Session, *, job: UUID, people: Sequence[UUID], currency: str, now: datetime
) -> Posted:
    """What each of them earned is free (lifecycle.md E.4 #27). Raises HoldClosed."""
    key = derived("job", job, "warranty", "release", 1)
    for who in people:
        record.offset_later(session, _own(key, who, people[0]), who, "specialist", currency)
    return ledger.release(session, key, subject=job, closes="warranty", now=now)


def together(shares: Sequence[Share]) -> Share:
    """All of them as one: what the transfer moves."""
    zero = Money.zero(shares[0].gross.currency)
    return Share(
        sum((each.gross for each in shares), zero), sum((each.commission for each in shares), zero),
        sum((each.tax for each in shares), zero), sum((each.net for each in shares), zero),
    )  # fmt: skip


def _earnings(
    session: Session,
    key: UUID,
    kind: Kind,
    job: UUID,
    parts: Sequence[Part],
    *,
    now: datetime,
    payable_at: datetime | None = None,
) -> None:
    for part in parts:
        if not part.share.gross:
            continue
        id = _own(key, part.specialist, parts[0].specialist)
        record.earning(
            session, id, kind, specialist=part.specialist, job=job, share=part.share, now=now, payable_at=payable_at,
            transfer=None if id == key else key,
        )  # fmt: skip
        if payable_at is None and kind != "refund":
            record.offset_later(session, id, part.specialist, "specialist", part.share.gross.currency)


def _own(key: UUID, who: UUID, lead: UUID) -> UUID:
    return key if who == lead else derived(key, "part", who)


def _whole(people: Sequence[tuple[UUID, Money]]) -> list[Part]:
    return [Part(who, seat, Share.whole(amount)) for seat, (who, amount) in enumerate(people, start=1)]
