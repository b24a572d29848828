"""The rules of dispatch on their pages: drafted, tried, published by a manager with words; and the gaps of batches."""

from typing import Any

import pytest
from sqlalchemy import text

from booking.dispatch import versions
from marketplace.foundation.database import transaction
from marketplace.organizations.queries import home
from tests.web.conftest import Visitor
from web.pages.dispatch.words import BOUNDS, NUMBERS, TERMS

DRAFT = "/dispatch/rules/draft"


def numbers(**changed: str) -> dict[str, str]:
    with transaction() as session:
        now = versions.in_force(session, home(session).id).policy.numbers()
    return {name: str(value) for name, value in now.items()} | changed


def in_force() -> versions.Version:
    with transaction() as session:
        return versions.in_force(session, home(session).id)


def test_a_dispatcher_drafts_and_tries_and_a_manager_publishes_with_words(somebody: Any) -> None:
    dispatcher: Visitor = somebody("dispatcher")
    assert dispatcher.get(DRAFT).headers["location"] == "/dispatch/rules"
    assert dispatcher.post("/dispatch/rules/drafts").headers["location"] == DRAFT
    wrong = dispatcher.post(DRAFT, numbers(quality_hundredths="900", asks_most="three"))
    assert wrong.status_code == 422
    assert 'value="900"' in wrong.text
    assert 'value="three"' in wrong.text
    saved = dispatcher.post(DRAFT, numbers(fairness_hundredths="৬০০"))
    assert saved.headers["location"] == f"{DRAFT}#trial"
    page = dispatcher.get(f"{DRAFT}?language=en").text
    assert "Nothing was decided in that time" in page
    assert "A manager publishes it." in page
    shown = numbers(fairness_hundredths="600", words="Fairer.")
    assert dispatcher.post(f"{DRAFT}/publication", shown).status_code == 404
    manager: Visitor = somebody("manager")
    assert manager.post(f"{DRAFT}/publication", shown | {"words": ""}).status_code == 422
    assert manager.post(f"{DRAFT}/publication", shown | {"fairness_hundredths": "1"}).status_code == 409
    assert manager.post(f"{DRAFT}/publication", shown).headers["location"] == "/dispatch/rules"
    assert manager.post(f"{DRAFT}/publication", shown).headers["location"] == "/dispatch/rules"
    assert (in_force().number, in_force().policy.weights.fairness_hundredths) == (1, 600)
    assert "Fairer." in dispatcher.get("/dispatch/rules").text


def test_a_draft_is_thrown_away(somebody: Any) -> None:
    manager: Visitor = somebody("manager")
    manager.post("/dispatch/rules/drafts")
    for _ in range(2):
        assert manager.post(f"{DRAFT}/removal").headers["location"] == "/dispatch/rules"
    assert in_force().number == 0
    assert manager.post(DRAFT, numbers()).headers["location"] == "/dispatch/rules"


@pytest.mark.parametrize("role", ["customer", "specialist", "agent", "finance"])
def test_nobody_else_looks(somebody: Any, role: str) -> None:
    other: Visitor = somebody(role)
    for path in ("/dispatch/rules", DRAFT, "/dispatch/batches", "/dispatch/fairness"):
        assert other.get(path).status_code == 404
    assert other.post("/dispatch/rules/drafts").status_code == 404


def test_the_gaps_of_batches_are_shown(somebody: Any) -> None:
    other: Visitor = somebody("compliance")
    assert "No job was matched in a batch yet." in other.get("/dispatch/batches?language=en").text
    with transaction() as session:
        for gap in (0, 0.5, 3):
            session.execute(
                text("""insert into decision (id, kind, at, policy_version, seed, inputs, result, inputs_hash, size,
                value, bound, gap_percent) values (gen_random_uuid(), 'matching', now(), 'x', 1, '{}',
                '{"chosen": [1], "exact": true}', 'x', 2, 1234, 1200, :gap)"""),
                {"gap": gap},
            )
    page = other.get("/dispatch/batches").text
    for said in ("0.5%", "3%", "12.34", "Jobs placed", "33.33%"):
        assert said in page


def test_shares_are_shown_beside_the_floor(somebody: Any) -> None:
    manager: Visitor = somebody("manager")
    page = manager.get("/dispatch/fairness?language=en&days=7").text
    assert "50%" in page
    assert "of what the middle of them was." in page
    assert manager.get("/dispatch/fairness?days=many").status_code == 200


def test_every_number_and_every_term_has_its_words() -> None:
    assert set(NUMBERS) == set(BOUNDS)
    assert len(TERMS) == 8


def test_a_specialist_reads_why_they_were_asked_or_not(visitor: Visitor) -> None:
    rafiq = visitor.sign_in("rafiq", "open-sesame-rafiq")
    page = rafiq.get("/work/why/jobs?language=en")
    assert page.status_code == 200
    assert "None answered yet." in page.text
    assert "/work/why/jobs" in rafiq.get("/work/why").text
