"""The desk of finance: days signed and opened again, exceptions worked one by one and many at once, each told."""

import io
import re
from datetime import date
from time import sleep
from typing import Any
from uuid import UUID

import pytest
from openpyxl import load_workbook

from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.ids import uuid7
from marketplace.foundation.languages import LANGUAGES
from marketplace.foundation.money import Money
from payments.closing.actions import finish as finishing
from payments.closing.rules import Outcome
from payments.ledger import actions as ledger
from payments.ledger.rules import Leg, PeriodLocked
from payments.reconciliation.booking import bank_account, bank_suspense
from tests.payments.reconciliation.planted import DAY, Book, Line
from tests.web.conftest import Visitor
from tests.web.pages.test_finance import Books, Somebody, books, plain, rows, sheet_of

__all__ = ["books"]

PAGE = f"/finance/days/{DAY.isoformat()}"
LIST = "/finance/exceptions"


def planted() -> dict[str, UUID]:
    """A day with a batch at the bank, a payment of nobody's, and one without a reference that may be somebody's."""
    with transaction() as session:
        book = Book(session)
        book.tops_up("T1", 150_000)
        book.tops_up("T2", 90_000)
        book.reports(
            Line("L1", 150_000, fee=3_000, txn="T1", batch="B1"), Line("L2", 90_000, fee=1_800, batch="B2"),
            Line("L3", 70_000, fee=1_400, txn="T9", batch="B3"),
        )  # fmt: skip
        book.states(Line("D1", 147_000, batch="B1"))
        return {about: book.exception(about) for about in ("L2", "L3")}


def account(kind: str) -> str:
    sql = "SELECT group_id FROM ledger.account WHERE kind = :kind ORDER BY version DESC LIMIT 1"
    return str(rows(sql, kind=kind)[0][0])


def sign(visitor: Visitor, kind: str, day: date = DAY) -> Any:
    which = "0" if kind == "every" else account(kind)
    return visitor.post("/finance/sign-offs", {"account": which, "day": day.isoformat()})


def signs(visitor: Visitor, kind: str) -> None:
    """Sign it; the second step waits for whoever else writes on this server."""
    answer = sign(visitor, kind)
    assert answer.status_code == 303, (kind, plain(answer.text))
    (id, number), *_ = rows("SELECT id, account_group FROM sign_off ORDER BY begun_at DESC LIMIT 1")
    finish(id)
    assert f'id="account-{number}"' in visitor.get(PAGE).text


def posts_behind_the_lock() -> None:
    with transaction() as session:
        names = bank_account("ACC-1", "BDT"), bank_suspense("ACC-1", "BDT")
        bank, stands = (ledger.open_account(session, name) for name in names)
        legs = (Leg(bank, Money(-5, "BDT")), Leg(stands, Money(5, "BDT")))
        when = clock.now().replace(year=DAY.year, month=DAY.month, day=DAY.day, hour=9)
        ledger.post(session, uuid7(), "bank_suspense", legs, now=clock.now(), effective_at=when)


def finish(id: UUID) -> None:
    for _ in range(300):
        with transaction() as session:
            if finishing(session, id, now=clock.now()) is not Outcome.WAITS:
                return
        sleep(0.05)
    pytest.fail("the day is never signed")


def test_many_are_accepted_at_once_each_told_and_all_of_it_undone(books: Books) -> None:
    ids = planted()
    seen = plain(books.finance.get(LIST).text)
    assert "suggested" in seen
    assert "not ours" in seen
    done = books.finance.post(f"{LIST}/acts", {"act": "accept", "chosen": [str(ids["L2"]), str(ids["L3"]), "x"]})
    told = plain(done.text)
    assert (done.status_code, "accepted" in told, "nothing is suggested for it" in told) == (200, True, True)
    tokens = re.findall(r'name="undo" value="([^"]+)"', done.text)
    assert len(tokens) == 1
    assert rows("SELECT count(*) FROM recon_exception WHERE closed_at IS NULL AND line IS NOT NULL")[0][0] == 1
    back = books.finance.post(f"{LIST}/undone", {"undo": tokens})
    assert "undone" in plain(back.text)
    assert rows("SELECT count(*) FROM recon_exception WHERE closed_at IS NULL AND line IS NOT NULL")[0][0] == 2
    taken = books.finance.post(f"{LIST}/acts", {"act": "take", "chosen": list(map(str, ids.values()))})
    assert plain(taken.text).count("taken over") >= 2
    me = rows("SELECT DISTINCT owner FROM recon_exception WHERE line IS NOT NULL")
    assert len(me) == 1
    assert "not ours" in plain(books.finance.get(f"{LIST}?owner=me").text)
    for faulty in ({"act": "burn", "chosen": str(ids["L2"])}, {"chosen": str(ids["L2"])}):
        assert books.finance.post(f"{LIST}/acts", faulty).status_code == 422
    for empty in ({"act": "accept"}, {"act": "accept", "chosen": "x" * 500}):
        assert books.finance.post(f"{LIST}/acts", empty).status_code == 303


