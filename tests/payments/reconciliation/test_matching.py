"""What the passes find, dare and leave over; and that the order, overlap and repetition of files change nothing."""

import random
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.orm import Session

from marketplace.foundation.ids import uuid7
from payments import audits
from payments.reconciliation import queries
from payments.reconciliation.rules import Kind, contract_fee, parts_of
from payments.reconciliation.tables import GatewayTerms
from tests.payments.reconciliation.planted import DAY, FINANCE, GATEWAY, NOW, Book, Line, later

ROLLED_BACK = [HealthCheck.function_scoped_fixture]


@pytest.fixture
def book(session: Session) -> Book:
    """Nothing planted yet."""
    return Book(session)


def test_each_rule_finds_its_own(book: Book) -> None:
    for name, minor, bank in (("A", 100, None), ("B", 200, "770"), ("C", 300, None), ("D", 400, None)):
        book.tops_up(name, minor, bank=bank)
    found = book.reports(
        Line("1", 100, txn="A"), Line("2", 200, bank="770"), Line("3", 300, ours="ours-C"), Line("4", 400),
    )  # fmt: skip
    assert (found.lines, found.suggestions) == (3, 1)
    codes = book.session.scalars(text(
        "SELECT r.code FROM match_item m JOIN match_set s ON s.id = m.match_set JOIN match_rule r ON r.id = s.rule"
        " JOIN statement_line l ON l.id = m.line ORDER BY l.line_key"))  # fmt: skip
    assert list(codes) == ["exact_transaction", "exact_tracking", "exact_order"]
    (suggested,) = queries.suggestions(book.session, gateway=GATEWAY)
    assert (suggested.attempts, suggested.reason.value) == ((book.attempts["D"],), "same_amount_near_day")
    assert book.kinds() == [("credited_not_paid", "D"), ("foreign", "4")]


@pytest.mark.parametrize(
    ("lines", "kinds"),
    [
        ([Line("1", 100, txn="A"), Line("2", 100, txn="A")], [("duplicate", "2")]),
        ([Line("1", 99, txn="A")], [("amount", "1")]),
        ([Line("1", 100, txn="A", currency="QAR")], [("amount", "1")]),
        ([Line("1", 100, txn="A"), Line("2", -100, txn="A", reversal=True)], [("reversed", "2")]),
        ([Line("1", 100, txn="A"), Line("2", -40, kind="refund", txn="A")], [("reversed", "2")]),
        ([Line("1", 100, txn="A"), Line("2", 100, txn="Z")], [("foreign", "2")]),
        ([Line("1", 100, txn="A"), Line("2", 5, kind="fee")], [("unknown_fee", "2")]),
        ([Line("1", 100, txn="A", booked=later(9))], []),
        ([], [("credited_not_paid", "A")]),
        ([Line("1", 100, txn="A"), Line("2", 70, ours="ours-P")], [("paid_not_credited", "2")]),
        ([Line("1", 40, txn="A"), Line("2", 60, txn="A")], [("amount", "1"), ("amount", "2")]),
        ([Line("1", 100, booked=later(4))], [("credited_not_paid", "A"), ("foreign", "1")]),
        ([Line("1", 100, txn="A"), Line("2", 50, txn="Z"), Line("3", -50, txn="Z", reversal=True)], []),
    ],
)
def test_a_difference_is_one_exception_of_its_kind(book: Book, lines: list[Line], kinds: list[tuple[str, str]]) -> None:
    book.tops_up("A", 100)
    book.tops_up("P", 70, state="pending")
    book.reports(*lines, days=[DAY])
    assert book.kinds() == kinds


def test_a_fee_is_held_against_the_contract_of_its_day(book: Book) -> None:
    for first, share in ((DAY, 20_000), (later(1), 30_000)):
        book.session.add(
            GatewayTerms(
                id=uuid7(), gateway=GATEWAY, currency="BDT", valid_from=first, parts_per_million=share, fixed=1,
                settles_days=3, made_at=NOW, made_by=FINANCE,
            )
        )  # fmt: skip
    for name in "ABC":
        book.tops_up(name, 1_000)
    book.reports(
        Line("1", 1_000, fee=21, txn="A"), Line("2", 1_000, fee=31, txn="B", booked=later(1)),
        Line("3", 1_000, fee=30, txn="C"),
    )  # fmt: skip
    assert book.kinds() == [("unknown_fee", "3")]
    assert queries.left_over(book.session, now=NOW)[0].value.minor == 9
    assert book.balances()["gateway_fees"] == -82


