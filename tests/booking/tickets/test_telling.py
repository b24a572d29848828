"""Word to a team whose queue has grown, and what ends when somebody is erased."""

from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from booking.jobs.rules import Actor, JobNotFound
from booking.jobs.words import Role
from booking.tickets import actions, queries, telling
from booking.tickets.tasks import member_left, tell_team
from booking.tickets.telling import LETTER, Step
from marketplace.foundation import audit
from marketplace.foundation.ids import PersonId
from marketplace.foundation.outbox import Outbox
from marketplace.notices.queries import Delivery
from marketplace.notices.tables import DeliveryRow
from marketplace.organizations import sites, teams
from marketplace.people import actions as people
from marketplace.privacy import actions as privacy
from tests.booking.tickets.compound import Compound
from web.letters.facts import Gone
from web.letters.ticket_loaders import waiting


def done(session: Session) -> None:
    """What the outbox asks for, twice, as a redelivery would."""
    for each in session.scalars(select(Outbox).where(Outbox.task == "tickets.tell_team")).all():
        for _ in range(2):
            tell_team(session, **each.arguments)


def heard(session: Session, job: UUID, step: str) -> set[PersonId]:
    asked = select(DeliveryRow).where(DeliveryRow.letter == LETTER, DeliveryRow.ids["job"].astext == str(job))
    found = [PersonId(each.person_id) for each in session.scalars(asked) if each.ids["step"] == step]
    assert len(found) == len(set(found))
    return set(found)


def letter(session: Session, job: UUID, to: PersonId, step: Step, compound: Compound) -> dict[str, object]:
    now = compound.town.now
    made = Delivery(uuid4(), to, None, LETTER, "sms", {"job": str(job), "step": step}, "sending", None, now, None)
    return dict(waiting(session, made, now))


def test_everybody_of_the_team_and_nobody_else_hears_once_that_a_ticket_waits(
    session: Session, compound: Compound
) -> None:
    job, now = compound.reported(session), compound.town.now
    assert heard(session, job, "reported") == set()  # after the commit
    done(session)
    assert heard(session, job, "reported") == {compound.karim, compound.jamal}
    facts = letter(session, job, compound.karim, Step.REPORTED, compound)
    assert (facts["unit"], facts["building"], facts["urgency"]) == ("১২", "House 7", "soon")
    assert not any("Rahima" in str(each) or "sink" in str(each) for each in facts.values())
    assert [each.person for each in queries.looks(session, job)] == [compound.karim]
    for who in (compound.rafiq, compound.rahima.id):
        with pytest.raises(Gone):
            letter(session, job, who, Step.REPORTED, compound)
    compound.leaves(session, compound.jamal)
    with pytest.raises(Gone):
        letter(session, job, compound.jamal, Step.REPORTED, compound)
    actions.take(session, job, by=compound.karim, command_id=uuid4(), now=now)
    with pytest.raises(Gone):  # it waits for nobody any more
        letter(session, job, compound.karim, Step.REPORTED, compound)


def test_who_gave_it_back_and_who_has_left_hear_nothing_of_it(session: Session, compound: Compound) -> None:
    job, now = compound.taken(session), compound.town.now
    done(session)
    assert heard(session, job, "reported") == set()  # somebody had it before word went out
    actions.give_back(session, job, by=compound.karim, reason="vehicle", command_id=uuid4(), now=now)
    done(session)
    assert heard(session, job, "returned") == {compound.jamal}
    actions.take(session, job, by=compound.jamal, command_id=uuid4(), now=now)
    actions.give_back(session, job, by=compound.jamal, reason="vehicle", command_id=uuid4(), now=now)
    done(session)
    assert heard(session, job, "returned") == {compound.jamal, compound.karim}  # each once, however often
    other = compound.taken(session)
    compound.leaves(session, compound.karim)
    member_left(session, team=str(compound.wet), person=str(compound.karim))
    compound.leaves(session, compound.jamal)
    done(session)
    assert heard(session, other, "returned") == set()


def test_whoever_is_given_a_ticket_hears_it_alone(session: Session, compound: Compound) -> None:
    town, job = compound.town, compound.reported(session)
    people.grant_role(session, person=town.manager, role="manager", by=None, now=town.now, organization=compound.id)
    manager, command = Actor(Role.MANAGER, town.manager), uuid4()
    for _ in range(2):
        actions.assign(
            session, job, to=compound.jamal, compound=compound.id, actor=manager, command_id=command, now=town.now
        )
    assert heard(session, job, "given") == {compound.jamal}
    assert telling.word(session, job, compound.jamal, Step.GIVEN, at=town.now).trade == "plumber"
    with pytest.raises(JobNotFound):
        telling.word(session, job, compound.karim, Step.GIVEN, at=town.now)


def test_whoever_is_erased_is_in_no_team_and_no_home_from_that_moment_on(session: Session, compound: Compound) -> None:
    town, begun = compound.town, compound.begun(session)
    for who in (compound.karim, compound.rahima.id):
        privacy.erase(session, person=who, by=town.manager, reason="asked to", now=town.now)
    assert [each.person for each in teams.members(session, compound.wet, at=town.now)] == [compound.jamal]
    assert sites.residents(session, compound.unit, at=town.now) == []
    with pytest.raises(JobNotFound):
        queries.read_by_team(session, begun, compound.karim, at=town.now)
    (left,) = session.scalars(select(Outbox).where(Outbox.task == "tickets.member_left")).all()
    member_left(session, **left.arguments)
    assert session.scalar(text("SELECT state FROM job WHERE id = :id"), {"id": begun}) == "open"
    for action, who in (("team.left", compound.karim), ("compound.moved_out", compound.rahima.id)):
        (entry,) = audit.entries(session, action=action)
        assert (entry.actor, entry.subject) == (town.manager, who)
