"""Versions of the rules: drafted, tried on what was really decided, published with words; and decisions that replay."""

from datetime import timedelta
from random import Random
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from booking.dispatch import batches, decisions, drafting, matching, replaying, versions
from booking.dispatch.batch import Batch, Pair
from booking.dispatch.rules import FIRST_POLICIES, Candidate, NoDraft, NothingChanged, NotTried, Policy, Steps, decide
from booking.dispatch.scoring import WeightOutOfRange, Weights
from booking.dispatch.tables import DecisionRow, RulesRow
from booking.dispatch.versions import FIRST, Version
from booking.jobs.tables import Job
from marketplace.foundation import audit
from marketplace.foundation.periods import Period
from tests.booking.dispatch.test_batches import soon
from tests.booking.jobs.town import Town

MONEY = 10_000_000
WORDS = "Those who had little work wait too long."


def somebody(chance: Random) -> Candidate:
    return Candidate(
        UUID(int=chance.getrandbits(128)),
        free=chance.random() < 0.9,
        asked_elsewhere=chance.random() < 0.1,
        travel_minutes=chance.randint(5, 60),
        rating_hundredths=chance.choice((None, 380, 450, 500)),
        rating_count=chance.randint(0, 30),
        amount_today=chance.randint(0, 400_000),
        active_minutes=chance.randint(0, 600),
        accept_permille=chance.choice((None, 400, 900)),
        free_in_minutes=chance.choice((0, 0, 20)),
        basis=chance.choice(("live", "step", "base", "")),
        planned=chance.random() < 0.1,
    )