def test_a_batch_and_its_deposit_bring_the_clearing_account_to_zero(book: Book) -> None:
    for name, minor in (("A", 1_000), ("B", 500), ("C", 300)):
        book.tops_up(name, minor)
    book.states(Line("D1", 1_470, batch="X"), Line("D2", 295, batch="Y"), Line("D3", 7))
    book.reports(
        Line("1", 1_000, fee=20, txn="A", batch="X"), Line("2", 500, fee=10, txn="B", batch="X"),
        Line("3", 300, fee=4, txn="C", batch="Y"),
    )  # fmt: skip
    assert book.kinds() == [("amount", "D2"), ("foreign", "D3")]
    assert book.balances() == {
        "bank": -1_772, "clearing": -296, "gateway_fees": -34, "suspense": 302, "wallet": 1_800,
    }  # fmt: skip
    assert {name: many for name, many in audits.figures(book.session, now=NOW).items() if many} == {}


def test_a_deposit_in_two_parts_and_one_for_two_batches_are_suggested(book: Book) -> None:
    batches = (("A", 1_000, "X"), ("B", 600, "Y"), ("C", 400, "Z"))
    for name, minor, _ in batches:
        book.tops_up(name, minor)
    book.reports(*(Line(name, minor, txn=name, batch=batch) for name, minor, batch in batches))
    found = book.states(
        Line("D1", 700, batch="X", booked=later(1)), Line("D2", 300, batch="X", booked=later(2)),
        Line("D3", 1_000, booked=later(1)),
    )  # fmt: skip
    assert found.suggestions == 2
    reasons = {each.reason.value for each in queries.suggestions(book.session)}
    assert reasons == {"parts_of_one_batch", "several_batches_in_one"}


WORLD = [
    *(Line(f"{n}", 1_000 + n, fee=20, txn=f"T{n}", batch=f"B{n % 3}") for n in range(8)),
    Line("twice", 1_001, fee=20, txn="T1", batch="B1", booked=later(1)), Line("off", 777, txn="T8", batch="B0"),
    Line("bare", 2_000, booked=later(2)), Line("strange", 5, txn="ZZ"), Line("part-1", 900, txn="T10"),
    Line("part-2", 110, txn="T10"), Line("back", -1_002, txn="T2", reversal=True),
]  # fmt: skip
BANK = [
    Line("d0", 1_000 + 1_003 + 1_006 - 60 + 777, batch="B0", booked=later(1)), Line("d1", 5, batch="B1"), Line("d2", 9),
]  # fmt: skip


@given(st.data())
@settings(max_examples=5, suppress_health_check=ROLLED_BACK)
def test_order_overlap_and_repetition_change_nothing(session: Session, data: st.DataObject) -> None:
    cuts = data.draw(st.lists(st.sets(st.sampled_from(range(len(WORLD)))), min_size=1, max_size=3))
    rest = set(range(len(WORLD))) - {n for cut in cuts for n in cut}
    files: list[Callable[[Book], object]] = [_reporting([WORLD[n] for n in sorted(cut)]) for cut in (*cuts, rest)]
    files += [_stating(BANK), _stating(BANK[:2])]
    asked = data.draw(st.permutations(files + files[:1]))
    assert _told(session, asked) == _told(session, [_reporting(WORLD), _stating(BANK)])


def _reporting(lines: list[Line]) -> Callable[[Book], object]:
    return lambda book: book.reports(*lines, days=[DAY, later(2)])


def _stating(lines: list[Line]) -> Callable[[Book], object]:
    return lambda book: book.states(*lines)


def _told(session: Session, files: list[Callable[[Book], object]]) -> tuple[object, ...]:
    around = session.begin_nested()
    book = Book(session)
    for n in (*range(10), 11):
        book.tops_up(f"T{n}", 2_000 if n == 9 else 1_000 + n)
    book.tops_up("T10", 1_010)
    for each in files:
        each(book)
    found = book.outcome()
    around.rollback()
    return found


def test_a_thousand_differences_are_found_and_no_other(book: Book) -> None:
    chosen = random.Random(4)
    kinds = ("amount", "duplicate", "foreign", "credited_not_paid", "reversed", "unknown_fee", "paid_not_credited")
    planted: list[tuple[str, str]] = []
    lines: list[Line] = []
    for n in range(2_000):
        name, minor = f"N{n:04}", chosen.randrange(1_000, 9_000_000)
        kind = kinds[n % len(kinds)] if n % 2 else None
        state = "pending" if kind == "paid_not_credited" else "paid"
        _plant(book.session, name, minor, state)
        line = Line(name, minor, fee=contract_fee(minor, 20_000, 0), txn=name, ours=f"ours-{name}", batch="B")
        told, differences = _with_difference(kind, line)
        lines += told
        planted += differences
    book.session.add(
        GatewayTerms(
            id=uuid7(), gateway=GATEWAY, currency="BDT", valid_from=DAY, parts_per_million=20_000, fixed=0,
            settles_days=30, made_at=NOW, made_by=FINANCE,
        )
    )  # fmt: skip
    book.session.flush()
    book.reports(*lines)
    assert len(planted) == 1_000
    assert book.kinds() == sorted(planted)
    assert sum(queries.counts_of_kinds(book.session).values()) == 1_000
    _every_page_goes_on_where_the_last_one_ended(book)


