"""Walking through a booking page by page, as a browser without scripts would."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import httpx
from sqlalchemy import select

from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.settings import Settings, read
from marketplace.people.actions.codes import code_text
from marketplace.people.tables import OneTimeCode
from payments.gateways import directory
from payments.gateways.sandbox import Sandbox
from tests.web.bank.running import SECRET, RunningBank
from tests.web.conftest import SECRET as SESSION_SECRET
from tests.web.conftest import Town, Visitor

SERVICE = "ac_service"
ANSWERS = {"about-type": "split", "about-count": "2", "about-outdoor": "easy", "about-gas": "no"}
ASKED = {"asked": "type count outdoor gas"}
HOUSE = {"address": "another", "line": "House 7, Road 3", "unit": "4B", "directions": "Green gate"}
NEWCOMER = {"phone": "01911223344", "name": "Nasrin Akter", "age": "yes", "policy": "yes"}


def hidden_of(page: str) -> dict[str, str]:
    """The hidden fields of the forms between masthead and foot."""
    main = page[page.index("<main") : page.index("</main>")]
    found = re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', main)
    return {name: unescape(value) for name, value in found if name not in ("form_token", "command_id")}


def offered(page: str, name: str) -> list[str]:
    """What a group of radios or a list offers, in order."""
    radios = re.findall(rf'name="{name}" value="([^"]*)"', page)
    listed = re.search(rf'<select[^>]*name="{name}".*?</select>', page, re.DOTALL)
    return radios + (re.findall(r'<option value="([^"]+)"', listed[0]) if listed else [])


def words_of(page: str) -> str:
    """What is read: without marks, isolates and doubled blanks."""
    bare = unescape(re.sub(r"<[^>]+>", " ", page[page.index("<main") : page.index("</main>")]))
    return re.sub(r"\s+([.,;])", r"\1", re.sub(r"\s+", " ", re.sub("[\u2066-\u2069]", "", bare)))


def comes_back(visitor: Visitor, bank: RunningBank, page: str, decision: str) -> str:
    """The payer decides on the bank's page and follows its way back; gives our checking page."""
    told = bank.decide(page, decision)
    back = told.headers.get("location") or told.text.split('class="first" href="', 1)[1].split('"', 1)[0]
    parts = urlsplit(unescape(back))
    answer = visitor.get(f"{parts.path}?{parts.query}")
    assert answer.status_code == 303, answer.text[:500]
    return str(answer.headers["location"])


@contextmanager
def town_with_bank(town: Town, bank: RunningBank, folder: Path) -> Iterator[Settings]:
    """The settings of an application that has a bank; hangs up on it afterwards."""
    keys = Path(os.environ["KARIGAR_TEST_HOME"]) / "keys"
    yield read(
        {
            "KARIGAR_MODE": "demo",
            "DATABASE_URL": town.url,
            "KEYS_DATABASE_URL": town.keys_url,
            "KARIGAR_KEY_FILE": str(keys),
            "KARIGAR_HOME": str(folder),
            "SESSION_SECRET": SESSION_SECRET,
            "BASE_URL": "http://testserver.local",
            "KARIGAR_THREADS": "12",
            "KARIGAR_LOG": "error",
            "SANDBOX_BANK_URL": bank.url,
            "SANDBOX_BANK_SECRET": SECRET,
        }
    )
    hang_up()


def hang_up() -> None:
    """Close the lines to every bank."""
    for gateway in directory.connected():
        if isinstance(gateway, Sandbox):
            gateway.close()
    directory.connect()


def reading_english(visitor: Visitor) -> Visitor:
    """The same person, who chooses English on this device."""
    visitor.get("/jobs?language=en")
    return visitor


class Walker:
    """Somebody on the way through a booking; every step asserts that the page before led here."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor = visitor
        self.booking = ""
        self.window = ""

    @property
    def id(self) -> UUID:
        return UUID(self.booking)

    @property
    def page(self) -> str:
        return self.visitor.last.text

    def goes(self, path: str) -> httpx.Response:
        answer = self.visitor.get(path)
        assert answer.status_code == 200, (path, answer.status_code, answer.headers.get("location"), answer.text[:900])
        return answer

    def sends(self, path: str, data: dict[str, Any], *, leads_to: str = "", status: int = 303) -> httpx.Response:
        answer = self.visitor.post(path, data)
        assert answer.status_code == status, (path, answer.status_code, _said(answer.text))
        if leads_to:
            assert leads_to in answer.headers["location"], answer.headers["location"]
        return answer

    def at(self, step: str) -> str:
        return f"/bookings/{self.booking}/{step}"

    def answers(self, **changed: str) -> "Walker":
        """The questions, and with them a draft."""
        self.goes(f"/book/{SERVICE}")
        answer = self.sends(f"/book/{SERVICE}", ANSWERS | ASKED | changed, leads_to="/place")
        self.booking = answer.headers["location"].split("/")[2]
        return self

    def says_where(self, **changed: str) -> "Walker":
        area = offered(self.goes(self.at("place")).text, "area")
        self.sends(self.at("place"), HOUSE | {"area": area[0]} | changed, leads_to="/time")
        return self

    def takes_saved_address(self) -> "Walker":
        known = offered(self.goes(self.at("place")).text, "address")
        self.sends(self.at("place"), {"address": known[0]}, leads_to="/time")
        return self

    def chooses_time(self) -> "Walker":
        """The first window of a day that is not today."""
        self.goes(self.at("time"))
        days = re.findall(r"\?day=([0-9-]+)", self.page)
        for day in days[1:]:
            free = offered(self.goes(f"{self.at('time')}?day={day}").text, "window")
            if free:
                self.window = free[0]
                self.sends(self.at("time"), {"window": free[0]}, leads_to="/")
                return self
        raise AssertionError("nobody can come in a week")

    def agrees(self, *, leads_to: str) -> "Walker":
        self.goes(self.at("price"))
        self.sends(self.at("price"), hidden_of(self.page), leads_to=leads_to)
        return self

    def gives_number(self, **changed: str) -> "Walker":
        self.goes(self.at("number"))
        answer = self.sends(self.at("number"), NEWCOMER | changed, leads_to="/number/")
        path = answer.headers["location"]
        self.goes(path)
        typed = hidden_of(self.page) | {"code": sms_code(UUID(path.rsplit("/", 1)[1]))}
        self.sends(path, typed, leads_to="/payment")
        return self

    def pays(self, way: str, *, leads_to: str) -> str:
        self.goes(self.at("payment"))
        answer = self.sends(self.at("payment"), hidden_of(self.page) | {"way": way}, leads_to=leads_to)
        return answer.headers["location"]


def sms_code(id: UUID) -> str:
    """What stands in the message."""
    with transaction() as session:
        digits = code_text(session, id, now=clock.now())
    assert digits is not None
    return digits


def newest_code() -> UUID:
    with transaction() as session:
        return session.scalars(select(OneTimeCode.id).order_by(OneTimeCode.asked_at.desc()).limit(1)).one()


def _said(page: str) -> str:
    return words_of(page)[:900] if "<main" in page else page[:900]
