"""Finance's pages: both numbers, unknown ones asked but never declared paid, files taken in once or not at all."""

import csv
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.money import Money
from marketplace.foundation.scripts import LANGUAGES
from marketplace.foundation.settings import Settings
from payments.gateways import directory, sandbox
from payments.gateways.protocol import Refs, Verdict
from payments.gateways.rules import Outcome
from payments.gateways.sandbox import OUR_TERMINAL
from payments.topups import actions as topups
from payments.topups import queries as topup_queries
from tests.payments.gateways.reports import BATCH, DAY, settlement, statement
from tests.web.conftest import Town, Visitor
from web.pages.finance.sheets import Cell, as_csv

Somebody = Callable[..., Visitor]
TXN, TRACKING = "SB0000000001", "120000000001"
PATHS = (
    "/finance", "/finance/top-ups", "/finance/top-ups?state=paid", "/finance/unknown", "/finance/exceptions",
    "/finance/imports", "/finance/trial-balance", "/finance/trial-balance?kind=wallet",
)  # fmt: skip
SHEETS = ("/finance/top-ups.csv", "/finance/exceptions.csv", "/finance/trial-balance.csv")


@dataclass
class Books:
    """Somebody of finance, and a customer who has topped up."""

    finance: Visitor
    town: Town
    owner: UUID

    def top_up(self, taka: int = 1_500, *, paid: bool, txn: str = TXN) -> tuple[UUID, UUID]:
        """A top-up of the customer, paid or unknown; its id and its attempt's."""
        now = clock.now()
        with transaction() as session:
            made = topups.start(
                session, owner=self.owner, wallet="customer", amount=Money(taka * 100, "BDT"), gateway="sandbox",
                command=uuid4(), now=now,
            )  # fmt: skip
            topups.record_not_started(session, made.attempt, now=now)
        if paid:
            with transaction() as session:
                ours = topup_queries.question(session, made.attempt).refs.ours
                refs = Refs(ours, txn=txn, bank=TRACKING, trace="123456", terminal=OUR_TERMINAL)
                verdict = Verdict(
                    Outcome.PAID, refs, amount=Money(taka * 100, "BDT"), at=now, financial_day=date.fromisoformat(DAY),
                    live=False, final=True,
                )  # fmt: skip
                topups.apply_verdict(session, made.attempt, verdict, now=now)
        return made.topup, made.attempt

    def preview(self, body: bytes, *, source: str = "settlement", gateway: str = "sandbox") -> Any:
        """Hand a file in; its page, where it was understood."""
        form, files = {"source": source, "gateway": gateway}, {"file": ("day.csv", body, "text/csv")}
        answer = self.finance.post("/finance/imports", form, files=files)
        return self.finance.get(answer.headers["location"]) if answer.status_code == 303 else answer

    def take_in(self, body: bytes, *, source: str = "settlement") -> Any:
        seen = self.preview(body, source=source)
        assert seen.status_code == 200, seen.text[:4000]
        taking = re.search(r'action="(/finance/imports/[^"]+/taking)"', seen.text)
        assert taking is not None, plain(seen.text)
        return self.finance.post(taking[1], {})


@pytest.fixture
def books(town: Town, somebody: Somebody, settings: Settings) -> Iterator[Books]:
    """With a bank that nobody answers at: its files are read all the same."""
    finance = somebody("finance")
    bank = sandbox.from_settings(
        replace(settings, sandbox_bank_url="http://127.0.0.1:9", sandbox_bank_secret="between the bank and us")
    )
    assert bank is not None
    directory.connect(bank)
    finance.get("/finance?language=en")
    yield Books(finance, town, town.cast.named("rahima").id)
    directory.connect()


def rows(sql: str, **facts: object) -> list[Any]:
    with transaction() as session:
        return list(session.execute(text(sql), facts))


def sheet_of(answer: Any) -> list[list[str]]:
    assert answer.headers["content-type"].startswith("text/csv")
    assert "attachment" in answer.headers["content-disposition"]
    return list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))


