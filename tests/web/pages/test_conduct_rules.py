"""The rules of conduct on their pages: typed and read in one's own digits, each changed limit beside the old one."""

from typing import Any

from booking.conduct import versions
from booking.conduct.charter import FIRST_NUMBERS
from marketplace.foundation.database import transaction
from marketplace.organizations.queries import home
from tests.web.conftest import Visitor
from web.pages.conduct.rules import YES_OR_NO

DRAFT = "/conduct/rules/draft"


def numbers(**changed: str) -> dict[str, str]:
    fees = [name for name in FIRST_NUMBERS if name.endswith("_fee_minor")]
    typed = {name: str(value) for name, value in FIRST_NUMBERS.items() if name not in (*fees, *YES_OR_NO)}
    return typed | changed


def test_a_draft_is_typed_in_ones_own_digits_and_shows_what_changes(somebody: Any) -> None:
    manager: Visitor = somebody("manager")
    manager.post("/conduct/rules/drafts")
    wrong = manager.post(
        f"{DRAFT}?language=bn", numbers(answer_days="৬", not_come_may_end="1", not_come_fee_minor="৫০০")
    )
    assert wrong.status_code == 422
    assert 'value="৬"' in wrong.text
    assert 'name="not_come_may_end" value="1" checked' in wrong.text
    saved = manager.post(
        DRAFT, numbers(answer_days="৯", not_come_may_end="1", not_come_fee_minor="৫০০", safety_times="1")
    )
    assert saved.headers["location"] == f"{DRAFT}#trial"
    page = manager.get(f"{DRAFT}?language=bn").text
    assert 'value="৯"' in page
    assert 'value="৫০০' in page
    assert 'name="not_come_may_end" value="1" checked' in page
    assert 'name="complaint_may_end" value="1">' in page
    english = manager.get(f"{DRAFT}?language=en").text
    changes = english.split("What changes")[-1].split("</table>")[0]
    assert changes.count("<tr>") == 1 + 4
    assert "Days to answer" in changes
    with transaction() as session:
        made = versions.draft(session, home(session).id)
    assert made is not None
    assert made.numbers == {
        **FIRST_NUMBERS, "answer_days": 9, "not_come_may_end": 1, "not_come_fee_minor": 50_000, "safety_times": 1,
    }  # fmt: skip
    assert made.trial is not None
    assert made.trial.before == 0
    manager.post(DRAFT, numbers())
    assert "It says what is published already." in manager.get(DRAFT).text
