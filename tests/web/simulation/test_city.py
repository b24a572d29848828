"""A small city's day: nobody in two places, no promise broken, nobody accepts in vain, and the same again."""

import json
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import numpy as np
import pytest

from booking.availability.pace import Pace
from booking.availability.pace import way_minutes as pace_minutes
from booking.dispatch.candidates import LOOKED_AT
from booking.dispatch.rules import FIRST_POLICY, POLICY_VERSION, Candidate, decide, obstacle
from booking.dispatch.scoring import per_active_hour, usual_rate
from booking.dispatch.soon_free import Running, may_hold_next
from web.commands import main
from web.simulation import hindsight
from web.simulation.city import DETOUR, OFFER_LIVES, OVERTIME, PROMISE, SPEED, City, Weather, build, kilometres
from web.simulation.day import Day
from web.simulation.ours import Ours, Plan, moment, way_minutes
from web.simulation.plain import Broadcast, Nearest
from web.simulation.report import Outcome, told
from web.simulation.run import Task, play

KEYS = {
    "km_vs_greedy", "km_vs_broadcast10", "match_minus_greedy_points", "match_vs_hindsight", "p95_accept_vs_greedy",
    "offers_per_job", "gini_vs_greedy", "p10_income_vs_greedy", "accepted_but_lost",
}  # fmt: skip


def close(seed: int, weather: Weather | None = None, many: int = 300) -> City:
    """As dense as a city of five thousand."""
    whole = build(seed, specialists=60, requests=many, weather=weather)
    return replace(whole, base=whole.base * 0.2, place=whole.place * 0.2)


@pytest.fixture(scope="module")
def city() -> City:
    return close(7)


def over(city: City, kind: type[Nearest] | type[Broadcast] | type[Ours]) -> tuple[Day, Outcome]:
    day = Day(city)
    policy = kind(day)
    day.run(policy, every=policy.every)
    return day, told(day)


@pytest.mark.parametrize("kind", [Nearest, Broadcast, Ours])
def test_nobody_is_in_two_places_and_every_visit_keeps_its_promise(
    city: City, kind: type[Nearest] | type[Ours]
) -> None:
    day, outcome = over(city, kind)
    assert outcome.match > 0.3
    of: dict[int, list[tuple[float, float]]] = {}
    for job, visit in enumerate(day.visit_of):
        if visit is None:
            continue
        specialist = int(day.done_by[job])
        assert city.trade_of[specialist] == city.trade[job]
        assert visit.arrive <= city.asked_at[job] + PROMISE + 1e-6
        assert city.start[specialist] <= visit.left
        assert visit.end <= city.end[specialist] + OVERTIME + 1e-6
        of.setdefault(specialist, []).append((visit.left, visit.end))
    for busy in of.values():
        busy.sort()
        assert all(one[1] <= next[0] + 1e-6 for one, next in pairwise(busy))
    assert kind is Broadcast or outcome.accepted_but_lost == 0


def test_what_goes_wrong_takes_nobody_into_two_places_either() -> None:
    weather = Weather(cancelling=0.2, absent=0.1, forgetting=0.05, durations=0.3, reluctant=True)
    day, outcome = over(close(8, weather), Ours)
    assert outcome.accepted_but_lost == 0
    for job in np.flatnonzero(day.over & (day.done_by >= 0)):
        visit = day.visit_of[job]
        assert visit is not None
        assert visit.arrive <= day.city.cancels_at[job]  # they were there already
    for held in day.visits:
        assert all(one.end <= next.left + 1e-6 for one, next in pairwise(held))


def test_the_nearest_from_arrays_are_those_whom_the_rules_let_be_asked(city: City) -> None:
    day = Day(city)
    policy = Ours(day, Plan(replace(FIRST_POLICY, steps=replace(FIRST_POLICY.steps, candidates_most=5))))
    seen = 0

    def compare(job: int) -> None:
        nonlocal seen
        group = day.by_trade[city.trade[job]]
        free = day.expected_free(group)
        found, _ = policy.nearest(
            job, group[_askable(day, group, policy.plan)], free[_askable(day, group, policy.plan)]
        )
        names = [int(group[_askable(day, group, policy.plan)][each]) for each in found]
        allowed = [int(each) for each, at in zip(group, free, strict=True) if _may(policy, job, int(each), float(at))]
        allowed.sort(key=lambda each: float(kilometres(day.place[each], city.place[job])))
        assert names == allowed[: 5 * LOOKED_AT]
        seen += len(names)

    for job in range(40, 300, 7):
        day.at(float(city.asked_at[job]) + 0.01, compare, job)
    day.run(policy, every=policy.every)
    assert seen > 60


def _askable(day: Day, group: np.ndarray, plan: Plan) -> np.ndarray:
    return np.isin(group, day.askable(group, plan.policy.steps.soon_free_minutes))


