"""What finance does with what is left over: matches by hand, gives it to a colleague, attaches files to it."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

import pytest

from marketplace.foundation import clock, files
from marketplace.foundation.database import transaction
from marketplace.foundation.scripts import LANGUAGES
from marketplace.people import actions as people
from payments.reconciliation import attaching
from payments.reconciliation.attachments import MOST_BYTES, Form, Understood
from tests.payments.gateways.reports import settlement
from tests.web.conftest import Visitor
from tests.web.pages.test_finance import TXN, Books, books, plain, rows
from web.pages.finance import attachments

__all__ = ["books"]
LIST, MATCHING = "/finance/exceptions", "/finance/matching"
OTHER, UNKNOWN = "SB9999999998", "SB9999999999"
PDF = b"%PDF-1.7 slip"
NOTHING = str(uuid4())


@pytest.fixture
def left(books: Books) -> dict[str, UUID]:
    """Two lines of the report that name nothing of ours, and the attempt that one is; their exceptions by number."""
    books.top_up(700, paid=True, txn=TXN)
    books.take_in(settlement((UNKNOWN, 70_000), (OTHER, 50_000)))
    joined = "LEFT JOIN statement_line l ON l.id = e.line LEFT JOIN topup_attempt a ON a.id = e.attempt"
    found = rows(f"SELECT e.id, coalesce(l.txn, a.txn) AS number FROM recon_exception e {joined}")
    return {each.number: each.id for each in found}


def second(books: Books, somebody: Callable[..., Visitor]) -> tuple[Visitor, UUID, str]:
    """A colleague in finance, and what they are called."""
    manager = books.town.cast.named("manager")
    with transaction() as session:
        people.grant_role(session, person=manager.id, role="finance", by=None, now=clock.now())
    visitor = somebody("manager")
    visitor.get("/finance?language=en")
    return visitor, manager.id, manager.name


def history(id: UUID) -> list[str]:
    return [each.what for each in rows(
        "SELECT what FROM recon_exception_event WHERE exception = :id ORDER BY number", id=id)]  # fmt: skip


# By hand


def test_lines_are_matched_by_hand_and_parted_again(books: Books, left: dict[str, UUID]) -> None:
    finance, line = books.finance, str(left[UNKNOWN])
    chosen = finance.post(f"{LIST}/acts", {"act": "match", "chosen": [line]})
    assert chosen.headers["location"] == f"{MATCHING}?chosen={line}"
    alone = plain(finance.get(chosen.headers["location"]).text)
    assert "Nothing of ours is chosen yet." in alone
    looked = finance.post(MATCHING, {"step": "look", "chosen": [line], "number": TXN.lower()})
    seen = finance.get(looked.headers["location"]).text
    ours = re.search(r'name="ours" value="(attempt\.[0-9a-f-]{36})"', seen)
    assert ours is not None
    added = finance.get(f"{looked.headers['location']}&ours={ours[1]}").text
    assert "agrees" in plain(added)
    form = {"step": "match", "chosen": [line], "ours": [ours[1]]}
    done = finance.post(MATCHING, form)
    assert (done.status_code, "matched" in plain(done.text)) == (200, True)
    again = finance.post(MATCHING, form)
    assert (again.status_code, "This has been settled already." in plain(again.text)) == (409, True)
    assert ours[1] in again.text
    assert line in again.text
    assert rows("SELECT count(*) FROM recon_exception WHERE closed_at IS NULL")[0][0] == 1
    page = f"{LIST}/{line}"
    assert "Settled by a match" in plain(finance.get(page).text)
    assert finance.post(f"{page}/parting", {"parting_reason": " "}).status_code == 422
    assert finance.post(f"{page}/parting", {"parting_reason": "not that one"}).status_code == 303
    late = finance.post(f"{page}/parting", {"parting_reason": "not that one"})
    assert late.status_code == 404
    assert rows("SELECT count(*) FROM recon_exception WHERE closed_at IS NULL")[0][0] == 3
    acts = [each.action for each in rows("SELECT action FROM journal WHERE action LIKE 'finance.exception%'")]
    assert sorted(acts) == ["finance.exception_matched_by_hand", "finance.exception_parted"]


def test_the_list_undoes_a_match_by_hand_at_once(books: Books, left: dict[str, UUID]) -> None:
    both = [str(left[number]) for number in (UNKNOWN, TXN)]
    done = books.finance.post(MATCHING, {"step": "match", "chosen": both}).text
    token = re.search(r'name="undo" value="([^"]+)"', done)
    assert token is not None
    for said in ("undone", "no such match"):
        assert said in plain(books.finance.post(f"{LIST}/undone", {"undo": [token[1]]}).text)


def test_what_cannot_be_matched_is_refused_and_stays_chosen(books: Books, left: dict[str, UUID]) -> None:
    line, attempt = str(left[UNKNOWN]), str(left[TXN])
    for form, said in (
        ({"chosen": [str(left[OTHER]), attempt]}, "Both sides must come to the same"),
        ({"chosen": [line]}, "A match names open lines"),
        ({"chosen": [attempt]}, "A match names open lines"),
        ({"chosen": [line], "ours": [f"batch.{NOTHING}", "moon.x", "attempt.x"]}, "A match names open lines"),
    ):
        answer = books.finance.post(MATCHING, {"step": "match", **form})
        assert (answer.status_code, said in plain(answer.text)) == (409, True), form
        assert form["chosen"][0] in answer.text
    nothing: tuple[dict[str, object], ...] = ({}, {"chosen": ["x"]}, {"chosen": ["x" * 500], "number": "9" * 500})
    for empty in nothing:
        assert books.finance.post(MATCHING, {"step": "match", **empty}).headers["location"] == LIST
    assert "cannot be said" in plain(books.finance.get(MATCHING, headers={"hx-request": "true"}).text)
    for query in (f"chosen={NOTHING}", f"chosen={line}&number={'9' * 500}", f"chosen={line}&ours=moon"):
        assert books.finance.get(f"{MATCHING}?{query}").status_code == 200, query
    assert rows("SELECT count(*) FROM match_set")[0][0] == 0


# Whose it is


def test_it_is_given_to_a_colleague_by_name(
    books: Books, left: dict[str, UUID], somebody: Callable[..., Visitor]
) -> None:
    id, page = left[UNKNOWN], f"{LIST}/{left[UNKNOWN]}"
    colleague, to, name = second(books, somebody)
    assert name in books.finance.get(f"{page}/owner").text
    for wrong, status in ((str(books.owner), 409), (NOTHING, 409), ("", 422), ("x", 422)):
        assert books.finance.post(f"{page}/owner", {"to": wrong}).status_code == status, wrong
    for _ in range(2):
        assert books.finance.post(f"{page}/owner", {"to": str(to)}).status_code == 303
    assert history(id) == ["assigned"]
    seen = books.finance.get(page).text
    assert f"given to {name}" in plain(seen)
    shown = [each.case_id for each in rows("SELECT case_id FROM disclosure WHERE subject_id = :to", to=to)]
    assert set(shown) == {id}
    assert name in plain(books.finance.get(f"{LIST}?owner={to}").text)
    for query, found in ((f"owner={to}", True), ("owner=me", False), ("owner=nobody", False), ("owner=x", True)):
        assert (f"row-{id}" in books.finance.get(f"{LIST}?{query}").text) is found, query
    assert f"row-{id}" in colleague.get(f"{LIST}?owner=me").text
    assert colleague.post(f"{page}/owner").status_code == 303
    assert rows("SELECT owner FROM recon_exception WHERE id = :id", id=id)[0].owner == to


def test_an_owner_is_not_given_back_to_a_stranger_by_undoing(books: Books, left: dict[str, UUID]) -> None:
    id = left[UNKNOWN]
    for token in (f"owner:{books.owner}:{id}", f"owner:{NOTHING}:{id}", f"owner:x:{id}"):
        assert "undone" not in plain(books.finance.post(f"{LIST}/undone", {"undo": [token]}).text).split("Keys")[0]
    assert history(id) == []


def test_what_is_settled_is_given_to_nobody(
    books: Books, left: dict[str, UUID], somebody: Callable[..., Visitor]
) -> None:
    _, to, _ = second(books, somebody)
    books.finance.post(MATCHING, {"step": "match", "chosen": [str(left[number]) for number in (UNKNOWN, TXN)]})
    page = f"{LIST}/{left[UNKNOWN]}"
    assert books.finance.get(f"{page}/owner").headers["location"] == page
    assert books.finance.post(f"{page}/owner", {"to": str(to)}).status_code == 409
    assert books.finance.get(f"{LIST}/{NOTHING}/owner").status_code == 404


# Files


def attach(who: Visitor, id: UUID, name: str, content: bytes, **more: Any) -> Any:
    return who.post(f"{LIST}/{id}/attachments", {}, files={"file": (name, content, "text/html")}, **more)


def test_a_file_is_attached_fetched_and_taken_away(
    books: Books, left: dict[str, UUID], somebody: Callable[..., Visitor]
) -> None:
    id, page = left[UNKNOWN], f"{LIST}/{left[UNKNOWN]}"
    for _ in range(2):
        assert attach(books.finance, id, "../রসিদ.html", PDF).status_code == 303
    (stored,) = rows("SELECT * FROM recon_attachment")
    assert (stored.name, stored.form, stored.size) == ("রসিদ.html.pdf", "pdf", len(PDF))
    assert files.get(id, stored.address) == PDF
    assert PDF not in files.folder_of(id).joinpath(stored.address).read_bytes()
    seen = books.finance.get(page).text
    assert "রসিদ.html.pdf" in seen
    address = f"{page}/attachments/{stored.id}"
    got = books.finance.get(address)
    assert (got.content, got.headers["content-type"]) == (PDF, "application/pdf")
    assert got.headers["content-disposition"].startswith('attachment; filename="____.html.pdf"; filename*=UTF-8')
    assert got.headers["x-content-type-options"] == "nosniff"
    assert somebody("agent").get(address).status_code == 404
    assert books.finance.get(f"{LIST}/{left[TXN]}/attachments/{stored.id}").status_code == 404
    colleague, _, _ = second(books, somebody)
    refused = colleague.post(f"{address}/removal", {})
    assert (refused.status_code, "Only whoever attached" in plain(refused.text)) == (403, True)
    for _ in range(2):
        assert books.finance.post(f"{address}/removal", {}).status_code == 303
    assert books.finance.get(address).status_code == 404
    assert not files.exists(id, stored.address)
    assert history(id) == ["attached", "detached"]
    assert books.finance.post(f"{page}/attachments/{NOTHING}/removal", {}).status_code == 404


def test_what_one_drops_is_never_what_another_has_just_attached(books: Books, left: dict[str, UUID]) -> None:
    id, me, file = left[UNKNOWN], books.town.cast.named("finance").id, Understood(Form.PDF, "slip.pdf")

    def attach_and_take_away(_: int) -> None:
        with transaction() as session:
            attachments.keep(session, id, file, PDF, by=me, now=clock.now())
        with transaction() as session:
            standing = [each.id for each in attaching.attachments_of(session, id) if each.removed_at is None]
            gone = [attaching.take_away(session, id, each, by=me, now=clock.now()) for each in standing]
        for address in gone:
            attachments.drop_unless_used(id, address)
        with transaction() as session:
            attaching.lock(session, id)
            for each in attaching.attachments_of(session, id):
                assert each.removed_at is not None or files.exists(id, each.address)

    with ThreadPoolExecutor(4) as crowd:
        list(crowd.map(attach_and_take_away, range(24)))


def test_a_file_that_is_not_kept_is_refused_beside_its_field(books: Books, left: dict[str, UUID]) -> None:
    id = left[UNKNOWN]
    for name, content, status in (
        ("a.pdf", b"", 422), ("a.exe", b"MZ\x00", 422), ("4111111111111111.pdf", PDF, 422),
        ("a.txt", b"4111 1111 1111 1111", 422), ("a.pdf", PDF + b"x" * MOST_BYTES, 413),
    ):  # fmt: skip
        answer = attach(books.finance, id, name, content)
        assert (answer.status_code, 'id="file-error"' in answer.text) == (status, True), name
        assert "4111 1111" not in plain(answer.text)
    assert books.finance.post(f"{LIST}/{id}/attachments", {}).status_code in (400, 422)
    assert attach(books.finance, id, "a.pdf", b"x" * (MOST_BYTES + 1_000_000)).status_code == 413
    assert attach(books.finance, uuid4(), "a.pdf", PDF).status_code == 404
    for number in range(10):
        assert attach(books.finance, id, "a.txt", f"{number}".encode()).status_code == 303
    full = attach(books.finance, id, "a.txt", b"one more")
    assert (full.status_code, "There are 10 files here already" in plain(full.text)) == (409, True)
    assert rows("SELECT count(*) FROM recon_attachment")[0][0] == 10
    assert len(list(files.folder_of(id).iterdir())) == 10


def test_the_pages_stand_in_every_language(books: Books, left: dict[str, UUID]) -> None:
    attach(books.finance, left[UNKNOWN], "a.txt", b"words")
    id = left[UNKNOWN]
    for language in LANGUAGES:
        for path in (f"{LIST}/{id}?", f"{LIST}/{id}/owner?", f"{MATCHING}?chosen={id}&number={TXN}&"):
            assert books.finance.get(f"{path}language={language}").status_code == 200, (language, path)


def test_who_may_read_the_days_finds_them(somebody: Callable[..., Visitor]) -> None:
    for role in ("administrator", "manager"):
        visitor = somebody(role)
        assert 'href="/finance/days"' in visitor.get("/admin").text, role
        days = visitor.get("/finance/days")
        assert (days.status_code, 'href="/finance/cases"' in days.text) == (200, role == "manager"), role
    assert 'href="/finance/days"' not in somebody("dispatcher").get("/admin").text
