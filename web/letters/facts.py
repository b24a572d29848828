"""What each letter tells, and who finds it out.

A loader is told the ids of a delivery and reads what they stand for, at the moment the letter is made: what has
changed meanwhile is told as it is now. It raises `Gone` when there is nothing to tell any more (a code was used, a
job withdrawn); such a letter is not sent.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from marketplace.foundation.money import Money
from marketplace.notices.queries import Delivery
from marketplace.people.actions.codes import code_text
from marketplace.people.actions.passwords import link_token
from marketplace.people.rules import CODE_LIFE, LINK_LIFE

MINUTE_SECONDS: Final = 60


@dataclass(frozen=True)
class Code:
    """Signs to be typed or read out as they are: a code, a job's number."""

    text: str


@dataclass(frozen=True)
class Address:
    """The address of a page, below the site's own: "jobs/…"."""

    path: str


@dataclass(frozen=True)
class Clock:
    """A moment of which only the time of day is told."""

    moment: datetime


@dataclass(frozen=True)
class Span:
    """A stretch of one day, such as a window of arrival."""

    start: datetime
    end: datetime


Fact = str | int | Money | date | datetime | Code | Address | Clock | Span
Facts = Mapping[str, Fact]
Loader = Callable[[Session, Delivery, datetime], Facts]

# `house` (the name of who runs this site) is told to every letter. Texts of data arrive in the reader's language.
NEEDS: Final[Mapping[str, Mapping[str, type]]] = MappingProxyType(
    {
        "code": {"code": Code, "minutes": int},
        "reset": {"page": Address, "minutes": int},
        "booking_received": {"service": str, "day": date, "window": Span, "number": Code, "page": Address},
        "booking_by_phone": {
            "service": str,
            "day": date,
            "window": Span,
            "number": Code,
            "page": Address,
            "rules": Address,
            "kept": bool,
        },
        "specialist_found": {"service": str, "specialist": str, "day": date, "window": Span, "page": Address},
        "on_the_way": {"service": str, "specialist": str, "minutes": int, "page": Address},
        "delayed": {"service": str, "until": datetime, "page": Address},
        "done_please_confirm": {"service": str, "amount": Money, "until": datetime, "page": Address},
        "cancelled": {"service": str, "day": date, "refund": Money, "page": Address},
        "topup_credited": {"amount": Money, "balance": Money, "page": Address},
        "offer": {"service": str, "area": str, "day": date, "until": Clock, "page": Address},
        "bids_opened": {"service": str, "area": str, "day": date, "until": datetime, "page": Address},
        "bid_awarded": {"service": str, "area": str, "day": date, "amount": Money, "page": Address},
        "bid_not_awarded": {"service": str, "day": date, "rank": int, "bids": int, "page": Address},
        "bids_void": {"service": str, "day": date, "searching": bool, "page": Address},
        "relief": {"service": str, "kept": bool, "page": Address},
        "crew_complete": {
            "service": str,
            "area": str,
            "day": date,
            "at": Clock,
            "mates": str,
            "leader": str,
            "leads": bool,
            "page": Address,
        },
        "day_changed": {"day": date, "visits": int, "page": Address},
        "payout": {"amount": Money, "day": date, "page": Address},
        "payout_failed": {"amount": Money, "page": Address},
        "payout_account": {"last": Code, "until": datetime, "page": Address},
        "tip_received": {"service": str, "amount": Money, "page": Address},
        "case_opened": {"service": str, "number": Code, "amount": Money, "page": Address},
        "case_decided": {"service": str, "number": Code, "amount": Money, "page": Address},
        "change_asked": {"service": str, "amount": Money, "page": Address},
        "change_answered": {"service": str, "approved": bool, "amount": Money, "page": Address},
        "quote_sent": {"service": str, "amount": Money, "until": datetime, "page": Address},
        "quote_answered": {"service": str, "approved": bool, "amount": Money, "page": Address},
        "plan_visit": {
            "service": str,
            "day": date,
            "window": Span,
            "amount": Money,
            "until": datetime,
            "usual": bool,
            "page": Address,
        },
        "plan_no_time": {"service": str, "day": date, "page": Address},
        "plan_paused": {"service": str, "page": Address},
        "plan_by_phone": {"service": str, "day": date, "amount": Money, "page": Address, "rules": Address},
        "ticket_news": {"service": str, "number": Code, "step": str, "until": datetime, "page": Address},
        "ticket_waiting": {
            "trade": str,
            "unit": str,
            "building": str,
            "urgency": str,
            "step": str,
            "until": datetime,
            "page": Address,
        },
        "conduct_rules": {"day": date, "page": Address},
        "conduct_opened": {"number": Code, "count": int, "paused": bool, "until": datetime, "page": Address},
        "conduct_decided": {"number": Code, "until": datetime, "page": Address},
        "conduct_over": {"number": Code, "stands": bool, "withdrawn": bool, "page": Address},
        "debt_limit": {"owed": Money, "limit": Money, "page": Address},
        "debt_lifted": {"left": Money, "page": Address},
        "refund_done": {"amount": Money, "page": Address},
        "chargeback": {"amount": Money, "owed": Money, "visits": int, "page": Address},
        "chargeback_back": {"amount": Money, "page": Address},
        "topup_checked": {"amount": Money, "page": Address},
        "seal_head": {"number": Code, "hash": Code, "begins": Code, "count": int, "day": date, "page": Address},
    }
)