def test_finance_is_not_there_for_other_roles(somebody: Somebody) -> None:
    for role in ("customer", "specialist", "agent", "administrator", "manager"):
        other = somebody(role)
        for path in (*PATHS, *SHEETS, f"/finance/top-ups/{uuid4()}", f"/finance/accounts/wallet/customer/{uuid4()}"):
            assert other.get(path).status_code == 404, (role, path)
        assert other.post("/finance/imports", {"source": "settlement"}).status_code == 404, role
        assert other.post(f"/finance/top-ups/{uuid4()}/inquiries", {}).status_code == 404, role


def test_every_page_stands_in_every_language(books: Books) -> None:
    topup, _ = books.top_up(paid=True)
    books.top_up(paid=False)
    books.take_in(settlement(("SB9999999999", 70_000)))
    account = f"/finance/accounts/wallet/customer/{books.owner}"
    for language in LANGUAGES:
        for path in (*PATHS, f"/finance/top-ups/{topup}", account):
            answer = books.finance.get(f"{path}{'&' if '?' in path else '?'}language={language}")
            assert answer.status_code == 200, (language, path)
            assert books.town.cast.named("rahima").name not in answer.text


def test_a_top_up_is_found_with_both_numbers(books: Books) -> None:
    books.top_up(paid=True)
    seen = books.finance.get("/finance/top-ups").text
    assert TXN in seen
    assert TRACKING in seen
    for typed in (TXN, TXN.lower(), TRACKING, "১২০০০০০০০০০১"):
        assert TXN in books.finance.get("/finance/top-ups", params={"number": typed}).text, typed
    assert TXN not in books.finance.get("/finance/top-ups?number=SB7").text
    assert TXN not in books.finance.get("/finance/top-ups?state=unknown").text


def test_filters_that_mean_nothing_are_left_out(books: Books) -> None:
    books.top_up(paid=True)
    for query in ("state=rich", "gateway=moon", "before=yesterday", "before=2026-01-01", "number=" + "9" * 3_000):
        assert books.finance.get(f"/finance/top-ups?{query}").status_code == 200, query


def test_the_list_goes_on_by_pages(books: Books) -> None:
    with transaction() as session:
        for number in range(53):
            topups.start(
                session, owner=uuid4(), wallet="customer", amount=Money(60_00 + number, "BDT"), gateway="sandbox",
                command=uuid4(), now=clock.now(),
            )  # fmt: skip
    first = books.finance.get("/finance/top-ups").text
    older = re.search(r'href="(/finance/top-ups\?before=[^"]+)"', first)
    assert older is not None
    second = books.finance.get(older[1].replace("&amp;", "&")).text
    shown = re.compile(r'data-row tabindex="0"><td><a href="/finance/top-ups/([0-9a-f-]{36})"')
    assert (len(shown.findall(first)), len(shown.findall(second))) == (50, 3)
    assert not set(shown.findall(first)) & set(shown.findall(second))


def test_an_unknown_top_up_is_asked_once_a_minute_and_never_declared_paid(books: Books) -> None:
    topup, attempt = books.top_up(paid=False)
    assert "Ask now" in books.finance.get("/finance/unknown").text
    before = rows("SELECT count(*) FROM outbox WHERE task = 'topups.verify'")[0][0]
    for _ in range(2):
        answer = books.finance.post(f"/finance/top-ups/{topup}/inquiries", {"attempt": str(attempt)})
        assert answer.status_code == 303
    asked = rows("SELECT count(*) FROM outbox WHERE task = 'topups.verify'")[0][0]
    assert before + 1 <= asked <= before + 2  # two when the minute changed between them
    assert rows("SELECT state FROM topup WHERE id = :id", id=topup)[0].state == "unknown"
    assert rows("SELECT count(*) FROM journal WHERE action = 'finance.asked_gateway'")[0][0] == 2
    for path in ("payment", "paid", "credit"):
        assert books.finance.post(f"/finance/top-ups/{topup}/{path}", {}).status_code in (404, 405)