def many(session: Session, town: Town, version: Version, number: int, *, seed: int = 7) -> None:
    """So many stored decisions about made-up jobs, one in ten of them by batches of five."""
    chance = Random(seed)
    for _ in range(number - number // 10):
        people = [somebody(chance) for _ in range(chance.randint(1, 12))]
        decisions.made(session, uuid4(), "sequential", people, exclusive=True, version=version, now=town.now)
    for _ in range(number // 50):
        crew, id = [somebody(chance) for _ in range(8)], uuid4()
        jobs = {
            job: decisions.made(session, job, "batch", crew, exclusive=True, version=version, now=town.now, batch_id=id)
            for job in (uuid4() for _ in range(5))
        }
        decisions.matched(session, id, jobs, nobody_of=dict.fromkeys(jobs, 6_000), version=version, now=town.now)


def published(session: Session, town: Town, **numbers: int) -> Version:
    drafting.begin(session, town.organization, by=town.manager, now=town.now)
    drafting.change(session, town.organization, numbers, by=town.manager, now=town.now)
    drafting.try_out(session, town.organization, now=town.now)
    draft = versions.draft(session, town.organization)
    assert draft is not None
    return drafting.publish(
        session, town.organization, seen=draft.policy.numbers(), words=WORDS, by=town.manager, now=town.now
    )


def test_a_thousand_stored_decisions_give_the_identical_ranking_and_their_terms_sum_to_the_score(
    town: Town, session: Session
) -> None:
    many(session, town, FIRST, 520)
    other = published(session, town, fairness_hundredths=2_500, quality_hundredths=0)
    many(session, town, other, 520, seed=8)
    session.expire_all()
    ids = session.scalars(select(DecisionRow.id)).all()
    assert len(ids) >= 1_000
    assert replaying.of(session, ids) == replaying.Replayed(len(ids), ())
    everything = Period(town.now - timedelta(hours=1), town.now + timedelta(hours=1))
    assert replaying.sampled(session, within=everything, permille=1_000) == replaying.Replayed(len(ids), ())
    some = replaying.sampled(session, within=everything, permille=100).decisions
    assert 0 < some < len(ids) // 3


@pytest.mark.parametrize(
    "change",
    [
        "inputs = jsonb_set(inputs, '{exclusive}', 'false')",
        "result = jsonb_set(result, '{ranked,0,score_hundredths}', '1')",
        "seed = seed + 1",
        "rules_id = :other",
    ],
)
def test_whatever_was_altered_does_not_come_out_the_same(town: Town, session: Session, change: str) -> None:
    other = published(session, town, fairness_hundredths=0)
    people = [Candidate(UUID(int=number), amount_today=number * 9_000, active_minutes=60) for number in range(1, 9)]
    id, _ = decisions.made(session, uuid4(), "sequential", people, exclusive=True, version=FIRST, now=town.now)
    alike = [Candidate(UUID(int=number)) for number in range(1, 30)]
    drawn, _ = decisions.made(session, uuid4(), "sequential", alike, exclusive=True, version=FIRST, now=town.now)
    ids = [drawn] if change.startswith("seed") else [id]
    assert replaying.of(session, ids).differing == ()
    session.execute(text(f"update decision set {change} where id = :id"), {"id": ids[0], "other": other.id})
    session.expire_all()
    assert replaying.of(session, ids).differing == tuple(ids)


def test_every_night_a_share_of_them_is_replayed_and_the_journal_says_what_was_found(
    town: Town, session: Session
) -> None:
    rahima = town.customer(session, money=MONEY)
    town.craftsman(session)
    job = town.opened(session, rahima)
    matching.match(session, job, now=town.now)
    session.execute(update(Job).where(Job.id == job).values(open_cases=1))
    assert replaying.nightly(session, now=town.later(days=9)).differing == ()
    session.execute(update(DecisionRow).where(DecisionRow.job_id == job).values(inputs={}))
    session.expire_all()
    assert len(replaying.nightly(session, now=town.now).differing) == 1
    found = audit.entries(session, action="dispatch.decisions_replayed")
    assert [(entry.facts["decisions"], entry.facts["differing"]) for entry in found] == [(1, 1), (1, 0)]


def test_a_decision_of_the_first_rules_comes_out_the_same(town: Town, session: Session) -> None:
    """As they were stored before there were versions: fewer inputs, and terms of nothing written out."""
    people = [
        {
            "specialist_id": str(UUID(int=number)), "skilled": True, "in_good_standing": True, "serves_area": True,
            "on_shift": True, "free": number != 3, "blocked": False, "asked_before": False, "asked_elsewhere": False,
            "cash_allowed": True, "travel_minutes": 7 * number, "minutes_today": 60, "rating_hundredths": 460,
            "rating_count": 12, "planned": number == 2, "wished_for": False,
        }
        for number in (1, 2, 3)
    ]  # fmt: skip
    terms = [
        [("travel", 700), ("fairness", 0), ("quality", -270)],
        [("travel", 1400), ("fairness", 0), ("quality", -270), ("planned", -500)],
    ]
    ranked = [
        {
            "specialist_id": str(UUID(int=number)),
            "score_hundredths": sum(hundredths for _, hundredths in each),
            "terms": [{"term": name, "hundredths": hundredths} for name, hundredths in each],
        }
        for number, each in enumerate(terms, start=1)
    ]
    inputs = {"candidates": people, "exclusive": True}
    excluded = [{"specialist_id": str(UUID(int=3)), "rule": "overlap"}]
    row = DecisionRow(
        id=uuid4(), job_id=uuid4(), kind="sequential", at=town.now, policy_version="2026-11", seed=5, inputs=inputs,
        result={"ranked": ranked, "excluded": excluded}, inputs_hash=decisions.hash_of(inputs),
    )  # fmt: skip
    session.add(row)
    session.flush()
    assert replaying.differing(session, [row]) == []


def test_what_was_decided_by_the_first_numbers_or_by_a_version_that_names_fewer_comes_out_the_same(
    town: Town, session: Session
) -> None:
    """As stored before anybody was compared with everybody on shift: no group, other numbers, fewer of them."""
    chance = Random(3)
    people = tuple(sorted((somebody(chance) for _ in range(9)), key=lambda one: one.specialist_id))
    before = FIRST_POLICIES["2026-12"]
    told = {
        name: value for name, value in decisions.plain(decisions.Inputs(people, True)).items() if "group" not in name
    }
    content = {
        name: value for name, value in before.numbers().items() if name not in ("near_enough", "patience_minutes")
    }
    version = RulesRow(
        id=uuid4(), organization_id=uuid4(), state="published", number=1, content=content, changed_at=town.now,
        changed_by=town.manager, published_at=town.now, published_by=town.manager,
    )  # fmt: skip
    made = decide(people, seed=5, weights=before.weights)
    rows = [
        DecisionRow(
            id=uuid4(), job_id=uuid4(), kind="batch", at=town.now, policy_version="2026-12", rules_id=rules, seed=5,
            inputs=told, result=decisions.plain(made), inputs_hash=decisions.hash_of(told),
        )
        for rules in (None, version.id)
    ]  # fmt: skip
    session.add_all([version, *rows])
    session.flush()
    assert replaying.differing(session, rows) == []
    assert versions.version(version).policy == before
    assert decide(people, seed=5) != made


def test_a_batch_whose_gap_was_made_prettier_does_not_come_out_the_same(town: Town, session: Session) -> None:
    soon(session, town, 2, crew=3)
    batch = batches.run(session, now=town.now)
    assert batch is not None
    session.execute(update(DecisionRow).where(DecisionRow.id == batch).values(gap_percent=3))
    session.expire_all()
    assert replaying.of(session, [batch]).differing == (batch,)


def test_as_many_jobs_as_people_are_all_placed_at_no_gap_although_they_want_the_same(
    town: Town, session: Session
) -> None:
    chance = Random(4)
    crew = [Candidate(UUID(int=number), travel_minutes=chance.randint(5, 40)) for number in range(30)]
    few, batch = Version(policy=Policy(steps=Steps(candidates_most=2))), uuid4()
    jobs = {
        job: decisions.made(session, job, "batch", crew, exclusive=True, version=few, now=town.now, batch_id=batch)
        for job in (uuid4() for _ in range(25))
    }
    found = decisions.matched(session, batch, jobs, nobody_of=dict.fromkeys(jobs, 6_000), version=few, now=town.now)
    assert (len(found.chosen), len(found.waiting), found.exact) == (25, 0, True)
    assert found.gap_percent == 0


def test_a_gap_beside_next_to_nothing_is_stored_all_the_same() -> None:
    pair = Pair(uuid4(), uuid4(), 5_000_000)
    assert decisions.gap_of(Batch((pair,), (), 5_000_000, 1, False)) == decisions.GAP_MOST
    assert decisions.gap_of(Batch((pair,), (), 101, 100, True)) == 1


def test_a_version_is_drafted_tried_and_published_and_decides_from_then_on(town: Town, session: Session) -> None:
    rahima = town.customer(session, money=MONEY)
    town.craftsman(session)
    job = town.opened(session, rahima)
    version = published(session, town, planned_hundredths=0, asks_most=3)
    assert (version.number, version.published_by) == (1, town.manager)
    assert versions.in_force(session, town.organization).policy.steps.asks_most == 3
    matching.match(session, job, now=town.now)
    row = session.scalars(select(DecisionRow).where(DecisionRow.job_id == job)).one()
    assert row.rules_id == version.id
    assert {term["term"] for each in row.result["ranked"] for term in each["terms"]} == {"travel"}
    (entry,) = audit.entries(session, action="dispatch.rules_published")
    assert (entry.actor, audit.reason_of(entry), entry.facts["number"]) == (town.manager, WORDS, 1)
    assert published(session, town, planned_hundredths=100).number == 2
    assert [each.number for each in versions.all_of(session, town.organization)] == [2, 1, 0]


def test_nothing_is_published_untried_unchanged_or_beyond_its_bounds(town: Town, session: Session) -> None:
    here, by, now = town.organization, town.manager, town.now

    def publish() -> Version:
        draft = versions.draft(session, here)
        seen = draft.policy.numbers() if draft else {}
        return drafting.publish(session, here, seen=seen, words=WORDS, by=by, now=now)

    with pytest.raises(NoDraft):
        drafting.change(session, here, {}, by=by, now=now)
    first = drafting.begin(session, here, by=by, now=now)
    assert drafting.begin(session, here, by=by, now=now) == first
    with pytest.raises(NothingChanged):
        publish()
    with pytest.raises(WeightOutOfRange):
        drafting.change(session, here, {"quality_hundredths": 900}, by=by, now=now)
    drafting.change(session, here, {"quality_hundredths": 200}, by=by, now=now)
    with pytest.raises(NotTried):
        publish()
    drafting.try_out(session, here, now=now)
    with pytest.raises(NotTried):
        drafting.publish(session, here, seen=Policy().numbers(), words=WORDS, by=by, now=now)
    drafting.change(session, here, {"quality_hundredths": 100}, by=by, now=now)
    with pytest.raises(NotTried):
        publish()
    drafting.drop(session, here, by=by, now=now)
    with pytest.raises(NoDraft):
        publish()


def test_what_was_published_is_never_changed(town: Town, session: Session) -> None:
    published(session, town, fairness_hundredths=0)
    for verb in (update(RulesRow).values(content={}), delete(RulesRow)):
        with pytest.raises(IntegrityError), session.begin_nested():
            session.execute(verb)


def test_the_dry_run_tells_how_many_first_choices_change_and_who_gains(town: Town, session: Session) -> None:
    busy = Candidate(UUID(int=1), travel_minutes=10, amount_today=90_000, active_minutes=60)
    idle = Candidate(UUID(int=2), travel_minutes=15, amount_today=0, active_minutes=60)
    for _ in range(3):
        decisions.made(session, uuid4(), "sequential", [busy, idle], exclusive=True, version=FIRST, now=town.now)
    decisions.made(session, uuid4(), "sequential", [busy], exclusive=True, version=FIRST, now=town.now)
    drafting.begin(session, town.organization, by=town.manager, now=town.now)
    drafting.change(session, town.organization, {"fairness_hundredths": 0}, by=town.manager, now=town.now)
    trial = drafting.try_out(session, town.organization, now=town.later(minutes=1))
    assert (trial.decisions, trial.changed) == (4, 3)
    assert [(each.specialist.int, each.before, each.after) for each in trial.moved] == [(1, 1, 4), (2, 3, 0)]
    assert trial.terms["travel"] == (3 * 1_500 + 1_000, 4 * 1_000)
    draft = versions.draft(session, town.organization)
    assert draft is not None
    assert draft.trial == trial
    assert draft.policy == Policy(Weights(fairness_hundredths=0))


def test_the_dry_run_matches_batches_anew(town: Town, session: Session) -> None:
    soon(session, town, 3, crew=4)
    assert batches.run(session, now=town.now) is not None
    drafting.begin(session, town.organization, by=town.manager, now=town.now)
    drafting.change(session, town.organization, {"planned_hundredths": 3_000}, by=town.manager, now=town.now)
    trial = drafting.try_out(session, town.organization, now=town.now)
    assert trial.decisions == 3
    assert trial.terms["planned"][1] < trial.terms["planned"][0] < 0
