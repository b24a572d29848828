"""A file is taken in once, a line once: in whatever order, overlap and repetition files come, the same lines stand."""

import random
from collections.abc import Callable
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.orm import Session

from marketplace.foundation import clock
from marketplace.foundation.ids import uuid7
from payments.statements import actions
from payments.statements.mapping import Mapping
from payments.statements.readers import How, in_memory
from payments.statements.rules import BalanceGap, FileNotUnderstood, LineChanged, Source
from tests.payments.gateways.reports import settlement
from tests.payments.statements import writing
from tests.payments.statements.writing import BY_COLUMNS, Move, Told

DAY, BY = date(2026, 11, 1), uuid7()


def take(session: Session, body: bytes, mapping: Mapping | None = None, gateway: str = "sandbox") -> actions.Imported:
    how = How(gateway, Source.STATEMENT, mapping)
    return actions.import_file(session, in_memory(body), how, by=BY, now=clock.now())


def refused(session: Session, body: bytes, mapping: Mapping | None = None) -> bool:
    """Whether it was, and then nothing of it stands."""
    before = stored(session)
    try:
        with session.begin_nested():
            take(session, body, mapping)
    except BalanceGap:
        assert stored(session) == before
        return True
    return False


def stored(session: Session) -> list[tuple[object, ...]]:
    wanted = "line_key, net, booked, reference, digest, reversal"
    found = session.execute(text(f"SELECT {wanted} FROM statement_line WHERE source = 'statement'"))
    return sorted(tuple(row) for row in found)


def days(told: list[list[int]], first: int, last: int) -> Told:
    """The statement of some of the days: each holds its amounts."""
    opening = sum(sum(day) for day in told[:first])
    moves = tuple(
        Move(net, DAY + timedelta(days=n), own=f"D{n}R{m}") for n in range(first, last) for m, net in enumerate(told[n])
    )
    return Told(moves, opening=opening)


amounts = st.lists(st.sampled_from([100, 100, -100, 250, -30]), min_size=1, max_size=3)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    told=st.lists(amounts, min_size=3, max_size=5), cuts=st.lists(st.integers(1, 4), max_size=3), seed=st.integers(0, 9)
)
@pytest.mark.parametrize("form", ["camt", "mt940"])
def test_order_overlap_and_repetition_change_nothing(
    session: Session, form: str, told: list[list[int]], cuts: list[int], seed: int
) -> None:
    forms: dict[str, Callable[[Told], bytes]] = {"camt": writing.camt, "mt940": writing.mt940}
    write = forms[form]
    with session.begin_nested() as once:
        take(session, write(days(told, 0, len(told))))
        wanted = stored(session)
        once.rollback()
    edges = sorted({0, len(told), *(min(each, len(told)) for each in cuts)})
    files = [write(days(told, first, last)) for first, last in pairwise(edges)]
    files += [write(days(told, first, min(first + 2, len(told)))) for first in range(len(told) - 1)]
    random.Random(seed).shuffle(files)
    with session.begin_nested() as parts:
        left = files * 2
        while left:
            again = [body for body in left if refused(session, body)]
            assert len(again) < len(left), "nothing goes on"
            left = again
        assert stored(session) == wanted
        parts.rollback()


def test_equal_lines_of_a_day_are_as_many_as_the_bank_tells(session: Session) -> None:
    """Two statements of one day, with lines that nothing tells apart but the balance after them."""
    one = Told((Move(100, DAY), Move(100, DAY)), opening=0)
    two = Told((Move(100, DAY),), opening=200)
    for body in (writing.mt940(one), writing.mt940(two), writing.mt940(two)):
        take(session, body)
    assert [row[1] for row in stored(session)] == [100, 100, 100]
    whole = Told((Move(100, DAY), Move(100, DAY), Move(100, DAY)), opening=0)
    assert take(session, writing.mt940(whole)).new_lines == 0


def test_a_gap_and_a_doubled_line_are_refused(session: Session) -> None:
    take(session, writing.camt(Told((Move(100, DAY, own="A"),))))
    later = DAY + timedelta(days=2)
    with pytest.raises(BalanceGap) as gap:
        take(session, writing.camt(Told((Move(5, later, own="C"),), opening=150)))
    assert (gap.value.expected.minor, gap.value.found.minor) == (100, 150)
    renumbered = Told((Move(100, DAY, own="A2"),))
    assert refused(session, writing.camt(renumbered))
    changed = Told((Move(100, DAY, "POABCDEFGHIJKLMN", own="A"),))
    with pytest.raises(LineChanged):
        take(session, writing.camt(changed))


def test_one_account_under_two_gateways_is_one_account(session: Session) -> None:
    told = Told((Move(100, DAY, own="A"), Move(50, DAY, own="B")))
    assert take(session, writing.camt(told)).new_lines == 2
    assert take(session, writing.camt(told, "02"), gateway="stripe").new_lines == 0


def test_balances_of_every_statement_are_kept_and_what_is_taken_in_stays(session: Session) -> None:
    told = [Told((Move(100, DAY + timedelta(days=n), own=f"A{n}"),), opening=100 * n) for n in range(3)]
    done = take(session, b"".join(map(writing.mt940, told)))
    assert (done.lines, done.new_lines, len(done.files)) == (3, 3, 1)
    kept = session.execute(text("SELECT ends_on, amount FROM statement_balance ORDER BY 1")).all()
    assert [tuple(each) for each in kept] == [(DAY + timedelta(days=n), 100 * (n + 1)) for n in range(3)]
    for table in ("statement_line", "statement_file", "statement_balance"):
        with pytest.raises(Exception, match=r"written once|permission denied"), session.begin_nested():
            session.execute(text(f"DELETE FROM {table}"))


def test_two_accounts_in_one_file_are_two_files(session: Session) -> None:
    here, there = Told((Move(100, DAY),)), Told((Move(70, DAY),), account="QA00OTHER")
    done = take(session, writing.zipped(a__xml=writing.camt(here), b__xml=writing.camt(there)))
    assert (len(done.files), done.new_lines) == (2, 2)


def test_a_key_twice_in_a_report_is_refused(session: Session) -> None:
    body = settlement(("SBAAAAAAAAAA", 100), ("SBAAAAAAAAAA", 100))
    with pytest.raises(FileNotUnderstood, match="reference"):
        actions.import_settlement(session, gateway="sandbox", body=body, by=BY, now=clock.now())


def test_a_table_with_balances_is_a_statement_with_balances(session: Session) -> None:
    told = Told((Move(100, DAY, own="A"), Move(-40, DAY, own="B")), opening=500)
    done = take(session, writing.by_columns(told), BY_COLUMNS)
    row = session.execute(
        text("SELECT opening, closing, form FROM statement_file WHERE id = :id"), {"id": done.file}
    ).one()
    assert tuple(row) == (500, 560, "table")
