"""What several people get for a job: each the part that the service says, in one transfer with all of them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from booking.jobs import crews, terms
from booking.jobs.rules import NotPriced
from booking.jobs.tables import Job
from booking.jobs.terms import Terms
from booking.pricing.cancelling import Split
from booking.pricing.rules import Pay
from marketplace.foundation.money import Money
from payments.wallets import crews as wallets
from payments.wallets.rules import FeeShare, Part, Share


def capture(
    session: Session,
    row: Job,
    made: Terms,
    final: Money,
    *,
    now: datetime,
    payable_at: datetime,
    by_house: Money | None,
) -> None:
    """The price to the crew, commission and tax, from what is set aside."""
    pays = terms.shared(made, terms.net_pay(made, final))
    parts = [
        Part(who, seat, _share(pay))
        for seat, (who, pay) in enumerate(zip(_crew(session, row), pays, strict=True), start=crews.LEAD)
    ]
    wallets.capture_crew(
        session, job=row.id, customer=_customer(row), parts=parts, now=now, warranty_until=payable_at,
        promotion=by_house,
    )  # fmt: skip


def take_fee(session: Session, row: Job, made: Terms, split: Split, *, now: datetime) -> None:
    """The fee of a visit that does not take place: the crew's share of it by the same percents."""
    amounts = split.specialist_share.share(terms.percents(made))
    people = list(zip(_crew(session, row), amounts, strict=True))
    share = FeeShare(split.fee, split.specialist_share, split.house_share, split.tax)
    wallets.charge_cancellation_of_crew(
        session, job=row.id, customer=_customer(row), people=people, share=share, now=now
    )


def tip(session: Session, row: Job, amount: Money, *, now: datetime) -> None:
    """A tip is for all of them alike, to the unit."""
    crew = _crew(session, row)
    people = list(zip(crew, amount.share([1] * len(crew)), strict=True))
    wallets.tip_crew(session, job=row.id, customer=_customer(row), people=people, now=now, nth=row.tips)


def release(session: Session, row: Job, *, now: datetime) -> None:
    """What they earned is free."""
    wallets.release_warranty_of_crew(session, job=row.id, people=_crew(session, row), currency=row.currency, now=now)


def _crew(session: Session, row: Job) -> Sequence[UUID]:
    found = crews.members(session, row)
    if len(found) != row.seats:
        raise NotPriced()
    return found


def _customer(row: Job) -> UUID:
    if row.customer_id is None:
        raise NotPriced()
    return row.customer_id


def _share(pay: Pay) -> Share:
    return Share(pay.gross, pay.commission, pay.tax, pay.net)
