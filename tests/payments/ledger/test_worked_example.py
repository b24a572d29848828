"""The thirteen events of payments.md §2.2, posted through the real door and compared cell by cell."""

from sqlalchemy.orm import Session

from marketplace.foundation.ids import derived
from payments.ledger import queries
from payments.ledger.example import CLOSING, EXAMPLE, Place
from tests.payments.ledger.books import NAMES, bdt, open_books, perform


def _cells(session: Session, books: dict[Place, int]) -> dict[Place, tuple[int, int]]:
    balances = {place: queries.balance(session, account) for place, account in books.items()}
    return {place: (balance.posted.minor, balance.held.minor) for place, balance in balances.items()}


def test_every_cell_of_the_worked_example_is_as_the_design_says(session: Session) -> None:
    books = open_books(session)
    expected: dict[Place, tuple[int, int]] = dict.fromkeys(books, (0, 0))
    for event in EXAMPLE:
        for act in event.acts:
            perform(session, act, books)
        expected |= event.cells
        assert _cells(session, books) == expected, event.what
    assert {place: posted for place, (posted, _) in expected.items()} == dict(CLOSING)


def test_the_trial_balance_of_the_example_sums_to_zero_line_by_line(session: Session) -> None:
    books = open_books(session)
    for event in EXAMPLE:
        for act in event.acts:
            perform(session, act, books)
    lines = queries.trial_balance(session, "BDT")
    found = {(line.kind, line.owner_kind, line.owner): line.posted for line in lines}
    assert sum(line.posted.minor for line in lines) == 0
    for place, posted in CLOSING.items():
        name = NAMES[place]
        assert found[name.kind, name.owner_kind, name.owner] == bdt(posted), place


def test_the_example_repeated_with_the_same_keys_changes_nothing(session: Session) -> None:
    books = open_books(session)
    acts = [(derived("example", n, m), act) for n, event in enumerate(EXAMPLE) for m, act in enumerate(event.acts)]
    first = [perform(session, act, books, key) for key, act in acts]
    cells = _cells(session, books)
    again = [perform(session, act, books, key) for key, act in acts]
    assert [posted and posted.replayed for posted in first] == [False] * len(acts)
    assert [posted and posted.replayed for posted in again] == [True] * len(acts)
    assert _cells(session, books) == cells
