"""A compound of the small town: Rahima lives in unit 12, Karim and Jamal are plumbers, Rafiq is the electrician."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from booking.tickets import actions
from booking.tickets.actions import Wish
from booking.tickets.rules import Urgency
from marketplace.catalogue import queries as catalogue
from marketplace.foundation.ids import OrganizationId, PersonId, ServiceId
from marketplace.organizations import actions as organizations
from marketplace.organizations import site_actions
from tests.booking.jobs.town import GULSHAN, SUNDAY, Somebody, Town, register

NAME = {"en": "Lake View", "bn": "লেক ভিউ", "fa": "لیک‌ویو", "ar": "ليك فيو"}
SINCE = SUNDAY - timedelta(days=20)


@dataclass
class Compound:
    """Who is there, and the acts that every test begins with; each is a command of its own."""

    town: Town
    id: OrganizationId
    building: UUID
    unit: UUID
    wet: UUID
    live: UUID
    rahima: Somebody
    karim: PersonId
    jamal: PersonId
    rafiq: PersonId

    @classmethod
    def build(cls, session: Session, town: Town, *, key: str = "lake_view") -> "Compound":
        by = town.manager
        id = site_actions.found_compound(session, town.organization, key=key, name=NAME, by=by, now=SINCE)
        building = site_actions.add_building(
            session, id, name="House 7", zone=town.zone, point=GULSHAN, by=by, now=SINCE
        )
        unit = site_actions.add_unit(session, id, building, label="12", by=by, now=SINCE)
        wet, live = (
            organizations.form_team(session, id, key=name, name=NAME, by=by, now=SINCE) for name in ("wet", "live")
        )
        for team, trade in ((wet, "plumber"), (live, "electrician")):
            site_actions.give_duty(session, id, building=building, trade=trade, team=team, by=by, now=SINCE)
        people = [register(session, name, SINCE) for name in ("Rahima", "Karim", "Jamal", "Rafiq")]
        rahima, karim, jamal, rafiq = people
        site_actions.move_in(session, id, unit, rahima, by=by, now=SINCE)
        for team, who in ((wet, karim), (wet, jamal), (live, rafiq)):
            organizations.join_team(session, team, who, by=by, now=SINCE)
        return cls(town, id, building, unit, wet, live, Somebody(rahima), karim, jamal, rafiq)

    def wish(self, session: Session, *, service: str = "leak", urgency: Urgency = Urgency.SOON) -> Wish:
        found = catalogue.service(session, service, now=self.town.now)
        return Wish(self.unit, ServiceId(found.id), "Water under the sink", urgency)

    def reported(self, session: Session, *, service: str = "leak", urgency: Urgency = Urgency.SOON) -> UUID:
        wish = self.wish(session, service=service, urgency=urgency)
        return actions.submit(
            session, wish, actor=self.rahima.customer, command_id=uuid4(), now=self.town.now
        ).job_id  # fmt: skip

    def taken(self, session: Session, *, by: PersonId | None = None) -> UUID:
        job = self.reported(session)
        actions.take(session, job, by=by or self.karim, command_id=uuid4(), now=self.town.now)
        return job

    def begun(self, session: Session) -> UUID:
        job = self.taken(session)
        actions.start(session, job, by=self.karim, command_id=uuid4(), now=self.town.now)
        return job

    def leaves(self, session: Session, who: PersonId, *, team: UUID | None = None) -> None:
        organizations.leave_team(session, team or self.wet, who, by=self.town.manager, now=self.town.now)
