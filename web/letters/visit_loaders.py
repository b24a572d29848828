"""What the letters about quotes tell: the sum and until when, never what it is made of."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from booking.jobs import letters, quotes
from booking.jobs.quote_rules import QuoteNotFound, QuoteState
from booking.jobs.quotes import QuoteView
from marketplace.catalogue import queries as catalogue
from marketplace.notices.queries import Delivery
from marketplace.people.queries import person
from web.letters.facts import Address, Facts, Gone, facts_for


@facts_for("quote_sent")
def _sent(session: Session, delivery: Delivery, now: datetime) -> Facts:
    told = letters.told(session, UUID(delivery.ids["event"]))
    quote = _quote(session, UUID(str(told.facts["quote_id"])))
    if not quote.waits(now) or quote.valid_until is None:
        raise Gone
    return {
        "service": _service(session, quote, delivery, now), "amount": quote.total, "until": quote.valid_until,
        "page": Address(f"jobs/{quote.job}/quote"),
    }  # fmt: skip


@facts_for("quote_answered")
def _answered(session: Session, delivery: Delivery, now: datetime) -> Facts:
    quote = _quote(session, UUID(delivery.ids["quote"]))
    return {
        "service": _service(session, quote, delivery, now), "approved": quote.state is QuoteState.APPROVED,
        "amount": quote.total, "page": Address(f"work/jobs/{quote.visit}/quote"),
    }  # fmt: skip


def _quote(session: Session, id: UUID) -> QuoteView:
    try:
        return quotes.one(session, id)
    except QuoteNotFound:
        raise Gone from None


def _service(session: Session, quote: QuoteView, delivery: Delivery, now: datetime) -> str:
    service = catalogue.service(session, quotes.service_of(session, quote.job), now=now)
    return service.title[person(session, delivery.person_id).language]
