"""Organizations: founding, settings with bounds, the cancellation policy, teams over time."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from marketplace.foundation import vault
from marketplace.foundation.ids import OrganizationId, PersonId, uuid7
from marketplace.organizations import actions, queries
from marketplace.organizations.rules import (
    CANCELLATION,
    SETTINGS,
    AlreadyFounded,
    CancellationPolicyImpossible,
    NotFounded,
    SettingOutOfBounds,
    UnknownSetting,
    check_cancellation,
    check_setting,
)

NOW = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)
NAME = {"en": "Dhaka", "bn": "ঢাকা", "fa": "داکا", "ar": "دكا"}


def found(session: Session, **settings: int) -> OrganizationId:
    return actions.found(
        session, town="dhaka", name=NAME, region="BD", currency="BDT", time_zone="Asia/Dhaka", language="bn",
        calendar="gregorian", weekend=[5, 6], phone="+880255000321", settings=settings, now=NOW,
    )  # fmt: skip


@pytest.fixture
def manager() -> PersonId:
    person = PersonId(uuid7())
    vault.make_key(person)
    return person


def test_an_empty_database_has_no_home(session: Session) -> None:
    with pytest.raises(NotFounded):
        queries.home(session)


def test_home_has_every_setting_the_defaults_and_its_own(session: Session) -> None:
    found(session, tax_basis_points=1_500)
    home = queries.home(session)
    assert set(home.settings) == set(SETTINGS)
    assert home.settings["tax_basis_points"] == 1_500
    assert home.settings["slot_hold_minutes"] == SETTINGS["slot_hold_minutes"].default
    assert (home.weekend, home.currency, home.cancellation) == ((5, 6), "BDT", CANCELLATION)


def test_a_town_is_founded_once(session: Session) -> None:
    found(session)
    with pytest.raises(AlreadyFounded):
        found(session)


def test_a_setting_can_be_changed_and_narrowed_to_one_service(session: Session, manager: PersonId) -> None:
    id = found(session)
    actions.change_setting(session, id, "waiting_minutes", 20, by=manager, reason="slow lifts", now=NOW)
    actions.change_setting(
        session, id, "waiting_minutes", 60, by=manager, reason="large homes", now=NOW, service="home_move"
    )
    assert queries.home(session).settings["waiting_minutes"] == 20
    assert queries.home(session, service="home_move").settings["waiting_minutes"] == 60
    assert queries.home(session, service="leak").settings["waiting_minutes"] == 20


def test_a_setting_stays_within_its_bounds(session: Session, manager: PersonId) -> None:
    id = found(session)
    with pytest.raises(SettingOutOfBounds) as refusal:
        actions.change_setting(session, id, "commission_basis_points", 4_001, by=manager, reason="more", now=NOW)
    assert (refusal.value.at_least, refusal.value.at_most) == (0, 4_000)
    with pytest.raises(UnknownSetting):
        actions.change_setting(session, id, "colour", 1, by=manager, reason="taste", now=NOW)
    with pytest.raises(UnknownSetting):
        found(session, colour=1)


def test_every_default_lies_within_its_own_bounds() -> None:
    for key, setting in SETTINGS.items():
        check_setting(key, setting.default)
    check_cancellation(CANCELLATION)


def test_the_largest_amount_can_be_set(session: Session, manager: PersonId) -> None:
    id = found(session)
    actions.change_setting(session, id, "cash_debt_limit", 10**12, by=manager, reason="trust", now=NOW)
    assert queries.home(session).settings["cash_debt_limit"] == 10**12


def test_the_cancellation_policy_can_be_replaced_and_narrowed(session: Session, manager: PersonId) -> None:
    id = found(session)
    dearer = tuple(replace(tier, fee_at_least=5_000) for tier in CANCELLATION)
    actions.change_cancellation(session, id, dearer, by=manager, reason="long ways", now=NOW, service="wall")
    assert queries.home(session).cancellation == CANCELLATION
    assert queries.home(session, service="wall").cancellation == dearer


@pytest.mark.parametrize(
    "change",
    [
        {"stage": "someday"},
        {"code": "on_site"},
        {"fee_basis_points": 10_001},
        {"fee_at_least": 10, "fee_at_most": 9},
        {"fee_at_least": -1},
    ],
)
def test_an_impossible_policy_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(CancellationPolicyImpossible):
        check_cancellation([replace(CANCELLATION[0], **change), *CANCELLATION[1:]])


def test_a_policy_says_what_a_locked_door_costs() -> None:
    with pytest.raises(CancellationPolicyImpossible, match="no_show"):
        check_cancellation([tier for tier in CANCELLATION if tier.stage != "no_show"])


def test_membership_has_a_start_and_an_end(session: Session, manager: PersonId) -> None:
    team = actions.form_team(session, found(session), key="north", name=NAME, now=NOW)
    actions.join_team(session, team, manager, by=manager, now=NOW)
    actions.join_team(session, team, manager, by=manager, now=NOW)
    left = NOW + timedelta(days=1)
    actions.leave_team(session, team, manager, by=manager, now=left)
    assert queries.members_of(session, team, at=left - timedelta(seconds=1)) == [manager]
    assert queries.members_of(session, team, at=left) == []
    assert queries.teams_of(session, manager, at=NOW) == [team]
    assert queries.teams_of(session, manager, at=NOW - timedelta(seconds=1)) == []
