"""The day of finance in Chromium: three files in, what is left over worked by keys, the day signed and printed."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Final
from uuid import uuid4

import pytest
from playwright.sync_api import Browser

from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.ids import uuid7
from marketplace.foundation.money import Money
from payments import audits
from payments.gateways.protocol import Refs, Verdict
from payments.gateways.rules import Outcome
from payments.gateways.sandbox import OUR_TERMINAL
from payments.ledger import actions as ledger
from payments.ledger.rules import Leg, PeriodLocked
from payments.reconciliation import queries as reconciliation
from payments.reconciliation.booking import bank_account, bank_suspense
from payments.topups import actions as topups
from payments.topups import queries as topup_queries
from tests.journeys.browsing import DESK, PHONE, Someone, chromium, opens
from tests.journeys.live import Live, living
from tests.journeys.test_pages_axe import AXE, faults
from web.bank.reports import SETTLEMENT, STATEMENT
from web.bank.rules import in_major_units

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ACCOUNT: Final = f"{OUR_TERMINAL}-BDT"
TAKA: Final = 100


@dataclass
class Day:
    """Yesterday, as the gateway and the bank tell it."""

    live: Live
    folder: Path
    on: date
    report: list[dict[str, str]] = field(default_factory=list)
    net: int = 0
    fees: int = 0

    @property
    def noon(self) -> datetime:
        return datetime.combine(self.on, time(6), UTC)

    @property
    def batch(self) -> str:
        return f"B{self.on:%Y%m%d}-BDT-{OUR_TERMINAL}"

    def tops_up(self, taka: int, txn: str) -> str:
        """A top-up of Rahima's, credited yesterday; without a number it was never heard of again. Our order number."""
        with transaction() as session:
            made = topups.start(
                session, owner=self.live.cast.named("rahima").id, wallet="customer", amount=Money(taka * TAKA, "BDT"),
                gateway="sandbox", command=uuid4(), now=self.noon,
            )  # fmt: skip
            topups.record_not_started(session, made.attempt, now=self.noon)
        with transaction() as session:
            ours = topup_queries.question(session, made.attempt).refs.ours
            if txn:
                refs = Refs(ours, txn=txn, bank=f"{int(txn[2:]):012d}", trace="123456", terminal=OUR_TERMINAL)
                verdict = Verdict(
                    Outcome.PAID, refs, amount=Money(taka * TAKA, "BDT"), at=self.noon, financial_day=self.on,
                    live=False, final=True,
                )  # fmt: skip
                topups.apply_verdict(session, made.attempt, verdict, now=self.noon)
        return ours

    def reports(self, taka: int, fee: int, txn: str = "", **more: str) -> None:
        """A line of the gateway's report; its fee in taka as well."""
        gross, kept = Money(taka * TAKA, "BDT"), Money(fee * TAKA, "BDT")
        self.net += (gross - kept).minor
        self.fees += kept.minor
        key = f"{self.on:%m%d}-LINE-{len(self.report)}"
        self.report.append(
            {"type": "LINE", "batch": self.batch, "key": key, "kind": "payment", "transaction": txn,
             "terminal": OUR_TERMINAL, "booked": self.on.isoformat(), "currency": "BDT"} | _amounts(gross, kept) | more
        )  # fmt: skip

    def report_file(self) -> Path:
        total = _amounts(Money(self.net + self.fees, "BDT"), Money(self.fees, "BDT"))
        last = {"type": "TOTAL", "batch": self.batch, "booked": self.on.isoformat(), "currency": "BDT"} | total
        return self._file(f"report-{self.on}.csv", SETTLEMENT, [*self.report, last])

    def statement_file(self, *deposits: tuple[str, int, str]) -> Path:
        """The bank's statement of the day; each deposit with its reference, minor units and text."""
        shown = {"account": ACCOUNT, "booked": self.on.isoformat(), "value": self.on.isoformat(), "currency": "BDT"}
        closing = sum(minor for _, minor, _ in deposits)
        rows = [shown | {"type": "OPENING", "amount": "0.00"}]
        rows += [shown | {"type": "LINE", "reference": reference, "amount": in_major_units(Money(minor, "BDT")),
                          "text": text} for reference, minor, text in deposits]  # fmt: skip
        rows.append(shown | {"type": "CLOSING", "amount": in_major_units(Money(closing, "BDT"))})
        return self._file(f"statement-{self.on}.csv", STATEMENT, rows)

    def _file(self, name: str, heads: tuple[str, ...], rows: list[dict[str, str]]) -> Path:
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, heads, restval="")
        writer.writeheader()
        writer.writerows(rows)
        found = self.folder / name
        found.write_text(text.getvalue())
        return found


