"""Files of an exception: what they are is told by what is in them; added, taken away by who added, never changed."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from marketplace.foundation.database import transaction
from marketplace.foundation.errors import Refused
from marketplace.foundation.money import Money
from payments.reconciliation import attaching, by_hand, deciding, exception_queries
from payments.reconciliation.attachments import (
    LONGEST_NAME,
    MOST_BYTES,
    MOST_FILES,
    AttachmentEmpty,
    AttachmentHasCard,
    AttachmentNotFound,
    AttachmentNotUnderstood,
    AttachmentOfAnother,
    AttachmentTooLarge,
    Form,
    TooManyAttachments,
    Understood,
    shown_name,
    understood,
)
from payments.reconciliation.by_hand import Which
from payments.reconciliation.rules import ExceptionClosed, ExceptionNotFound, MatchNotFound, Solution
from tests.payments.reconciliation.planted import DAY, FINANCE, GATEWAY, NOW, SECOND, Book, Line
from tests.payments.reconciliation.test_working import settles, sound

PDF, JPEG, PNG = b"%PDF-1.7\n", b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def book(session: Session) -> Book:
    """Nothing planted yet."""
    return Book(session)


@pytest.mark.parametrize(
    ("typed", "content", "form", "name"),
    [
        ("slip.pdf", PDF, Form.PDF, "slip.pdf"),
        ("slip.JPG", JPEG, Form.JPEG, "slip.jpg"),
        ("photo.exe", JPEG, Form.JPEG, "photo.exe.jpg"),
        ("page.html", b"<script>alert(1)</script>", Form.TEXT, "page.html.txt"),
        ("../../etc/passwd", b"x", Form.TEXT, "passwd.txt"),
        ("C:\\Users\\me\\shot.png", PNG, Form.PNG, "shot.png"),
        ("রসিদ ১২.pdf", PDF, Form.PDF, "রসিদ ১২.pdf"),
        ("a\u202efdp.exe", PDF, Form.PDF, "afdp.exe.pdf"),
        ('"; rm -rf\r\nSet-Cookie: a=b', b"x", Form.TEXT, "__ rm -rf Set-Cookie_ a_b.txt"),
        ("", b"x", Form.TEXT, "file.txt"),
        (".pdf", PDF, Form.PDF, "pdf.pdf"),
        ("سند.txt", "سلام".encode(), Form.TEXT, "سند.txt"),
    ],
)
def test_what_a_file_is_and_how_it_is_called(typed: str, content: bytes, form: Form, name: str) -> None:
    assert understood(typed, content) == Understood(form, name)


def test_what_is_not_kept() -> None:
    wrong: list[tuple[str, bytes, type[Refused]]] = [
        ("a.txt", b"", AttachmentEmpty),
        ("a.pdf", PDF + b"x" * MOST_BYTES, AttachmentTooLarge),
        ("a.zip", b"PK\x03\x04", AttachmentNotUnderstood),
        ("a.pdf", b"MZ\x90\x00", AttachmentNotUnderstood),
        ("a.txt", b"\xff\xfe\x00a", AttachmentNotUnderstood),
        ("a.txt", b"bell\x07", AttachmentNotUnderstood),
        ("4111 1111 1111 1111.pdf", PDF, AttachmentHasCard),
        ("৪১১১১১১১১১১১১১১১.pdf", PDF, AttachmentHasCard),
        ("a.txt", b"paid with 4111-1111-1111-1111", AttachmentHasCard),
    ]
    for typed, content, refusal in wrong:
        with pytest.raises(refusal):
            understood(typed, content)
    assert understood("a.pdf", PDF + b"x" * (MOST_BYTES - len(PDF))).form is Form.PDF
    assert len(shown_name("x" * 500 + ".pdf", Form.PDF)) == LONGEST_NAME


def test_added_and_taken_away_by_whoever_added(book: Book) -> None:
    book.reports(Line("1", 500, txn="A"))
    about, file = book.exception("1"), Understood(Form.PDF, "slip.pdf")

    def attach(address: str) -> object:
        return attaching.attach(book.session, about, file, size=9, address=address * 64, by=FINANCE, now=NOW)

    first = attaching.attach(book.session, about, file, size=9, address="a" * 64, by=FINANCE, now=NOW)
    assert attach("a") == first
    with pytest.raises(AttachmentOfAnother):
        attaching.take_away(book.session, about, first, by=SECOND, now=NOW)
    for wrong in (lambda: attaching.take_away(book.session, about, uuid4(), by=FINANCE, now=NOW),
                  lambda: attaching.attachment(book.session, uuid4(), first)):  # fmt: skip
        with pytest.raises(AttachmentNotFound):
            wrong()
    with pytest.raises(ExceptionNotFound):
        attaching.attach(book.session, uuid4(), file, size=9, address="a" * 64, by=FINANCE, now=NOW)
    for _ in range(2):
        assert attaching.take_away(book.session, about, first, by=FINANCE, now=NOW) == "a" * 64
    assert not attaching.in_use(book.session, about, "a" * 64)
    with pytest.raises(AttachmentNotFound):
        attaching.attachment(book.session, about, first)
    for number in range(MOST_FILES):
        attach(f"{number:x}")
    with pytest.raises(TooManyAttachments):
        attach("f")
    history = exception_queries.facts_of(book.session, about, now=NOW).history
    assert [each.what.value for each in history[:2]] == ["attached", "detached"]
    assert len(history) == 2 + MOST_FILES
    for table in ("recon_attachment", "recon_attachment_removal"):
        with pytest.raises(DBAPIError, match="append"), book.session.begin_nested():
            book.session.execute(text(f"DELETE FROM {table}"))


def test_ten_are_ten_when_many_come_at_once(database: Engine) -> None:
    with transaction() as session:
        book = Book(session)
        book.reports(Line("1", 500, txn="A"))
        about = book.exception("1")

    def attach(number: int) -> bool:
        file = Understood(Form.TEXT, f"{number}.txt")
        try:
            with transaction() as session:
                attaching.attach(session, about, file, size=1, address=f"{number:064x}", by=FINANCE, now=NOW)
        except TooManyAttachments:
            return False
        return True

    with ThreadPoolExecutor(4) as crowd:
        assert sum(crowd.map(attach, range(MOST_FILES + 3))) == MOST_FILES


# What is about to be matched by hand


def test_both_sides_are_found_and_summed_up(book: Book) -> None:
    for name, minor in (("A", 500), ("B", 300), ("C", 200)):
        book.tops_up(name, minor)
    book.reports(Line("1", 790, fee=5, txn="Z"), Line("2", 10, txn="Y"), days=[DAY])
    lines, credited = [book.exception(key) for key in "12"], book.exception("A")
    desk = by_hand.chosen(book.session, [*lines, credited], [(Which.ATTEMPT, book.attempts["B"])])
    assert (desk.alike, desk.gateway, {each.number for each in desk.lines}) == (True, GATEWAY, {"Z", "Y"})
    assert sorted(each.number for each in desk.ours) == ["A", "B"]
    assert (desk.theirs_sum, desk.ours_sum, desk.difference) == tuple(Money(minor, "BDT") for minor in (800, 800, 0))
    (found,) = by_hand.found(book.session, desk, "c")
    assert (found.number, found.free, found.code) == ("C", True, f"attempt.{book.attempts['C']}")
    assert not by_hand.found(book.session, desk, "A")
    assert not by_hand.found(book.session, desk, "nothing")
    match = deciding.match_by_hand(
        book.session, gateway=GATEWAY, lines=[each.id for each in desk.lines], attempts=[each.id for each in desk.ours],
        by=FINANCE, now=NOW,
    )  # fmt: skip
    assert [by_hand.match_of(book.session, each) for each in (*lines, credited)] == [match] * 3
    assert not by_hand.chosen(book.session, lines, []).lines[0].free
    deciding.part(book.session, match, by=FINANCE, reason="not those", now=NOW)
    assert by_hand.match_of(book.session, lines[0]) is None
    assert sound(book.session)


def test_what_is_not_alike_has_no_sum(book: Book) -> None:
    book.reports(Line("1", 500, txn="A", batch="X"))
    book.states(Line("D", 490, batch="W"))
    chosen = by_hand.chosen(book.session, [book.exception("1"), book.exception("D")], [])
    assert (chosen.alike, chosen.theirs_sum, chosen.ours_sum, chosen.difference) == (False, None, None, None)
    assert not by_hand.chosen(book.session, [uuid4()], []).alike
    assert not by_hand.found(book.session, chosen, "A")
    deposit = by_hand.chosen(book.session, [book.exception("D")], [])
    assert [each.number for each in by_hand.found(book.session, deposit, "x")] == ["X"]


def test_what_was_solved_is_not_parted(book: Book) -> None:
    book.tops_up("A", 500)
    book.reports(days=[DAY])
    about = book.exception("A")
    assert settles(book, "A", Solution.WRITE_OFF)
    assert by_hand.match_of(book.session, about) is None
    made = book.session.scalar(text("SELECT id FROM match_set ORDER BY id DESC LIMIT 1"))
    with pytest.raises(MatchNotFound):
        deciding.part(book.session, made, by=FINANCE, reason="no", now=NOW)
    assert sound(book.session)


def test_two_people_who_match_the_same_at_once_match_it_once(database: Engine) -> None:
    with transaction() as session:
        book = Book(session)
        book.tops_up("A", 500)
        book.reports(Line("1", 500, fee=5, txn="Z"), days=[DAY])
        about = book.exception("1")
        desk = by_hand.chosen(session, [about], [(Which.ATTEMPT, book.attempts["A"])])

    def match(_: int) -> bool:
        try:
            with transaction() as session:
                deciding.match_by_hand(
                    session, gateway=GATEWAY, lines=[desk.lines[0].id], attempts=[desk.ours[0].id], by=uuid4(), now=NOW
                )
        except ExceptionClosed:
            return False
        return True

    with ThreadPoolExecutor(4) as crowd:
        assert sum(crowd.map(match, range(4))) == 1
    with transaction() as session:
        assert Book(session).balances()["gateway_fees"] == -5
