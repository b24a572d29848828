"""Paying out, over HTTP: the owner asks and names an account, two of finance send it, the bank answers."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import httpx
import pytest
from sqlalchemy import text

from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.ids import uuid7
from marketplace.foundation.money import Money
from marketplace.foundation.outbox import enqueue
from marketplace.foundation.scripts import LANGUAGES, native_digits
from marketplace.organizations import queries as organizations
from marketplace.organizations.actions import change_setting
from marketplace.people import actions as people
from marketplace.privacy.queries import disclosures_of
from payments.payouts import queries
from payments.payouts.rules import Reason, State
from payments.wallets import actions as wallets
from payments.wallets import queries as wallet_queries
from payments.wallets.rules import Owner
from tests.web.conftest import Town, Visitor
from web import invariants
from web.cast import Member

Somebody = Callable[..., Visitor]
ACCOUNT = {
    "holder": "রফিকুল ইসলাম",
    "account": native_digits("1501 2012 34567", "bn"),
    "branch": native_digits("060270426", "bn"),
}
NUMBER = "1501201234567"


@dataclass
class Scene:
    """Rafiq with money, Rahima with some, two of finance; each in a browser that has just confirmed who it is."""

    town: Town
    rafiq: Visitor
    rahima: Visitor
    maker: Visitor
    checker: Visitor

    def member(self, username: str) -> Member:
        return self.town.cast.named(username)

    def payout(self, kind: Owner = "specialist") -> queries.PayoutView:
        who = "rafiq" if kind == "specialist" else "rahima"
        with transaction() as session:
            return queries.of_owner(session, owner=self.member(who).id, owner_kind=kind)[0]

    def available(self, username: str, kind: Owner) -> int:
        with transaction() as session:
            found = wallet_queries.balance(session, owner=self.member(username).id, owner_kind=kind, currency="BDT")
        return found.available.minor

    def prepared(self) -> str:
        answer = self.maker.post("/finance/payouts/batches", {"form": "csv"})
        assert answer.status_code == 303, answer.text[-3000:]
        return str(answer.headers["location"])

    def approved(self) -> str:
        batch = self.prepared()
        answer = self.checker.post(f"{batch}/approvals", {"digest": digest_on(self.checker.get(batch).text)})
        assert answer.status_code == 303, words(answer)
        return batch


def digest_on(page: str) -> str:
    found = re.search(r'name="digest" value="(\w+)"', page)
    return found[1] if found else ""


def words(answer: httpx.Response) -> str:
    main = answer.text.partition("<main")[2]
    return " ".join(re.sub(r"<[^>]+>", " ", main).split())[:1500]


@pytest.fixture
def scene(town: Town, somebody: Somebody) -> Scene:
    cast, now = town.cast, clock.now()
    manager = cast.named("manager").id
    with transaction() as session:
        people.grant_role(session, person=manager, role="finance", by=None, now=now)
        for name, kind in (("rafiq", "specialist"), ("rahima", "customer")):
            owner_kind: Owner = "specialist" if kind == "specialist" else "customer"
            wallets.open_wallet(session, owner=cast.named(name).id, owner_kind=owner_kind, currency="BDT")
    for name, kind in (("rafiq", "specialist"), ("rahima", "customer")):
        with transaction() as session:
            wallets.credit_topup(
                session, attempt=uuid7(), owner=cast.named(name).id, gateway="sandbox", amount=Money(500_000, "BDT"),
                owner_kind="specialist" if kind == "specialist" else "customer", now=now,
            )  # fmt: skip
    everybody = [somebody("specialist"), somebody("customer"), somebody("finance"), somebody("manager")]
    for each in everybody:
        each.get("/?language=en")
        confirm(each)
    return Scene(town, *everybody)


def confirm(visitor: Visitor) -> None:
    """As if the password had just been typed once more."""
    with transaction() as session:
        found = people.touch(session, visitor.client.cookies["session"], now=clock.now())
        assert found is not None
        people.mark_stepped_up(session, found.session_id, now=clock.now())


def named(visitor: Visitor, root: str = "/work/payouts", **changed: str) -> httpx.Response:
    return visitor.post(f"{root}/account", ACCOUNT | changed)


def test_from_the_wish_to_the_bank_and_back(scene: Scene, work_off: Any) -> None:
    assert named(scene.rafiq).headers["location"] == "/work/payouts"
    form = {"amount": native_digits("3000.50", "bn"), "command_id": str(uuid4())}
    for _ in range(2):  # a double click
        assert scene.rafiq.post("/work/payouts", form).status_code == 303
    asked = scene.payout()
    assert (asked.amount, asked.state, scene.available("rafiq", "specialist")) == (
        Money(300_050, "BDT"), State.CHECKED, 199_950,
    )  # fmt: skip
    batch = scene.prepared()
    own = scene.maker.post(f"{batch}/approvals", {"digest": digest_on(scene.checker.get(batch).text)})
    assert (own.status_code, "colleague" in words(own)) == (403, True)
    stale = scene.checker.post(f"{batch}/approvals", {"digest": "0" * 64})
    assert stale.status_code == 409
    assert scene.maker.get(f"{batch}/file").status_code == 409
    assert scene.maker.post(f"{batch}/file").status_code == 409
    assert (
        scene.checker.post(f"{batch}/approvals", {"digest": digest_on(scene.checker.get(batch).text)}).status_code
        == 303
    )
    assert scene.maker.post(f"{batch}/file").status_code == 303
    assert scene.rafiq.post(f"/work/payouts/{asked.id}/cancellation").status_code == 409
    files = [
        scene.maker.post(f"{batch}/handover"),
        scene.maker.post(f"{batch}/handover"),
        scene.checker.get(f"{batch}/file"),
    ]
    assert {each.status_code for each in files} == {200}
    assert len({each.content for each in files}) == 1
    assert NUMBER.encode() in files[0].content
    with transaction() as session:
        looks = disclosures_of(session, scene.member("rafiq").id)
    assert [(each.role, each.field, each.channel) for each in looks] == [("finance", "account", "export")] * len(files)
    assert scene.payout().state is State.SENDING
    assert scene.maker.post(f"{batch}/outcomes", {"outcome": "accepted"}).status_code == 303
    work_off()
    assert scene.payout().state is State.ACCEPTED
    with transaction() as session:
        advice = session.execute(text("SELECT id, reference, total FROM document WHERE kind = 'payout'")).one()
    assert advice.total == 300_050
    shown = scene.rafiq.get(f"/documents/{advice.id}?language=en")
    assert (shown.status_code, "Advice of a payout" in shown.text, advice.reference in shown.text) == (200, True, True)
    back = scene.maker.post(f"/finance/payouts/{asked.id}/return", {"reason": "account_closed"})
    assert back.status_code == 303
    work_off()
    assert (scene.payout().state, scene.available("rafiq", "specialist")) == (State.RETURNED, 500_000)
    assert "The account is closed" in scene.rafiq.get(f"/work/payouts/{asked.id}").text
    with transaction() as session:
        letters = session.scalars(text("SELECT letter FROM delivery WHERE letter LIKE 'payout%' ORDER BY letter")).all()
        assert letters == ["payout", "payout_failed"]
        assert not session.scalar(text("SELECT count(*) FROM outbox WHERE state = 'dead' OR last_error IS NOT NULL"))
        assert {name: count for name, count in invariants.figures(session).items() if count} == {}


def test_every_page_stands_in_every_language_and_shows_no_account_number(scene: Scene) -> None:
    named(scene.rafiq)
    named(scene.rahima, "/wallet/payouts", account="1501209999999", holder="Somebody Else")
    scene.rafiq.post("/work/payouts", {"amount": "1000"})
    scene.rahima.post("/wallet/payouts", {"amount": "1000"})
    batch = scene.approved()
    mine, theirs = scene.payout().id, scene.payout("customer").id
    paths = (
        (scene.rafiq, ("/work/payouts", "/work/payouts/account", f"/work/payouts/{mine}", "/work/earnings")),
        (scene.rahima, ("/wallet/payouts", "/wallet/payouts/account", f"/wallet/payouts/{theirs}", "/wallet")),
        (scene.maker, ("/finance/payouts", "/finance/payouts?state=waiting", batch, f"/finance/payouts/{mine}",
                       f"/finance/payouts/{theirs}", "/finance/payouts.csv")),
    )  # fmt: skip
    for language in LANGUAGES:
        for visitor, those in paths:
            for path in those:
                answer = visitor.get(f"{path}{'&' if '?' in path else '?'}language={language}")
                assert answer.status_code == 200, (path, answer.status_code, answer.headers.get("location"))
                assert NUMBER not in answer.text
                assert native_digits(NUMBER, "bn") not in answer.text


AMOUNTS = (
    ("", 422), ("0", 422), ("-5", 422), ("499.99", 422), ("10.001", 422), ("5000.01", 409), ("many", 422),
    ("9" * 30, 422),
)  # fmt: skip
ACCOUNTS = (
    ({"account": "123"}, "digits"), ({"account": "4111111111111111"}, "number of a card"), ({"account": ""}, ""),
    ({"branch": "12"}, "nine digits"), ({"holder": ""}, ""),
)  # fmt: skip


def test_bad_input_is_refused_beside_its_field_and_kept(scene: Scene) -> None:
    for changed, said in ACCOUNTS:
        answer = named(scene.rafiq, **changed)
        assert (answer.status_code, said in answer.text) == (422, True), changed
    assert scene.rafiq.post("/work/payouts", {"amount": "1000"}).status_code == 409
    named(scene.rafiq)
    for amount, status in AMOUNTS:
        answer = scene.rafiq.post("/work/payouts", {"amount": amount})
        assert answer.status_code == status, (amount, words(answer))
        assert f'value="{amount}"' in answer.text
    assert scene.available("rafiq", "specialist") == 500_000


def test_a_changed_account_is_told_and_waits(scene: Scene, work_off: Any) -> None:
    named(scene.rafiq)
    named(scene.rafiq, account="1501207654321")
    work_off()
    answer = scene.rafiq.post("/work/payouts", {"amount": "1000"})
    assert (answer.status_code, "changed lately" in answer.text) == (409, True)
    with transaction() as session:
        found = session.execute(text("SELECT letter, state FROM delivery WHERE letter LIKE 'payout%'")).all()
        ids = str(session.execute(text("SELECT ids FROM delivery")).all())
        outbox = str(session.execute(text("SELECT arguments FROM outbox")).all())
    assert [each.letter for each in found] == ["payout_account"]
    assert "7654321" not in ids + outbox


def test_anothers_payout_is_not_there_and_accounts_ask_for_a_confirmation(scene: Scene, somebody: Somebody) -> None:
    fresh, unconfirmed = somebody("specialist"), somebody("manager")
    clock.move(timedelta(minutes=6))  # who has just signed in, has just said who they are
    for answer in (fresh.get("/work/payouts/account"), named(fresh)):
        assert answer.headers["location"].startswith("/account/confirmation")
    for noun in ("approvals", "handover"):
        answer = unconfirmed.post(f"/finance/payouts/batches/{uuid4()}/{noun}", {"digest": "x"})
        assert answer.headers["location"].startswith("/account/confirmation")
    confirm(scene.rafiq)
    named(scene.rafiq)
    scene.rafiq.post("/work/payouts", {"amount": "1000"})
    id = scene.payout().id
    shamima = somebody("specialist", 1)
    assert shamima.get(f"/work/payouts/{id}").status_code == 404
    assert shamima.post(f"/work/payouts/{id}/cancellation").status_code == 404
    assert scene.rahima.get(f"/wallet/payouts/{id}").status_code == 404
    assert scene.rahima.get("/work/payouts").status_code == 404
    assert scene.rafiq.get("/finance/payouts").status_code == 404
    assert scene.maker.get(f"/finance/payouts/{uuid4()}").status_code == 404
    assert scene.maker.get(f"/finance/payouts/batches/{uuid4()}").status_code == 404
    assert scene.rafiq.post(f"/work/payouts/{id}/cancellation").status_code == 303
    assert scene.payout().state is State.CANCELLED


def test_what_needs_a_look_is_waved_through_by_name_or_refused(scene: Scene) -> None:
    named(scene.rahima, "/wallet/payouts", holder="Somebody Else")
    scene.rahima.post("/wallet/payouts", {"amount": "1000"})
    id = scene.payout("customer").id
    assert "needs a look" in scene.maker.get("/finance/payouts?state=waiting").text
    assert scene.maker.post("/finance/payouts/batches", {"form": "csv"}).status_code == 409
    assert scene.maker.post(f"/finance/payouts/{id}/checks", {"passing": "debt"}).status_code == 409
    scene.maker.post(f"/finance/payouts/{id}/checks", {"passing": "name_differs"})
    assert scene.payout("customer").state is State.CHECKED
    batch = scene.approved()
    assert scene.maker.post(f"/finance/payouts/{id}/refusal", {"reason": "no_such"}).status_code == 422
    assert scene.maker.post(f"/finance/payouts/{id}/refusal", {"reason": "other"}).status_code == 303
    assert (scene.payout("customer").reason, scene.available("rahima", "customer")) == (Reason.OTHER, 500_000)
    assert "Every item was taken out" in scene.maker.get(batch).text


def test_on_its_day_the_schedule_pays_everybody_once(scene: Scene, work_off: Any) -> None:
    named(scene.rafiq)
    with transaction() as session:
        here = organizations.home(session)
        day = clock.now().astimezone(ZoneInfo(here.time_zone)).isoweekday()
        change_setting(
            session, here.id, "payout_weekday", day, by=scene.member("admin").id, reason="today", now=clock.now()
        )
    for _ in range(2):
        with transaction() as session:
            enqueue(session, "payouts.schedule")
        work_off()
    with transaction() as session:
        found = queries.of_owner(session, owner=scene.member("rafiq").id, owner_kind="specialist")
    assert [(each.amount, each.because) for each in found] == [(Money(500_000, "BDT"), "schedule")]