def _amounts(gross: Money, fee: Money) -> dict[str, str]:
    return {"gross": in_major_units(gross), "fee": in_major_units(fee), "net": in_major_units(gross - fee)}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as launched:
        yield launched


def test_finance_closes_its_day_by_keys(browser: Browser, town_template: tuple[str, str], tmp_path: Path) -> None:
    """One test, for each step begins where the one before has ended; the failing step names itself in the trace."""
    with living("dhaka", tmp_path, town_template) as live:
        today = clock.now().astimezone(live.time_zone).date()
        day, before, long_ago = (Day(live, tmp_path, today - timedelta(days=ago)) for ago in (1, 2, 9))
        files = a_day_with_something_of_every_kind(day, before, long_ago)
        with opens(browser, live, "en", width=DESK, person=live.cast.named("finance").id) as one:
            one.context.add_cookies([{"name": "language", "value": "en.auto", "url": live.url}])
            for source, file in files:
                takes_in(one, source, file)
            accepts_what_is_suggested_by_keys_and_undoes_it_once(one)
            matches_by_hand(one)
            settles_each_kind(one)
            signs_the_day(one, day)
            nothing_comes_in_behind_the_lock(day)
            prints_the_report(one, day)
            looks_right(one, day)
        on_a_phone(browser, live, day)


def a_day_with_something_of_every_kind(day: Day, before: Day, long_ago: Day) -> list[tuple[str, Path]]:
    long_ago.tops_up(410, "SB0000000021")
    before.tops_up(900, "SB0000000009")
    before.reports(900, 18, "SB0000000009")
    day.tops_up(1_500, "SB0000000001")
    day.reports(1_500, 30, "SB0000000001")
    day.tops_up(700, "SB0000000002")
    day.reports(705, 14, "SB0000000002")
    day.reports(1_500, 30, "SB0000000001")
    day.tops_up(300, "SB0000000004")
    day.reports(60, 1, "SB0000000099")
    day.tops_up(480, "SB0000000031")
    day.reports(480, 9, "SB0000000098")
    for taka, txn in ((820, "SB0000000011"), (930, "SB0000000012")):
        day.tops_up(taka, txn)
        day.reports(taka, 16)
    order = day.tops_up(650, "")
    day.reports(650, 13, "SB0000000006", order=order)
    day.reports(-40, 0, "SB0000000001", kind="refund")
    day.reports(0, 12, kind="fee")
    statement = day.statement_file(
        ("DEPOSIT-1", before.net, f"SETTLEMENT {before.batch}"), ("DEPOSIT-2", day.net, f"SETTLEMENT {day.batch}"),
        ("DEPOSIT-3", 55_00, f"SETTLEMENT B20200101-BDT-{OUR_TERMINAL}"),
    )  # fmt: skip
    return [("settlement", before.report_file()), ("settlement", day.report_file()), ("statement", statement)]


def takes_in(one: Someone, source: str, file: Path) -> None:
    one.goes("/finance/imports")
    one.chooses("source", source)
    one.page.locator('input[name="file"]').set_input_files(file)
    one.presses("#import button.button-main")
    assert one.path != "/finance/imports", one.sees
    one.page.wait_for_selector("#take")
    one.presses("#take button")
    one.page.wait_for_selector(".notice")


def accepts_what_is_suggested_by_keys_and_undoes_it_once(one: Someone) -> None:
    """What was undone is not suggested again, so the second time it is the other line."""
    one.goes("/finance/exceptions")
    for turn in ("first", "again"):
        stands_on(one, "suggested")
        one.page.keyboard.press("x")
        assert "Chosen: 1" in one.page.locator("[data-chosen]").inner_text()
        with one.page.expect_navigation():
            one.page.keyboard.press("a")
        assert "accepted" in one.sees
        if turn == "first":
            with one.page.expect_navigation():
                one.page.keyboard.press("u")
            assert "undone" in one.sees
            one.goes("/finance/exceptions")


def stands_on(one: Someone, words: str) -> None:
    """Go down the list by its key until the row says this."""
    one.page.evaluate("sessionStorage.clear(); document.activeElement.blur()")
    for _ in range(30):
        one.page.keyboard.press("j")
        if words in str(one.page.evaluate("document.activeElement.innerText")):
            return
    raise AssertionError(f"no row says {words}: {one.sees}")