def test_a_try_of_another_top_up_is_not_asked_about(books: Books) -> None:
    topup, _ = books.top_up(paid=False)
    _, other = books.top_up(2_000, paid=False)
    before = rows("SELECT count(*) FROM outbox")[0][0]
    for attempt in (str(other), str(uuid4()), "", "x" * 500):
        assert books.finance.post(f"/finance/top-ups/{topup}/inquiries", {"attempt": attempt}).status_code == 404
    assert rows("SELECT count(*) FROM outbox")[0][0] == before
    assert books.finance.get(f"/finance/top-ups/{uuid4()}").status_code == 404


def test_a_paid_one_is_not_asked_again(books: Books) -> None:
    topup, attempt = books.top_up(paid=True)
    before = rows("SELECT count(*) FROM outbox WHERE task = 'topups.verify'")[0][0]
    books.finance.post(f"/finance/top-ups/{topup}/inquiries", {"attempt": str(attempt)})
    assert rows("SELECT count(*) FROM outbox WHERE task = 'topups.verify'")[0][0] == before


# Files


def test_a_file_is_shown_then_taken_in_and_the_second_time_brings_nothing(books: Books) -> None:
    books.top_up(paid=True)
    body = settlement((TXN, 150_000))
    seen = books.preview(body)
    assert seen.status_code == 200
    assert f"{TXN}-P" in seen.text
    assert rows("SELECT count(*) FROM statement_file")[0][0] == 0
    first = books.take_in(body)
    assert first.status_code == 303
    assert "1 of 1 lines were new. 1 found their partner." in plain(books.finance.get(first.headers["location"]).text)
    second = books.take_in(body)
    assert "0 new" in plain(books.finance.get(second.headers["location"]).text)
    assert rows("SELECT count(*) FROM statement_line")[0][0] == 1
    deposit = statement((f"BK-{BATCH}", 147_000, f"Settlement {BATCH}"))
    assert books.take_in(deposit, source="statement").status_code == 303
    listed = books.finance.get("/finance/top-ups").text
    assert "in the report" in listed
    assert "at the bank" in listed
    assert "Yes. Every line is explained" in books.finance.get("/finance").text


def plain(page: str) -> str:
    """The words of a page without marks and isolates."""
    return re.sub(r"<[^>]+>|[\u2066-\u2069]", "", page)


def test_two_sent_at_once_are_one(books: Books) -> None:
    seen = books.preview(settlement(("SB9999999999", 70_000)))
    taking = re.search(r'action="(/finance/imports/[^"]+/taking)"', seen.text)
    assert taking is not None
    assert [books.finance.post(taking[1], {}).status_code for _ in range(2)] == [303, 303]
    assert rows("SELECT count(*) FROM statement_file")[0][0] == 1


def test_a_bad_file_is_refused_with_line_and_column(books: Books) -> None:
    good = settlement((TXN, 150_000), ("SB0000000002", 70_000)).decode()
    heading, first, second, *rest = good.split("\r\n")

    def second_with(column: str, value: str) -> bytes:
        cells = second.split(",")
        cells[heading.split(",").index(column)] = value
        return "\r\n".join([heading, first, ",".join(cells), *rest]).encode()

    wrong = [
        (second_with("gross", "12x"), "Line 3, column gross: this is not an amount"),
        (second_with("gross", "1.234"), "Line 3, column gross: this is not an amount"),
        (second_with("net", "1.00"), "Line 3, column net: gross less fee is not net"),
        (second_with("transaction", "=cmd()"), "Line 3, column transaction: the value is not of the right shape"),
        (second_with("booked", "2026-02-30"), "Line 3, column booked: this day does not exist"),
        (second_with("kind", "gift"), "Line 3, column kind: the value is not of the right shape"),
        ("\r\n".join([heading, first, second + ",more", *rest]).encode(), "Line 3: the row is longer"),
        (settlement((TXN, 150_000), total_off=1), "a batch does not add up"),
        (b"\xff\xfe\x00", "its letters are coded in another way"),
        (heading.encode(), "there is no line in it"),
    ]
    for body, said in wrong:
        answer = books.preview(body)
        assert answer.status_code == 422, said
        assert said in plain(answer.text), (said, plain(answer.text)[-3000:])
        assert 'id="file-error"' in answer.text
    stated = statement((f"BK-{BATCH}", 147_000, "x"), closing_off=1)
    assert "do not make the closing balance" in plain(books.preview(stated, source="statement").text)
    swapped = books.preview(settlement((TXN, 1_000)), source="statement")
    assert "make a profile for it" in plain(swapped.text)
    assert rows("SELECT count(*) FROM statement_file")[0][0] == 0