def _every_page_goes_on_where_the_last_one_ended(book: Book) -> None:
    """Opened over forty days and with the same amounts again and again, all of them and those of a kind."""
    book.session.execute(
        text("UPDATE recon_exception e SET value = sign(value) * (100 + n % 90), opened_at = :now - n % 40 * interval"
             " '23 hours' FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM recon_exception) x"
             " WHERE x.id = e.id"), {"now": NOW},
    )  # fmt: skip
    everything = queries.left_over(book.session, now=NOW, limit=1)
    for kind, limit in ((None, 37), (Kind.AMOUNT, 19)):
        seen: list[queries.LeftOver] = []
        while page := queries.left_over(book.session, now=NOW, kind=kind, after=_end(seen), limit=limit):
            seen += page
        asked = text("SELECT id FROM recon_exception WHERE kind = :kind OR CAST(:kind AS text) IS NULL")
        many = book.session.scalars(asked, {"kind": kind}).all()
        assert {each.id for each in seen} == set(many)
        assert seen == sorted(seen, key=lambda each: (-each.urgency, each.id))
        assert len(seen) == len(many)
        assert kind or seen[0] == everything[0]


def _end(seen: list[queries.LeftOver]) -> queries.Place | None:
    return None if not seen else queries.Place(seen[-1].urgency, seen[-1].id, NOW)


def _with_difference(kind: str | None, line: Line) -> tuple[list[Line], list[tuple[str, str]]]:
    """The lines of one payment, and its difference, if it has one."""
    second = replace(line, key=f"{line.key}-2", ours=None, fee=0, booked=later(1))
    match kind:
        case "amount":
            return [replace(line, gross=line.gross + 1)], [(kind, line.key)]
        case "unknown_fee":
            return [replace(line, fee=line.fee + 1)], [(kind, line.key)]
        case "credited_not_paid":
            return [], [(kind, line.key)]
        case "duplicate":
            return [line, second], [(kind, second.key)]
        case "reversed":
            return [line, replace(second, gross=-line.gross, reversal=True)], [(kind, second.key)]
        case "foreign":
            return [line, replace(second, txn=f"not-{line.key}")], [(kind, second.key)]
    return [line], [] if kind is None else [(kind, line.key)]


def _plant(session: Session, name: str, minor: int, state: str) -> None:
    asked = """
        WITH t AS (
            INSERT INTO topup (id, owner, wallet, amount, currency, state, created_at, paid_at, expires_at)
            VALUES (gen_random_uuid(), gen_random_uuid(), 'customer', :amount, 'BDT', :state, :now, :now, :now)
            RETURNING id)
        INSERT INTO topup_attempt (id, topup, gateway, state, txn, ours, started_at, paid_at, financial_day)
        SELECT id, id, :gateway, :state, CASE :state WHEN 'paid' THEN :name END, 'ours-' || :name, :now, :now,
               :day FROM t"""
    facts = {"amount": minor, "state": state, "now": NOW, "gateway": GATEWAY, "name": name, "day": DAY}
    session.execute(text(asked), facts)


@given(st.lists(st.integers(1, 40), min_size=1, max_size=9), st.integers(1, 120))
def test_parts_are_the_one_choice_that_makes_the_sum(amounts: list[int], target: int) -> None:
    every = [tuple(place for place in range(len(amounts)) if mask >> place & 1) for mask in range(1, 1 << len(amounts))]
    fitting = [places for places in every if sum(amounts[place] for place in places) == target]
    assert parts_of(target, amounts) == (fitting[0] if len(fitting) == 1 else None)


@given(st.integers(-(10**9), 10**9), st.integers(0, 1_000_000), st.integers(0, 5_000))
@settings(max_examples=60, suppress_health_check=ROLLED_BACK)
def test_a_fee_is_the_same_in_the_database(session: Session, gross: int, share: int, fixed: int) -> None:
    asked = text("SELECT contract_fee(CAST(:gross AS bigint), CAST(:share AS int), CAST(:fixed AS bigint))")
    assert session.scalar(asked, {"gross": gross, "share": share, "fixed": fixed}) == contract_fee(gross, share, fixed)


def test_the_kinds_are_those_of_the_design() -> None:
    assert {kind.value for kind in Kind} == {
        "paid_not_credited", "credited_not_paid", "amount", "duplicate", "late", "unknown_fee", "reversed",
        "missing_batch", "foreign",
    }  # fmt: skip