def matches_by_hand(one: Someone) -> None:
    """A line and the top-up that it is, with both sums before one's eyes."""
    one.goes("/finance/exceptions")
    for number in ("SB0000000098", "SB0000000031"):
        stands_on(one, number)
        one.page.keyboard.press("x")
    with one.page.expect_navigation():
        one.page.keyboard.press("h")
    one.page.keyboard.press("j")
    for seen in ("agrees", "cannot be said"):
        one.page.wait_for_selector(f"#sums:has-text('{seen}')")
        one.page.keyboard.press("x")
    one.page.wait_for_selector("#sums:has-text('agrees')")
    with one.page.expect_navigation():
        one.page.keyboard.press("a")
    assert "matched" in one.sees


def settles_each_kind(one: Someone) -> None:
    """Each kind by its own way out; what was paid and never credited is asked about, and stays with an owner."""
    for kind, way in (
        ("another amount", "credit"), ("the same once more", "return"), ("credited, not paid", "write_off"),
        ("not ours", "write_off"), ("taken back", "write_off"), ("unknown fee", "accept"),
        ("batch and deposit apart", "write_off"), ("overdue", "write_off"),
    ):  # fmt: skip
        one.goes("/finance/exceptions")
        stands_on(one, kind)
        with one.page.expect_navigation():
            one.page.keyboard.press("Enter")
        one.chooses("how", way)
        one.types("reason", "Looked at with the gateway")
        one.presses('form[action$="/solutions"] button')
        assert "Settled." in one.sees, (kind, one.sees)
    one.goes("/finance/exceptions")
    stands_on(one, "paid, not credited")
    with one.page.expect_navigation():
        one.page.keyboard.press("Enter")
    with one.page.expect_navigation():
        one.page.keyboard.press("g")
    assert "the gateway was asked" in one.sees


def signs_the_day(one: Someone, day: Day) -> None:
    """Bank, gateway, what is in between, and at last all books; the second step waits for whoever still writes."""
    one.goes("/finance")
    with one.page.expect_navigation():
        one.page.keyboard.press("c")
    assert one.path == f"/finance/days/{day.on.isoformat()}"
    for _ in range(8):
        button = 'form[action="/finance/sign-offs"] button'
        if one.page.locator(button).count() == 0:
            break
        one.presses(button)
        for _ in range(40):
            if "being signed" not in one.sees:
                break
            one.page.wait_for_timeout(250)
            one.page.reload()
    assert one.page.locator(".closing .tone-leaf").count() == one.page.locator(".closing").count(), one.sees
    assert one.sees.count("Signed by") == one.page.locator(".closing").count()


def nothing_comes_in_behind_the_lock(day: Day) -> None:
    with pytest.raises(PeriodLocked):
        posts(day)
    with transaction() as session:
        figures = audits.figures(session, now=clock.now())
    assert {name: count for name, count in figures.items() if count and name[:2] in ("12", "16", "17")} == {}


def posts(day: Day) -> None:
    with transaction() as session:
        bank, stands = (ledger.open_account(session, name(ACCOUNT, "BDT")) for name in (bank_account, bank_suspense))
        legs = (Leg(bank, Money(-1, "BDT")), Leg(stands, Money(1, "BDT")))
        ledger.post(session, uuid7(), "bank_suspense", legs, now=clock.now(), effective_at=day.noon)


def prints_the_report(one: Someone, day: Day) -> None:
    one.page.emulate_media(media="print")
    assert one.page.locator(".rail").is_hidden()
    assert one.page.locator("h1").is_visible()
    one.page.emulate_media(media="screen")
    answer = one.context.request.get(f"{one.live.url}/finance/days/{day.on.isoformat()}/pdf")
    assert answer.body().startswith(b"%PDF")


def looks_right(one: Someone, day: Day) -> None:
    axe = AXE.read_text("utf-8") if AXE.is_file() else ""
    wrong = []
    for path in pages(day):
        one.goes(path)
        one.page.evaluate(axe)
        wrong += [f"{path}: {each}" for each in (faults(one, "en") if axe else [])]
    assert wrong == []


def on_a_phone(browser: Browser, live: Live, day: Day) -> None:
    """Nothing has to be scrolled sideways by night, in the widest script and from right to left."""
    for language in ("bn", "fa"):
        with opens(browser, live, language, width=PHONE, person=live.cast.named("finance").id, dark=True) as one:
            one.context.add_cookies([{"name": "language", "value": f"{language}.auto", "url": live.url}])
            for path in pages(day):
                one.goes(path)
                one.fits()


def pages(day: Day) -> tuple[str, ...]:
    """With the pages of what is still left over."""
    with transaction() as session:
        still = reconciliation.left_over(session, now=clock.now(), limit=1)[0].id
    return (
        "/finance", "/finance/exceptions", f"/finance/exceptions/{still}", f"/finance/exceptions/{still}/owner",
        f"/finance/matching?chosen={still}", "/finance/days", f"/finance/days/{day.on.isoformat()}",
    )  # fmt: skip
