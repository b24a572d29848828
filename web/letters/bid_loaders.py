"""What the letters about rounds of bids tell: never who else has bid, and no amount but the reader's own."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from booking.dispatch import bid_queries
from booking.dispatch.bid_queries import MyRound
from booking.dispatch.bid_rules import BidState, NextStep, RoundNotFound
from marketplace.catalogue import queries as catalogue
from marketplace.foundation.ids import JobId
from marketplace.notices.queries import Delivery
from marketplace.organizations.queries import home
from marketplace.people.queries import person
from marketplace.specialists.queries import local_day
from web.letters.facts import Address, Fact, Facts, Gone, facts_for


@facts_for("bids_opened")
def _opened(session: Session, delivery: Delivery, now: datetime) -> Facts:
    found = _round(session, delivery)
    if not found.may_bid(now):
        raise Gone
    area: dict[str, Fact] = {"area": _area(session, found, delivery), "until": found.announced.closes_at}
    return _visit(session, found, delivery, now) | area


@facts_for("bid_awarded")
def _awarded(session: Session, delivery: Delivery, now: datetime) -> Facts:
    found = _round(session, delivery)
    if found.mine is None or found.mine.state is not BidState.AWARDED:
        raise Gone
    return _visit(session, found, delivery, now) | {
        "area": _area(session, found, delivery), "amount": found.mine.amount, "page": _job(found.job),
    }  # fmt: skip


@facts_for("bid_not_awarded")
def _not_awarded(session: Session, delivery: Delivery, now: datetime) -> Facts:
    found = _round(session, delivery)
    if found.mine is None:
        raise Gone
    return _visit(session, found, delivery, now) | {"rank": found.mine.rank or 0, "bids": found.bids or 0}


@facts_for("bids_void")
def _void(session: Session, delivery: Delivery, now: datetime) -> Facts:
    found = _round(session, delivery)
    return _visit(session, found, delivery, now) | {"searching": found.next_step is NextStep.SEARCH}


def _round(session: Session, delivery: Delivery) -> MyRound:
    try:
        return bid_queries.one_for_bidder(session, UUID(delivery.ids["round"]), delivery.person_id)
    except RoundNotFound:
        raise Gone from None


def _visit(session: Session, found: MyRound, delivery: Delivery, now: datetime) -> dict[str, Fact]:
    language = person(session, delivery.person_id).language
    return {
        "service": catalogue.service(session, found.service, now=now).title[language],
        "day": local_day(found.window_start, home(session).time_zone),
        "page": Address(f"work/bids/{found.id}"),
    }


def _area(session: Session, found: MyRound, delivery: Delivery) -> str:
    return catalogue.zone(session, found.zone).name[person(session, delivery.person_id).language]


def _job(id: JobId) -> Address:
    return Address(f"work/jobs/{id}")