def test_an_exception_shows_its_sources_and_is_noted_settled_and_found(books: Books) -> None:
    ids = planted()
    one = f"{LIST}/{ids['L3']}"
    for language in LANGUAGES:
        answer = books.finance.get(f"{one}?language={language}")
        assert (answer.status_code, "T9" in answer.text) == (200, True), language
    books.finance.get("/finance?language=en")
    found = books.finance.get(f"{LIST}?number=T9")
    assert found.headers["location"] == one
    assert "No open line" in plain(books.finance.get(f"{LIST}?number=nothing").text)
    assert books.finance.post(f"{one}/notes", {"note": "Rang the gateway."}).status_code == 303
    assert books.finance.post(f"{one}/owner", {}).status_code == 303
    refused = books.finance.post(f"{one}/solutions", {"how": "accept", "reason": "It is so"})
    assert (refused.status_code, "settled in that way" in plain(refused.text)) == (409, True)
    assert books.finance.post(f"{one}/solutions", {"how": "write_off", "reason": ""}).status_code == 422
    assert books.finance.post(f"{one}/solutions", {"how": "write_off", "reason": "Nobody claims it"}).status_code == 303
    seen = plain(books.finance.get(one).text)
    assert "Rang the gateway." in seen
    if "Waits for a second person" in seen:
        alone = books.finance.post(f"{one}/approval", {"decision": "approve"})
        assert alone.status_code == 403
        assert books.finance.post(f"{one}/approval", {"decision": "withdraw"}).status_code == 303
    assert books.finance.post(f"{LIST}/{ids['L2']}/suggestions", {"decision": "decline"}).status_code == 404
    for place in ("notes", "owner", "solutions", "approval", "suggestions", "questions"):
        assert books.finance.get(f"{one}/{place}").status_code == 303, place
        assert books.finance.post(f"{LIST}/{uuid7()}/{place}", {"note": "x", "reason": "x", "how": "write_off",
                                  "decision": "approve"}).status_code in (404, 422), place  # fmt: skip


def test_a_day_is_signed_on_what_the_bank_says_and_nothing_comes_in_behind_it(books: Books, somebody: Somebody) -> None:
    planted()
    seen = plain(books.finance.get(PAGE).text)
    assert "Nobody has said what the bank account held" in seen
    assert sign(books.finance, "bank").status_code == 409
    facts = {"account": account("bank"), "day": DAY.isoformat()}
    for amount, status in (("1471", 409), ("x", 422), ("", 422), ("1470", 303)):
        assert books.finance.post("/finance/balances", {**facts, "amount": amount}).status_code == status, amount
    assert sign(books.finance, "every").status_code == 409
    for kind in ("bank", "clearing", "suspense", "every"):
        signs(books.finance, kind)
    assert sign(books.finance, "bank").status_code == 409
    with pytest.raises(PeriodLocked):
        posts_behind_the_lock()
    for language in LANGUAGES:
        answer = books.finance.get(f"{PAGE}?language={language}")
        assert (answer.status_code, "B1" in answer.text or "ACC-1" in answer.text) == (200, True), language
    for language in ("bn", "fa"):
        assert books.finance.get(f"{PAGE}/pdf?language={language}").content.startswith(b"%PDF"), language
    books.finance.get("/finance?language=en")
    assert "signed" in plain(books.finance.get("/finance/days").text)
    lines = sheet_of(books.finance.get(f"{PAGE}/csv"))
    assert [(row[3], row[13], row[14]) for row in lines[1:]] == [
        ("L1", "matched", ""), ("L2", "open", "foreign"), ("L3", "open", "foreign"), ("D1", "matched", ""),
    ]  # fmt: skip
    table = load_workbook(io.BytesIO(books.finance.get(f"{PAGE}/xlsx").content)).active
    assert table is not None
    assert table.max_row == 5
    opens_again(somebody("administrator"), books.finance)


def opens_again(other: Visitor, signer: Visitor) -> None:
    """Whoever signed does not, and the last signature goes first."""
    every, first = rows("SELECT id FROM sign_off WHERE account_kind = 'every'"), rows(
        "SELECT id FROM sign_off WHERE account_kind = 'bank'")  # fmt: skip
    assert signer.post(f"/finance/sign-offs/{every[0].id}/reopening", {"why": "auditor"}).status_code == 404
    assert other.post(f"/finance/sign-offs/{first[0].id}/reopening", {"why": "auditor"}).status_code == 409
    assert other.post(f"/finance/sign-offs/{every[0].id}/reopening", {"why": "because"}).status_code == 422
    assert other.post(f"/finance/sign-offs/{uuid7()}/reopening", {"why": "auditor"}).status_code == 404
    assert other.post(f"/finance/sign-offs/{every[0].id}/reopening", {"why": "auditor"}).status_code == 303
    assert other.post(f"/finance/sign-offs/{first[0].id}/reopening", {"why": "late_line"}).status_code == 303
    assert "opened again on" in plain(other.get(f"{PAGE}?language=en").text)
    assert rows("SELECT count(*) FROM journal WHERE action = 'finance.day_reopened'")[0][0] == 2


def test_days_are_not_there_for_others_nor_for_days_that_are_none(books: Books, somebody: Somebody) -> None:
    customer = somebody("customer")
    for path in ("/finance/days", PAGE, f"{PAGE}/pdf"):
        assert customer.get(path).status_code == 404, path
    assert customer.post("/finance/sign-offs", {}).status_code == 404
    for day in ("yesterday", "2026-02-30", "0001-01-01", "9999-12-31"):
        assert books.finance.get(f"/finance/days/{day}").status_code == 404, day
    assert books.finance.get(f"{PAGE}/exe").status_code == 404
    for faulty in ({}, {"account": "x", "day": DAY.isoformat()}, {"account": "1" * 40, "day": DAY.isoformat()}):
        assert books.finance.post("/finance/sign-offs", faulty).status_code == 404
    assert books.finance.post("/finance/sign-offs", {"account": "999", "day": DAY.isoformat()}).status_code == 404
    for path in ("/finance/sign-offs", "/finance/balances"):
        assert books.finance.get(path).status_code == 303, path
