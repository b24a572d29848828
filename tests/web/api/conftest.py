"""Programs that call the API, each with a token of its own; a job brought as far as a test needs it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from litestar import Litestar
from litestar.testing import TestClient
from sqlalchemy import text

from marketplace.foundation import clock, tasks
from marketplace.foundation.database import transaction
from marketplace.people import actions as people
from tests.web.conftest import Town
from web.cast import Member
from web.relay import beat

AC = {"type": "split", "count": 1, "outdoor": "easy", "gas": False}


@dataclass
class Program:
    """A program with somebody's token; each POST has a new key unless one is given, and none for an empty one."""

    client: TestClient[Litestar]
    token: str = ""
    member: Member | None = None

    def get(self, path: str, **more: Any) -> httpx.Response:
        self.client.cookies.clear()
        return self.client.get(f"/api/v1{path}", headers=self._headers(), **more)

    def post(self, path: str, body: object = None, *, key: str | None = None, **more: Any) -> httpx.Response:
        self.client.cookies.clear()
        headers = self._headers() | {"idempotency-key": str(uuid4()) if key is None else key}
        headers = {name: value for name, value in headers.items() if value} | more.pop("headers", {})
        if body is not None:
            more["json"] = body
        return self.client.post(f"/api/v1{path}", headers=headers, **more)

    def _headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token}"} if self.token else {}


Opener = Callable[..., Program]


@pytest.fixture
def program(client: TestClient[Litestar], town: Town) -> Opener:
    """`program("customer")`: as the first of the cast with that role; `program(member)`; `program()`: as nobody."""

    def sign_in(who: str | Member = "", number: int = 0) -> Program:
        if not who:
            return Program(client)
        one = who if isinstance(who, Member) else [each for each in town.cast.people if each.role == who][number]
        with transaction() as session:
            started = people.start_session(session, person=one.id, now=clock.now())
        return Program(client, started.token, one)

    return sign_in


@dataclass
class Story:
    """A job and those it concerns."""

    town: Town
    program: Opener

    def requested(self, customer: Program) -> str:
        """The id of a new request at the customer's address."""
        address = customer.get("/me/addresses").json()[0]["id"]
        made = customer.post("/jobs", {"service": "ac_service", "answers": AC, "address": address})
        assert made.status_code == 201, made.text
        return str(made.json()["id"])

    def with_time(self, customer: Program) -> str:
        """A request with a window set aside."""
        job = self.requested(customer)
        held = customer.post(f"/jobs/{job}/slot", {"window": free_window(customer, job)})
        assert held.status_code == 200, held.text
        return job

    def open(self, customer: Program) -> str:
        """Agreed in cash, and somebody is asked."""
        job = self.with_time(customer)
        funded = customer.post(f"/jobs/{job}/funding", {"method": "cash"})
        assert funded.status_code == 200, funded.text
        tasks.run_all_due()
        return job

    def offered(self, job: str) -> tuple[Program, str]:
        """Whoever is asked for the job first, and the id of the offer."""
        asked = text("SELECT specialist_id, id FROM offer WHERE job_id = :job AND state = 'sent' ORDER BY rank LIMIT 1")
        with transaction() as session:
            who, offer = session.execute(asked, {"job": job}).one()
        return self.program(next(each for each in self.town.cast.specialists if each.id == who)), str(offer)

    def accepted(self, customer: Program) -> tuple[str, Program]:
        """A job and the specialist who has accepted it."""
        job = self.open(customer)
        specialist, offer = self.offered(job)
        taken = specialist.post(f"/offers/{offer}/acceptance")
        assert taken.status_code == 200, taken.text
        return job, specialist


@pytest.fixture
def story(town: Town, program: Opener) -> Story:
    """With the working days of everybody laid out, as the relay does it."""
    beat()
    tasks.run_all_due()
    return Story(town, program)


def free_window(customer: Program, job: str) -> str:
    """The first window that can be promised from tomorrow on."""
    for ahead in range(1, 7):
        day = (clock.now().date() + timedelta(days=ahead)).isoformat()
        found = customer.get("/windows", params={"job": job, "day": day})
        assert found.status_code == 200, found.text
        if found.json():
            assert found.json()[0]["day"] == day
            return str(found.json()[0]["window"])
    raise AssertionError("nobody can come in a week")
