"""An agent at the desk, the customer who rings, and what is written of their call."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text

from marketplace.foundation.database import transaction
from tests.web.conftest import Town, Visitor
from web.cast import Member

Somebody = Callable[..., Visitor]
CARD = "4111 1111 1111 1111"


@dataclass
class Desk:
    """An agent at work, and the customer who rings."""

    agent: Visitor
    rahima: Member
    town: Town

    @property
    def page(self) -> str:
        return f"/desk/customers/{self.rahima.id}"

    def look_up(self, typed: str) -> Any:
        return self.agent.post("/desk/look-ups", {"caller": typed})

    def entry(self, **changed: str) -> dict[str, str]:
        """A whole entry in the first free time, as the screen would send it, with the price that it shows."""
        form = {
            "service": "Repair a leak", "address": str(self.rahima.address), "method": "cash",
            "asked": "place running shut_off notes", "about-place": "tap", "about-running": "no", **changed,
        }  # fmt: skip
        for name in ("window", "total"):
            seen = self.agent.post(f"{self.page}/entry", form).text
            found = re.search(rf'name="{name}"[^>]*? value="([^"]+)"', seen)
            assert found is not None, seen[:6000]
            form.setdefault(name, found[1])
        return form

    def book(self, **changed: str) -> str:
        """Book by phone; the address of the job's page."""
        answer = self.agent.post(f"{self.page}/bookings", self.entry(**changed))
        assert answer.status_code == 303, answer.text[:6000]
        return str(answer.headers["location"])


def rows(sql: str, **facts: object) -> list[Any]:
    with transaction() as session:
        return list(session.execute(text(sql), facts))


def looks_at(person: UUID) -> list[tuple[str, str, str]]:
    asked = "SELECT field, purpose, role FROM disclosure WHERE subject_id = :id ORDER BY at, field"
    return [(row.field, row.purpose, row.role) for row in rows(asked, id=person)]


def jobs() -> list[Any]:
    return rows("SELECT id, state, entered_by, customer_id, method, funded_at FROM job ORDER BY created_at")
