"""Every address of the application, with its gaps filled by the ids of one real job and its people."""

import re
from dataclasses import dataclass
from uuid import UUID, uuid4

from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from sqlalchemy import text

from booking.jobs.rules import Actor
from booking.jobs.words import Role
from booking.tickets import actions as tickets
from booking.tickets.actions import Wish
from booking.tickets.rules import Urgency
from marketplace.catalogue import queries as catalogue
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.organizations import sites
from tests.promises.story import Story
from web.policies import POLICIES, Policy

GAP = re.compile(r"\{(\w+):(\w+)\}")
NEVER_ENDING = re.compile(r"/events$")


@dataclass(frozen=True)
class Route:
    """One method of one address; `path` is filled in, `pattern` is as declared."""

    method: str
    pattern: str
    path: str
    name: str

    @property
    def policy(self) -> Policy:
        return POLICIES[self.name]

    @property
    def is_open(self) -> bool:
        """Whether everybody may call it."""
        return "everyone" in self.policy.who

    @property
    def is_public(self) -> bool:
        """Whether it says the same to everybody: services, prices, policies, ways in."""
        return self.is_open and not self.names_something

    @property
    def names_something(self) -> bool:
        """Whether the address has the id of somebody's in it."""
        return ":uuid" in self.pattern


def routes_of(app: Litestar, story: Story) -> list[Route]:
    """Every declared route but streams and the tools of development, by address and method."""
    ids = _ids(story)
    found: list[Route] = []
    for each in app.routes:
        for handler in getattr(each, "route_handlers", ()):
            name = handler.opt.get("policy") if isinstance(handler, HTTPRouteHandler) else None
            if name is None or POLICIES[name].development or "no_identity" in handler.opt:
                continue
            if NEVER_ENDING.search(each.path):
                continue
            methods = sorted(handler.http_methods - {"OPTIONS", "HEAD"})
            found += [Route(method, each.path, fill(each.path, ids), name) for method in methods]
    return sorted(found, key=lambda route: (route.pattern, route.method))


def fill(pattern: str, ids: dict[str, str]) -> str:
    """The address with an id in each gap; a gap that nobody knows is an error that says so."""
    path = pattern
    for gap in GAP.finditer(pattern):
        name, kind = gap[1], gap[2]
        before = pattern[: gap.start()].rstrip("/").rpartition("/")[2]
        known = next((key for key in (f"{before}/{name}", name, kind) if key in ids), None)
        if known is None:
            raise LookupError(f"{pattern}: say in tests/promises/routes.py which id fills {gap[0]}")
        path = path.replace(gap[0], ids[known], 1)
    return path


def _ids(story: Story) -> dict[str, str]:
    rahima = story.rahima
    topup, attempt = _a_top_up(story)
    ids: dict[str, UUID | str | None] = {
        "job_id": story.job, "bookings/id": story.job, "jobs/id": story.job, "offer_id": story.offer,
        "offers/id": story.offer, "customers/id": rahima.id, "person": rahima.id, "people/id": rahima.id,
        "people/person": rahima.id, "owner": rahima.id, "owner_kind": "customer", "kind": "wallet_available",
        "outbox/id": _one("SELECT id FROM outbox WHERE task = 'dispatch.match' OR :id IS NOT NULL", rahima.id),
        "key": "slot_hold_minutes",
        "addresses/id": rahima.address, "contact": _one("SELECT id FROM contact WHERE person_id = :id", rahima.id),
        "devices/id": _one("SELECT id FROM web_session WHERE person_id = :id", rahima.id), "code": uuid4(),
        "codes/id": uuid4(), "code/id": uuid4(), "top-ups/id": topup, "attempt": attempt, "gateway": "sandbox",
        "service": "ac_service", "services/category": "ac", "token": "x" * 40, "number": "1", "weekday": "1",
        "seasons/id": uuid4(),
        "documents/id": _newest("document"), "payouts/id": _newest("payout"), "batches/id": _newest("payout_batch"),
        "cases/id": _newest("case_file"), "refunds/id": _newest("refund"), "goodwill/id": _newest("gift"),
        "proceedings/id": _newest("proceeding"),
        "promotions/id": _newest("promotion"), "chargebacks/id": _newest("topup_case"), "reviews/id": attempt,
        "attempts/id": attempt, "round": _newest("bid_round"),
        "plans/id": _newest("day_plan"), "plans/plan": _newest("service_plan"),
        **_a_compound(), **dict.fromkeys(("tickets/id", "tickets/ticket"), _a_ticket(story)),
        "equipment/equipment": _newest("equipment"), "imports/id": uuid4(), "profiles/id": uuid4(), "format": "csv",
        "day": clock.now().date().isoformat(), "sign-offs/id": _newest("sign_off"),
        "exceptions/id": _newest("recon_exception"), "attachment": uuid4(), "path": "x", "uuid": None,
    }  # fmt: skip
    return {name: str(id) for name, id in ids.items() if id is not None}


def _one(sql: str, id: UUID) -> UUID:
    with transaction() as session:
        found = session.execute(text(f"{sql} LIMIT 1"), {"id": id}).scalar_one()
    return UUID(str(found))


def _newest(table: str) -> UUID:
    """A row of what the story has left there; where it left none, an id that nobody has."""
    with transaction() as session:
        found = session.scalar(text(f"SELECT id FROM {table} ORDER BY id DESC LIMIT 1"))
    return found or uuid4()


def _a_compound() -> dict[str, UUID | str | None]:
    """One unit with whom lives there, its compound, and a team that has a duty there."""
    wanted = text(
        "SELECT b.organization_id, u.id, d.team_id FROM unit u JOIN building b ON b.id = u.building_id"
        " JOIN residency r ON r.unit_id = u.id JOIN team_duty d ON d.building_id = b.id"
        " ORDER BY r.since, d.trade LIMIT 1"
    )
    with transaction() as session:
        compound, unit, team = session.execute(wanted).one()
    return {"compounds/id": compound, "compounds/compound": compound, "units/unit": unit, "teams/team": team}


def _a_ticket(story: Story) -> UUID:
    """A leak that Rahima has reported in her own home."""
    now = clock.now()
    with transaction() as session:
        (home,) = sites.homes(session, story.rahima.id, at=now)
        wish = Wish(home.unit, catalogue.service(session, "leak", now=now).id, "It drips", Urgency.SOON)
        actor = Actor(Role.CUSTOMER, story.rahima.id)
        return tickets.submit(session, wish, actor=actor, command_id=uuid4(), now=now).job_id


def _a_top_up(story: Story) -> tuple[UUID, UUID]:
    """A top-up that was begun and never paid, of Rahima's."""
    with transaction() as session:
        started = story.begin_top_up(session)
    return started.topup, started.attempt
