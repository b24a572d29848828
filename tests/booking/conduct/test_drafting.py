"""Rules of conduct: drafted by one, tried on what was, published by another, and counting only two weeks later."""

from datetime import timedelta

from sqlalchemy.orm import Session

from booking.conduct import drafting, telling, versions
from booking.conduct.charter import FIRST_NUMBERS
from booking.conduct.rules import (
    ConductNotTried,
    ConductNumberOutOfRange,
    ConductUnchanged,
    NoConductDraft,
    NothingInTheRules,
    OutageTimes,
    OwnDraft,
)
from marketplace.foundation.ids import PersonId
from marketplace.specialists import queries as specialists
from tests.booking.conduct.office import RULES, office, refused
from tests.booking.jobs.town import Town


def test_rules_are_tried_published_by_another_and_count_two_weeks_later(town: Town, session: Session) -> None:
    there, karim = office(town, session), town.craftsman(session)
    there.give_back(karim, 3)
    here, now = town.organization, town.now
    drafting.begin(session, here, by=there.opener, now=now)
    refused(session, ConductNumberOutOfRange, lambda: drafting.change(
        session, here, {"answer_days": 6}, by=there.opener, now=now
    ))  # fmt: skip
    seen = {**FIRST_NUMBERS, **RULES}

    def publish(by: PersonId, numbers: dict[str, int] = seen) -> None:
        drafting.publish(session, here, seen=numbers, words="fair", by=by, now=now)

    refused(session, NothingInTheRules, lambda: publish(there.third))
    drafting.change(session, here, RULES, by=there.opener, now=now)
    refused(session, ConductNotTried, lambda: publish(there.third))
    trial = drafting.try_out(session, here, now=now)
    assert (trial.looked_at, trial.people, [each.specialist for each in trial.would]) == (3, 1, [karim.id])
    refused(session, ConductNotTried, lambda: publish(there.third, {**seen, "answer_days": 9}))
    refused(session, OwnDraft, lambda: publish(there.opener))
    publish(there.third)
    refused(session, NoConductDraft, lambda: publish(there.third))
    assert versions.in_force(session, here, at=now + timedelta(days=13)) is None
    coming = versions.coming(session, here, at=now)
    assert coming is not None
    assert versions.in_force(session, here, at=now + timedelta(days=14)) == coming
    assert telling.tell_rules(session, coming.id, now=now) == len(specialists.all_of(session, here))
    drafting.begin(session, here, by=there.opener, now=now)
    drafting.try_out(session, here, now=now)
    refused(session, ConductUnchanged, lambda: publish(there.third))
    refused(session, OutageTimes, lambda: drafting.record_outage(
        session, here, now, now + timedelta(hours=1), words="x", by=there.opener, now=now
    ))  # fmt: skip
    drafting.record_outage(
        session, here, now - timedelta(hours=1), now, words="no SMS went out", by=there.opener, now=now
    )
    assert drafting.try_out(session, here, now=now).people == 0