def _may(policy: Ours, job: int, specialist: int, free_at: float) -> bool:
    """By production's own rules, one by one."""
    day, city = policy.day, policy.day.city
    km = float(kilometres(day.place[specialist], city.place[job]))
    at_last = day.now + OFFER_LIVES
    begins = max(free_at, at_last) + km / SPEED
    one = Candidate(
        policy.people[specialist],
        on_shift=bool(city.start[specialist] <= day.now),
        free=bool(begins + city.minutes[job] <= city.end[specialist] + OVERTIME),
        asked_before=specialist in day.asked[job],
        asked_elsewhere=bool(day.on_screen[specialist]),
    )
    held = int(day.turn[specialist] > day.now)
    running = Running(moment(free_at), held) if day.free[specialist] > day.now else None
    return obstacle(one) is None and may_hold_next(
        running, travel=timedelta(minutes=km / SPEED), promised_until=moment(float(city.asked_at[job]) + PROMISE),
        now=moment(at_last), soon_minutes=policy.plan.policy.steps.soon_free_minutes,
    )  # fmt: skip


def test_what_the_rules_are_told_of_people_and_what_they_make_of_it_is_as_in_production(city: City) -> None:
    """Arrays here, one person after the other there: the same figures, and the same score for each."""
    assert Plan().policy is FIRST_POLICY
    pace = Pace((round(SPEED * 60),) * 24, detour_percent=round(DETOUR * 100), around_minutes=0)
    for metres in range(1, 9_000, 371):
        km = np.array(metres * DETOUR / 1000)
        assert int(way_minutes(km)) == pace_minutes(metres, speed=round(SPEED * 60), pace=pace)
    day = Day(city)
    policy = Ours(day)
    seen: set[bool] = set()

    def compare(job: int) -> None:
        at_work = policy._at_work(int(city.trade[job]))
        active = [int(day.now - city.start[each]) for each in at_work]
        rates = [per_active_hour(int(day.earned[who]), minutes) for who, minutes in zip(at_work, active, strict=True)]
        assert policy._rates(at_work).tolist() == rates
        for _, scored in policy._asked_for(int(city.trade[job]), at_work, [job]):
            for cost, who in scored:
                waits = int(np.ceil(day.expected_free(np.array([who]))[0] - day.now))
                way = int(way_minutes(kilometres(day.place[who], city.place[job])))
                one = Candidate(
                    policy.people[who], travel_minutes=way, amount_today=int(day.earned[who]),
                    active_minutes=int(day.now - city.start[who]), accept_permille=policy.answers.permille(way),
                    free_in_minutes=waits, basis="next" if waits else "live",
                )  # fmt: skip
                (ranked,) = decide([one], seed=1, group_rate=usual_rate(rates)).ranked
                assert ranked.score_hundredths == cost
                seen.add(waits > 0)

    for job in range(40, 300, 7):
        day.at(float(city.asked_at[job]) + 0.01, compare, job)
    day.run(policy, every=policy.every)
    assert seen == {False, True}


def test_the_plan_of_hindsight_breaks_no_rule_and_mending_serves_more(city: City) -> None:
    for trade in (0, 1):
        jobs, people = np.flatnonzero(city.trade == trade), np.flatnonzero(city.trade_of == trade)
        routes = hindsight.Routes(city, jobs, people)
        routes.build()
        first = routes.served
        routes.mend(np.random.default_rng(1), 3)
        assert routes.served >= first
        seen: list[int] = []
        for number, specialist in enumerate(people):
            place, at = city.base[specialist], float(city.start[specialist])
            for visit in routes.visits(number):
                job = jobs[visit]
                at = max(at + float(kilometres(place, city.place[job])) / SPEED, float(city.asked_at[job]))
                assert at <= city.asked_at[job] + PROMISE + 1e-6
                at, place = at + float(city.minutes[job]), city.place[job]
                seen.append(visit)
            assert not seen or at <= city.end[specialist] + OVERTIME + 1e-6
        assert len(seen) == len(set(seen)) == routes.served


def test_the_command_says_every_figure(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--specialists", "40", "--requests", "90", "--first", "3", "--processes", "1", "--weather", "no_shows"]
    assert main(["simulate", "city", *words, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["figures"].keys() == KEYS
    assert told["figures"]["accepted_but_lost"] == 0
    assert told["weathers"].keys() == {"no_shows"}
    assert told["seeds"].keys() == {"3"}
    assert told["policy"] == {"version": POLICY_VERSION, **FIRST_POLICY.numbers()}


def test_earlier_rules_are_measured_too() -> None:
    now, before = (play(Task(3, "plain", "ours", 60, 300, rules)) for rules in (POLICY_VERSION, "2026-12"))
    assert now != before


def test_the_same_seed_is_the_same_day() -> None:
    assert over(close(9, many=100), Ours)[1] == over(close(9, many=100), Ours)[1]