def test_faults_of_a_file_are_told_in_the_readers_language(books: Books) -> None:
    body = settlement((TXN, 150_000)).replace(b"payment", b"gift")
    for language in ("bn", "fa", "ar"):
        books.finance.get(f"/finance?language={language}")
        assert books.preview(body).status_code == 422


def test_a_form_without_its_parts_is_refused_and_keeps_the_rest(books: Books) -> None:
    body = settlement((TXN, 150_000))
    for source, gateway, file, field in (
        ("", "sandbox", body, "source"), ("gift", "sandbox", body, "source"), ("settlement", "moon", body, "gateway"),
        ("settlement", "", body, "gateway"), ("settlement", "sandbox", b"", "file"),
    ):  # fmt: skip
        answer = books.preview(file, source=source, gateway=gateway)
        assert answer.status_code == 422, field
        assert f'href="#{field}"' in answer.text
    without = books.finance.post("/finance/imports", {"source": "settlement", "gateway": "sandbox"})
    assert without.status_code in (400, 422)
    assert books.finance.post(f"/finance/imports/{uuid4()}/taking", {}).status_code == 404
    assert rows("SELECT count(*) FROM statement_file")[0][0] == 0


def test_a_missing_statement_between_two_is_told(books: Books) -> None:
    one = statement(("BK-1AAAA", 1_000, ""))
    assert books.take_in(one, source="statement").status_code == 303
    later = statement(("BK-2AAAA", 1_000, ""), opening=5_000).replace(DAY.encode(), b"2026-11-23")
    answer = books.take_in(later, source="statement")
    assert answer.status_code == 409
    assert rows("SELECT count(*) FROM statement_file")[0][0] == 1


def test_card_columns_of_a_file_are_nowhere_afterwards(books: Books) -> None:
    body = settlement((TXN, 150_000), extra={"masked_pan": "411111******1111", "card": "4111111111111111"})
    seen = books.preview(body)
    assert seen.status_code == 200
    assert books.take_in(body).status_code == 303
    kept = rows("SELECT l::text AS line FROM statement_line l")
    assert not any("4111" in each.line for each in kept)


def test_what_is_left_over_has_an_owner_and_a_next_act(books: Books) -> None:
    books.take_in(settlement(("SB9999999999", 70_000)))
    seen = plain(books.finance.get("/finance/exceptions").text)
    assert "not ours" in seen
    assert "you" in seen
    assert "All but 1 line" in plain(books.finance.get("/finance").text)
    assert books.finance.post("/finance/matches").status_code == 303
    for kind in ("foreign", "amount", "nonsense", ""):
        assert books.finance.get(f"/finance/exceptions?kind={kind}").status_code == 200
    table = sheet_of(books.finance.get("/finance/exceptions.csv"))
    assert table[1][0] == "foreign"
    assert table[1][4] == "SB9999999999"
    for query, many in (("owner=me", 1), ("owner=nobody", 0), ("kind=amount", 0), ("number=SB9999999999", 1)):
        assert len(sheet_of(books.finance.get(f"/finance/exceptions.csv?{query}"))) == 1 + many, query


