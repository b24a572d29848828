"""Is all the money here? One sentence, a picture from top-up to bank for each gateway, and what needs a person."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from litestar import Response, get
from sqlalchemy.orm import Session

from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.money import Money
from payments.closing import desk
from payments.closing.desk import Age, AtBank, AtGateway, Days, Explained, LastFile, Owned
from payments.closing.rules import day_of
from payments.ledger import queries as ledger
from payments.topups import queries as topups
from web.documents import day as papers
from web.documents.paper import Pen
from web.home import home
from web.identity import Req
from web.pages.finance import words
from web.respond import page, reader_of

FULL: Final = 100


@dataclass(frozen=True)
class Ribbon:
    """The picture of one step: how thick it is where it begins and where it ends, from nothing to 100."""

    begins: int
    ends: int

    @property
    def across(self) -> str:
        """The corners as it runs from side to side."""
        a, b = self.begins / 2, self.ends / 2
        return f"0,{50 - a} 100,{50 - b} 100,{50 + b} 0,{50 + a}"

    @property
    def down(self) -> str:
        """The corners as it runs from top to bottom, where there is no room beside each other."""
        a, b = self.begins / 2, self.ends / 2
        return f"{50 - a},0 {50 - b},100 {50 + b},100 {50 + a},0"


@dataclass(frozen=True)
class Flow:
    """A gateway with the picture of its week: in, hanging there, and out to the bank."""

    at: AtGateway
    comes: Ribbon
    goes: Ribbon
    hangs: int


@dataclass(frozen=True)
class Desk:
    """All that the screen shows, as of one moment."""

    gateways: tuple[AtGateway, ...]
    banks: tuple[AtBank, ...]
    ages: tuple[Age, ...]
    owners: tuple[Owned, ...]
    explained: Explained
    files: tuple[LastFile, ...]
    days: tuple[Days, ...]
    difference: Money

    @property
    def open(self) -> int:
        return sum(each.count for each in self.ages)

    @property
    def is_even(self) -> bool:
        """Whether the books sum to nothing and every bank says what they say."""
        return self.difference.is_zero and all(
            each.difference is None or each.difference.is_zero for each in self.banks
        )


@get("/finance", opt={"policy": "finance.read"}, sync_to_thread=True)
def today(request: Req) -> Response[str]:
    """The answer of the day and what it is made of."""
    here, now = home(), clock.now()
    on = day_of(now, ZoneInfo(here.time_zone))
    with transaction() as session:
        found = _desk(session, here.currency, zone=ZoneInfo(here.time_zone), today=on, now=now)
        differing = topups.mismatches(session, limit=topups.MOST_ROWS)
        unknown = topups.oldest_open(session, limit=topups.MOST_ROWS)
    stake = sum((each.value for each in found.ages), Money.zero(here.currency))
    pen = Pen(reader_of(request).formatter)
    return page(
        request, "pages/finance/today.html", desk=found, flows=[_flow(each) for each in found.gateways],
        needed=found.open + len(differing), at_stake=stake, differing=differing, unknown=unknown,
        most=max((each.value.minor for each in found.ages), default=0), late=_late(found, on),
        names={each.account.id: papers.named(pen, each.account) for each in found.days},
        me=request.user.person_id, yesterday=on - timedelta(days=1),
        sources={str(source): text for source, text in words.SOURCES.items()},
    )  # fmt: skip


routes = [today]


def _desk(session: Session, currency: str, *, zone: ZoneInfo, today: date, now: datetime) -> Desk:
    lines = ledger.trial_balance(session, currency)
    return Desk(
        desk.at_gateways(session, currency, now=now), desk.at_banks(session, currency, zone=zone, today=today),
        desk.ages(session, currency, now=now), desk.owners(session, currency),
        desk.explained(session, currency, today=today), desk.last_files(session), desk.days(session, currency),
        sum((line.posted for line in lines), Money.zero(currency)),
    )  # fmt: skip


def _flow(at: AtGateway) -> Flow:
    """Thickness is money, beside the thickest of the gateway's own."""
    thickest = max(at.topped_up.minor, at.deposited.minor, at.held.minor, 1)
    comes, goes, hangs = (max(FULL * each.minor // thickest, 0) for each in (at.topped_up, at.deposited, at.held))
    return Flow(at, Ribbon(comes, max(goes, hangs)), Ribbon(goes, goes), hangs)


def _late(found: Desk, today: date) -> int:
    """How many accounts are not signed through yesterday."""
    yesterday = today - timedelta(days=1)
    return sum(each.last is None or each.last.day < yesterday for each in found.days)
