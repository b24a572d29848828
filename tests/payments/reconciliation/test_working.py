"""What a person does: accepts, parts, settles with a reason, alone or with a second one; refused, it moves nothing."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from uuid import UUID

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from marketplace.foundation.database import transaction
from marketplace.foundation.errors import Refused
from marketplace.foundation.ids import uuid7
from marketplace.foundation.money import Money
from payments import audits
from payments.ledger.rules import SecondPersonNeeded
from payments.reconciliation import deciding, exception_queries, queries, ruling, solving, tasks
from payments.reconciliation.rules import (
    CannotBeSolvedSo,
    ExceptionClosed,
    ExceptionNotFound,
    How,
    MatchNotFound,
    NothingProposed,
    NotMatchedAlone,
    NotOfFinance,
    ReasonMissing,
    RuleNotAllowed,
    Solution,
    SolutionWaits,
    SuggestionOver,
    TermsImpossible,
    Uneven,
)
from tests.payments.reconciliation.planted import DAY, FINANCE, GATEWAY, NOW, SECOND, Book, Line, later
from tests.payments.test_audits import AN_ACCEPTED_PAYOUT

LIMIT = 1_000


@pytest.fixture
def book(session: Session) -> Book:
    """Nothing planted yet."""
    return Book(session)


def sound(session: Session) -> bool:
    return not any(audits.figures(session, now=NOW).values())


def settles(book: Book, about: str, how: Solution, *, by: UUID = FINANCE) -> bool:
    return solving.solve(
        book.session, book.exception(about), how, reason="looked at it", by=by, second_above=LIMIT, now=NOW
    )


def test_an_accepted_suggestion_is_a_match_and_parting_it_opens_both_sides(book: Book) -> None:
    book.tops_up("A", 1_000)
    book.states(Line("D", 980, batch="X", booked=later(1)))
    book.reports(Line("1", 1_000, fee=20, batch="X"))
    (suggested,) = queries.suggestions(book.session)
    match = deciding.accept(book.session, suggested.id, by=FINANCE, now=NOW)
    assert deciding.accept(book.session, suggested.id, by=FINANCE, now=NOW) == match
    with pytest.raises(SuggestionOver):
        deciding.accept(book.session, suggested.id, by=SECOND, now=NOW)
    assert (book.kinds(), book.balances()) == ([], {"bank": -980, "gateway_fees": -20, "wallet": 1_000})
    assert sound(book.session)
    with pytest.raises(ReasonMissing):
        deciding.part(book.session, match, by=FINANCE, reason=" ", now=NOW)
    assert deciding.part(book.session, match, by=FINANCE, reason="not that one", now=NOW) == 2
    with pytest.raises(MatchNotFound):
        deciding.part(book.session, match, by=FINANCE, reason="again", now=NOW)
    assert book.kinds() == [("credited_not_paid", "A"), ("foreign", "1")]
    assert "gateway_fees" not in book.balances()
    again = deciding.match_by_hand(
        book.session, gateway=GATEWAY, lines=suggested.lines, attempts=suggested.attempts, by=FINANCE, now=NOW
    )
    assert again != match
    assert (book.kinds(), book.balances()["gateway_fees"]) == ([], -20)
    assert sound(book.session)


def test_an_exact_match_that_a_person_parted_is_not_made_again_by_a_rule(book: Book) -> None:
    book.tops_up("A", 1_000)
    book.reports(Line("1", 1_000, fee=20, txn="A", batch="X"))
    match = book.session.execute(text("SELECT id FROM match_set")).scalar_one()
    deciding.part(book.session, match, by=FINANCE, reason="another payer", now=NOW)
    assert book.runs().lines == 0
    assert ("foreign", "1") in book.kinds()
    assert sound(book.session)


def test_sums_that_differ_are_not_joined(book: Book) -> None:
    book.tops_up("A", 1_000)
    book.reports(Line("1", 999), Line("2", 1_000, txn="Z"), Line("3", -1_000, txn="Y", reversal=True))
    line, other, back = (
        book.session.execute(text("SELECT id FROM statement_line WHERE line_key = :key"), {"key": key}).scalar_one()
        for key in ("1", "2", "3")
    )
    attempt = [book.attempts["A"]]
    for lines, attempts, refusal in (
        ([line], attempt, Uneven), ([], attempt, NotMatchedAlone), ([other], [], NotMatchedAlone),
        ([other], [uuid7()], NotMatchedAlone), ([line, other], [], Uneven),
    ):  # fmt: skip
        with pytest.raises(refusal):
            deciding.match_by_hand(
                book.session,
                gateway=GATEWAY,
                lines=lines,
                attempts=attempts,
                by=FINANCE,
                now=NOW,
            )
    deciding.match_by_hand(book.session, gateway=GATEWAY, lines=[other, back], by=FINANCE, now=NOW)
    with pytest.raises(ExceptionClosed):
        deciding.match_by_hand(book.session, gateway=GATEWAY, lines=[other], attempts=attempt, by=FINANCE, now=NOW)
    assert sound(book.session)


ONE, OFF = Line("1", 500, fee=10, txn="A", batch="X"), Line("1", 700, fee=10, txn="A", batch="X")
SETTLED: tuple[tuple[list[Line], str, Solution, tuple[int, int]], ...] = (
    ([ONE, Line("2", 500, fee=10, txn="A", batch="X")], "2", Solution.CREDIT, (500, 0)),
    ([OFF], "1", Solution.CREDIT, (200, 0)),
    ([OFF], "1", Solution.WRITE_OFF, (0, 200)),
    ([Line("1", 450, fee=10, txn="A", batch="X")], "1", Solution.WRITE_OFF, (0, -50)),
    ([ONE, Line("2", 70, txn="Z", batch="X")], "2", Solution.WRITE_OFF, (0, 70)),
    ([ONE, Line("2", -70, txn="A", reversal=True, batch="X")], "2", Solution.WRITE_OFF, (0, -70)),
    ([], "A", Solution.WRITE_OFF, (0, -500)),
)


@pytest.mark.parametrize(("lines", "about", "how", "moved"), SETTLED)
def test_what_hangs_is_moved_and_the_clearing_account_is_zero(
    book: Book, lines: list[Line], about: str, how: Solution, moved: tuple[int, int]
) -> None:
    book.tops_up("A", 500)
    book.reports(*lines, days=[DAY])
    if lines:
        book.states(Line("D", sum(each.gross - each.fee for each in lines), batch="X", booked=later(1)))
    assert settles(book, about, how)
    with pytest.raises(ExceptionClosed):
        settles(book, about, how)
    found = book.balances()
    assert book.runs().exceptions == 0
    assert (found["wallet"] - 500, found.get("write_off", 0)) == moved
    assert "clearing" not in found
    assert sound(book.session)


def test_a_payment_to_be_returned_stands_apart_until_it_has_gone_back(book: Book) -> None:
    book.tops_up("A", 500)
    book.reports(Line("1", 500, txn="A"), Line("2", 500, txn="A"))
    assert settles(book, "2", Solution.RETURN)
    assert book.balances()["suspense"] == 500
    book.reports(Line("3", -500, txn="A", kind="refund", booked=later(3)))
    assert settles(book, "3", Solution.RETURN)
    assert "suspense" not in book.balances()
    assert sound(book.session)


def test_above_the_limit_a_second_person_agrees(book: Book) -> None:
    book.tops_up("A", 5_000)
    book.reports(days=[DAY])
    about = book.exception("A")
    with pytest.raises(NothingProposed):
        solving.approve(book.session, about, by=SECOND, now=NOW)
    assert not settles(book, "A", Solution.WRITE_OFF)
    with pytest.raises(SolutionWaits):
        settles(book, "A", Solution.WRITE_OFF, by=SECOND)
    with pytest.raises(SecondPersonNeeded):
        solving.approve(book.session, about, by=FINANCE, now=NOW)
    assert exception_queries.facts_of(book.session, about, now=NOW).about.waits
    solving.withdraw(book.session, about, by=SECOND, now=NOW)
    assert not settles(book, "A", Solution.WRITE_OFF)
    solving.approve(book.session, about, by=SECOND, now=NOW)
    facts = exception_queries.facts_of(book.session, about, now=NOW)
    assert [each.what.value for each in facts.history] == ["proposed", "withdrawn", "proposed", "solved"]
    assert (book.balances()["write_off"], facts.closed_at, facts.waiting) == (-5_000, NOW, None)
    assert sound(book.session)


def test_what_cannot_be_done_is_refused_and_nothing_moves(book: Book) -> None:
    book.tops_up("A", 500)
    book.tops_up("P", 70, state="pending")
    book.reports(
        Line("1", 500, txn="A"), Line("2", 70, ours="ours-P"), Line("3", 50, txn="Z"), Line("4", 5, kind="fee")
    )
    book.states(Line("D", 9))
    before = book.balances()
    refused: list[tuple[type[Refused], Callable[[], object]]] = [
        (CannotBeSolvedSo, lambda: settles(book, "2", Solution.CREDIT)),
        (CannotBeSolvedSo, lambda: settles(book, "2", Solution.WRITE_OFF)),
        (CannotBeSolvedSo, lambda: settles(book, "3", Solution.CREDIT)),
        (CannotBeSolvedSo, lambda: settles(book, "3", Solution.ACCEPT)),
        (CannotBeSolvedSo, lambda: settles(book, "4", Solution.WRITE_OFF)),
        (CannotBeSolvedSo, lambda: settles(book, "D", Solution.RETURN)),
        (CannotBeSolvedSo, lambda: solving.ask_gateway(book.session, book.exception("3"), by=FINANCE, now=NOW)),
        (ReasonMissing, lambda: solving.note(book.session, book.exception("3"), "  ", by=FINANCE, now=NOW)),
        (
            ExceptionNotFound,
            lambda: solving.assign(book.session, uuid7(), to=SECOND, among=[SECOND], by=FINANCE, now=NOW),
        ),
        (
            NotOfFinance,
            lambda: solving.assign(book.session, book.exception("3"), to=SECOND, among=[FINANCE], by=FINANCE, now=NOW),
        ),
    ]
    for refusal, asked in refused:
        with pytest.raises(refusal):
            asked()
    assert book.balances() == before
    solving.ask_gateway(book.session, book.exception("2"), by=FINANCE, now=NOW)
    asked_of = book.session.scalars(text("SELECT task FROM outbox WHERE arguments->>'id' = :id"),
                                    {"id": str(book.attempts["P"])})  # fmt: skip
    assert "topups.verify" in set(asked_of)
    solving.assign(book.session, book.exception("3"), to=SECOND, among=[FINANCE, SECOND], by=FINANCE, now=NOW)
    assert [each.txn for each in queries.left_over(book.session, now=NOW, owner=SECOND)] == ["Z"]
    assert settles(book, "4", Solution.ACCEPT)
    assert book.balances()["gateway_fees"] == 5


def test_one_item_is_shown_with_its_three_sources(book: Book) -> None:
    book.tops_up("A", 500)
    book.reports(Line("1", 499, fee=10, txn="A", batch="X"))
    book.states(Line("D", 489, batch="X"))
    facts = exception_queries.facts_of(book.session, book.exception("1"), now=NOW)
    assert [(each.reference, each.amount.minor) for each in facts.ledger] == [("A", 500)]
    assert [(each.reference, each.amount.minor) for each in facts.report] == [("A", 499), ("X", 489)]
    assert [(each.reference, each.amount.minor) for each in facts.statement] == [("X", 489)]


def test_how_soon_value_is_explained(book: Book) -> None:
    book.tops_up("A", 600)
    book.tops_up("B", 300, day=later(17))
    book.reports(Line("1", 600, txn="A"), Line("2", 300, txn="B", booked=later(17)), Line("3", 100, txn="Z"))
    shares = [
        queries.explained_within(book.session, gateway=GATEWAY, currency="BDT", days=days, now=NOW).in_time.minor
        for days in (1, 4, 20)
    ]
    assert shares == [300, 300, 900]
    explained = queries.explained(book.session, gateway=GATEWAY, currency="BDT")
    assert (explained.lines, explained.matched, explained.value) == (3, 2, Money(1_000, "BDT"))


def test_a_rule_is_a_row_with_a_version_and_a_trial_does_nothing(book: Book) -> None:
    book.tops_up("A", 500)
    book.reports(Line("1", 500, booked=later(5)))
    before = book.outcome()
    wider = ruling.change_rule(book.session, How.AMOUNT_AND_DATE, enabled=True, days=6, items=1, by=FINANCE, now=NOW)
    assert ruling.try_rule(book.session, wider, gateway=GATEWAY, by=FINANCE, now=NOW) == 1
    assert book.outcome() == before
    assert book.runs().suggestions == 1
    told = {each.code: each for each in queries.rules(book.session)}[How.AMOUNT_AND_DATE]
    assert (told.version, told.days, told.confirms, told.would_find) == (2, 6, False, 1)
    for days, items in ((40, 1), (3, 21), (-1, 1)):
        with pytest.raises(RuleNotAllowed):
            ruling.change_rule(book.session, How.PARTS, enabled=True, days=days, items=items, by=FINANCE, now=NOW)
    agree = partial(
        ruling.agree_terms, book.session, gateway=GATEWAY, currency="BDT", fixed=0, settles_days=3, valid_from=DAY,
        by=FINANCE, now=NOW,
    )  # fmt: skip
    agree(parts_per_million=1)
    for share in (1, -1, 1_000_001):
        with pytest.raises(TermsImpossible):
            agree(parts_per_million=share)


def test_two_people_who_settle_at_once_move_the_money_once(database: Engine) -> None:
    with transaction() as session:
        book = Book(session)
        book.tops_up("A", 500)
        book.reports(days=[DAY])
        about = book.exception("A")

    def settle(_: int) -> bool:
        try:
            with transaction() as session:
                return solving.solve(
                    session, about, Solution.WRITE_OFF, reason="lost", by=uuid7(), second_above=LIMIT, now=NOW
                )
        except ExceptionClosed:
            return False

    with ThreadPoolExecutor(4) as crowd:
        assert sum(crowd.map(settle, range(4))) == 1
    with transaction() as session:
        assert Book(session).balances()["write_off"] == -500


def test_a_payout_on_the_statement_is_told_to_payouts(book: Book) -> None:
    for planted in AN_ACCEPTED_PAYOUT.split(";"):
        book.session.execute(text(planted))
    found = book.states(Line("D", -100, batch="POA"), Line("E", -100, batch="POA"), Line("F", -99, batch="POA"))
    assert found.lines == 1
    told = book.session.scalars(text("SELECT arguments FROM outbox WHERE task = 'payouts.seen_on_statement'")).all()
    assert [(each["reference"], each["minor"], each["in_suspense"]) for each in told] == [("POA", "100", "yes")]
    assert [about for _, about in book.kinds()] == ["E", "F"]


def test_once_a_day_everything_is_looked_over(book: Book) -> None:
    book.reports(Line("1", 500, txn="A"))
    book.tops_up("A", 500)
    book.tops_up("B", 300)
    tasks.sweep(book.session)
    tasks.sweep(book.session)
    (asked,) = book.session.scalars(text("SELECT arguments FROM outbox WHERE task = 'reconciliation.match'")).all()
    tasks.match(book.session, **asked)
    assert book.kinds() == [("credited_not_paid", "B")]