# The books


def test_the_trial_balance_sums_to_nothing_now_and_then(books: Books) -> None:
    before = clock.now()
    books.top_up(paid=True)
    seen = books.finance.get("/finance/trial-balance").text
    assert "The books agree" in seen
    table = sheet_of(books.finance.get("/finance/trial-balance.csv"))
    assert sum(round(float(row[3]) * 100) for row in table[1:]) == 0
    wallet = next(row for row in table if row[0] == "wallet")
    assert (wallet[2], wallet[3]) == (str(books.owner), "1500.00")
    past = books.finance.get("/finance/trial-balance", params={"day": before.strftime("%d/%m/%Y"), "time": "00:00"})
    assert past.status_code == 200
    assert "Nothing had moved" in past.text


def test_a_moment_that_is_none_is_refused_beside_its_field(books: Books) -> None:
    wrong = [({"day": day}, "day") for day in ("tomorrow", "32/01/2026", "9" * 500)]
    wrong += [({"day": "21/11/2026", "time": typed}, "time") for typed in ("25:00", "12:99", "noon", "-1:00", "1" * 99)]
    for query, field in wrong:
        answer = books.finance.get("/finance/trial-balance", params=query)
        assert answer.status_code == 422, query
        assert f'id="{field}-error"' in answer.text
        assert books.finance.get("/finance/trial-balance.csv", params=query).status_code == 404
    assert books.finance.get("/finance/trial-balance?currency=XXX&kind=moon").status_code == 200


def test_the_history_of_an_account_is_told_by_pseudonym(books: Books) -> None:
    books.top_up(paid=True)
    path = f"/finance/accounts/wallet/customer/{books.owner}"
    seen = books.finance.get(path)
    assert "Top-up" in seen.text
    assert books.town.cast.named("rahima").name not in seen.text
    assert sheet_of(books.finance.get(f"{path}/history.csv"))[1][2] == "topup"
    clearing = rows("SELECT owner_id FROM ledger.account WHERE kind = 'clearing'")[0].owner_id
    assert books.finance.get(f"/finance/accounts/clearing/gateway/{clearing}").status_code == 200
    for wrong in (
        f"moon/customer/{books.owner}",
        f"wallet/moon/{books.owner}",
        f"wallet/customer/{uuid4()}",
        "wallet/customer/x",
    ):
        assert books.finance.get(f"/finance/accounts/{wrong}").status_code == 404, wrong
    assert books.finance.get(f"{path}?before=9999999999999999999999").status_code == 200
    assert books.finance.get(f"{path}?currency=USD").status_code == 404


def test_a_looked_at_page_changes_nothing(books: Books) -> None:
    books.top_up(paid=True)
    counted = "SELECT (SELECT count(*) FROM journal), (SELECT count(*) FROM outbox), (SELECT count(*) FROM disclosure)"
    before = tuple(rows(counted)[0])
    for path in (*PATHS, *SHEETS):
        assert books.finance.get(path).status_code == 200
    assert tuple(rows(counted)[0]) == before


@pytest.mark.parametrize("text", ["=1+1", "+1", "-cmd|x", "@SUM(A1)", "\t=1", "\r=1", "＝1", "-"])
def test_a_cell_that_looks_like_a_formula_is_made_harmless(text: str) -> None:
    (cell,) = next(csv.reader(io.StringIO(as_csv([text], []), newline="")))
    assert cell == f"'{text}"


def test_figures_and_words_stay_as_they_are() -> None:
    row: list[Cell] = [
        Money(-150, "BDT"),
        Money(5, "KWD"),
        Money(7, "IRR"),
        -3,
        None,
        'a "quoted", text',
        "plain",
        date(2026, 11, 21),
    ]
    (read,) = list(csv.reader(io.StringIO(as_csv(["a"], [row]))))[1:]
    assert read == ["-1.50", "0.005", "7", "-3", "", 'a "quoted", text', "plain", "2026-11-21"]