class Gone(Exception):
    """There is nothing left to tell."""


class NoLoader(LookupError):
    """Nobody finds this letter's facts yet; its deliveries fail in sight instead of stopping the work behind them."""


_loaders: dict[str, Loader] = {}


def facts_for(letter: str) -> Callable[[Loader], Loader]:
    """Register the function that finds a letter's facts, as NEEDS names them: `(session, delivery, now) -> facts`."""

    def register(loader: Loader) -> Loader:
        if letter in _loaders or letter not in NEEDS:
            raise ValueError(f"{letter} has a loader, or is no letter")
        _loaders[letter] = loader
        return loader

    return register


def load_facts(session: Session, delivery: Delivery, *, now: datetime) -> Facts:
    """The facts of one letter. Raises Gone; NoLoader and TypeError (wrong facts) are faults of ours."""
    if delivery.letter not in _loaders:
        raise NoLoader(delivery.letter)
    facts = _loaders[delivery.letter](session, delivery, now)
    check_facts(delivery.letter, facts)
    return facts


def check_facts(letter: str, facts: Facts) -> None:
    """Raises TypeError when a letter is told too little, too much, or another kind of thing."""
    needs = NEEDS[letter]
    wrong = {name for name in needs.keys() & facts.keys() if not isinstance(facts[name], needs[name])}
    if wrong or needs.keys() != facts.keys():
        raise TypeError(f"{letter}: {sorted(wrong or needs.keys() ^ facts.keys())} are not what it tells")


def without_loader() -> list[str]:
    """Letters that nobody can write yet."""
    return sorted(NEEDS.keys() - _loaders.keys())


@facts_for("code")
def _code(session: Session, delivery: Delivery, now: datetime) -> Facts:
    text = code_text(session, UUID(delivery.ids["code"]), now=now)
    if text is None:
        raise Gone
    return {"code": Code(text), "minutes": int(CODE_LIFE.total_seconds()) // MINUTE_SECONDS}


@facts_for("reset")
def _reset(session: Session, delivery: Delivery, now: datetime) -> Facts:
    token = link_token(session, UUID(delivery.ids["link"]), now=now)
    if token is None:
        raise Gone
    return {"page": Address(f"reset/{token}"), "minutes": int(LINK_LIFE.total_seconds()) // MINUTE_SECONDS}
