"""Files on their way in: large ones by the worker, unknown tables by a profile made beside them.

Each may be left and come back to.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from marketplace.foundation import clock, files, pieces, tasks
from marketplace.foundation.database import transaction
from marketplace.foundation.settings import Settings
from payments.gateways import directory, sandbox
from payments.statements import queries, uploads
from payments.statements.rules import Stage
from tests.payments.statements import writing
from tests.payments.statements.writing import BY_COLUMNS, Move, Told
from tests.web.conftest import Visitor
from web import statement_files

Somebody = Callable[..., Visitor]
DAY = date(2026, 11, 21)
TOLD = Told((Move(500, DAY, "POABCDEFGHIJKLMN"), Move(-123_450, DAY + timedelta(days=1))), opening=200_000)


@dataclass
class Desk:
    """Somebody of finance at the page of files."""

    finance: Visitor

    def hand_in(self, body: bytes, *, source: str = "statement", profile: str = "") -> Any:
        form = {"source": source, "gateway": "sandbox", "profile": profile}
        return self.finance.post("/finance/imports", form, files={"file": ("a.csv", body, "text/csv")})

    def see(self, address: str) -> str:
        answer = self.finance.get(address)
        assert answer.status_code == 200, answer.text[-3000:]
        return re.sub(r"<[^>]+>|[\u2066-\u2069]", "", answer.text)


@pytest.fixture
def desk(town: object, somebody: Somebody, settings: Settings) -> Iterator[Desk]:
    finance = somebody("finance")
    bank = sandbox.from_settings(
        replace(settings, sandbox_bank_url="http://127.0.0.1:9", sandbox_bank_secret="between the bank and us")
    )
    assert bank is not None
    directory.connect(bank)
    finance.get("/finance?language=en")
    yield Desk(finance)
    directory.connect()


def count(table: str) -> int:
    with transaction() as session:
        return session.scalar(text(f"SELECT count(*) FROM {table}")) or 0


def test_an_unknown_table_gets_a_profile_beside_it_and_is_read_by_it(desk: Desk) -> None:
    answer = desk.hand_in(writing.by_columns(TOLD))
    assert answer.status_code == 303
    address = answer.headers["location"]
    id = address.rsplit("/", 1)[1]
    assert "make a profile for it" in desk.see(address)
    shown = desk.see(f"/finance/profiles/new?upload={id}")
    assert "1.234,50" in shown
    form = {
        "upload": id, "source": "statement", "name": "My bank", "gateway": "sandbox", "currency": "QAR",
        "account": writing.ACCOUNT, "order": "dmy", "sign": "columns", "decimals": "comma", "separator": ";",
        "ignored": "Total", **{f"column-{name}": heading for name, heading in BY_COLUMNS.columns.items()},
    }  # fmt: skip
    lacking = desk.finance.post("/finance/profiles/preview", form | {"account": ""})
    assert "the account that it is about" in lacking.text
    wrong = desk.finance.post("/finance/profiles/preview", form | {"column-credit": "Inn"})
    assert "this heading was not found" in wrong.text
    seen = desk.finance.post("/finance/profiles/preview", form)
    assert seen.status_code == 200
    assert "POABCDEFGHIJKLMN" in seen.text
    assert desk.finance.post("/finance/profiles", form | {"name": ""}).status_code == 422
    assert count("statement_profile") == 0
    kept = desk.finance.post("/finance/profiles", form)
    assert kept.headers["location"] == address
    page = desk.see(address)
    assert "a table, read by a profile" in page
    assert "My bank" in page
    assert desk.finance.post(f"{address}/taking", {}).status_code == 303
    assert "2 of 2 lines were new" in desk.see(address)
    assert count("statement_line") == 2
    changed = desk.finance.post("/finance/profiles", form | {"upload": "", "order": "ymd"})
    assert changed.status_code == 303
    with transaction() as session:
        (found,) = queries.profiles(session)
    assert (found.version, found.mapping.order) == (2, "ymd")
    assert desk.see(f"/finance/profiles/{found.id}")
    assert desk.finance.post(f"/finance/profiles/{found.id}/retirement", {}).status_code == 303
    assert "There is no profile yet" in desk.see("/finance/profiles")


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> bytes:
    """A file that is more than a page reads while one waits."""
    monkeypatch.setattr(statement_files, "AT_ONCE", 1_000)
    return writing.mt940(Told(tuple(Move(100 + n, DAY) for n in range(40))))


def test_a_large_file_is_read_by_the_worker_and_may_be_left(desk: Desk, large: bytes) -> None:
    address = desk.hand_in(large).headers["location"]
    assert "We are reading it" in desk.see(address)
    assert "being read" in desk.see("/finance/imports")
    assert desk.finance.post(f"{address}/taking", {}).status_code == 409
    tasks.run_all_due()
    assert "Take 40 lines in" in desk.see(address)
    assert count("statement_line") == 0
    assert desk.finance.post(f"{address}/taking", {}).status_code == 303
    assert "It is being taken in" in desk.see(address)
    assert desk.finance.post(f"{address}/removal", {}).status_code == 409
    tasks.run_all_due()
    assert "40 of 40 lines were new" in desk.see(address)
    assert count("statement_line") == 40
    again = desk.hand_in(large).headers["location"]
    tasks.run_all_due()
    desk.finance.post(f"{again}/taking", {})
    tasks.run_all_due()
    assert "0 new" in desk.see(again)


def test_what_a_worker_left_lying_is_begun_again_and_old_files_go(desk: Desk, large: bytes) -> None:
    address = desk.hand_in(large).headers["location"]
    id = UUID(address.rsplit("/", 1)[1])
    with transaction() as session:
        assert uploads.claim(session, id, now=clock.now()) is Stage.READING
        assert uploads.claim(session, id, now=clock.now()) is None
        owner = queries.upload(session, id).owner
    tasks.run_all_due()
    assert "We are reading it" in desk.see(address)
    clock.move(uploads.CLAIM + timedelta(seconds=1))
    statement_files.sweep()
    tasks.run_all_due()
    assert "Take 40 lines in" in desk.see(address)
    clock.move(uploads.KEPT)
    statement_files.sweep()
    assert count("statement_upload") == 0
    assert not (files.folder_of(owner) / f"{id.hex}.pieces").exists()


def test_a_refused_file_is_nowhere_afterwards(desk: Desk, settings: Settings) -> None:
    kept = sorted(Path(settings.home_path / "files").rglob("*.pieces"))
    assert desk.hand_in(writing.camt(TOLD, closing_off=1)).status_code == 422
    assert count("statement_upload") == 0
    assert sorted(Path(settings.home_path / "files").rglob("*.pieces")) == kept
    assert desk.finance.get(f"/finance/imports/{uuid4()}").status_code == 404
    assert desk.finance.get(f"/finance/profiles/{uuid4()}").status_code == 404


def test_pieces_are_locked_and_open_anywhere(desk: Desk) -> None:
    owner, id, plain = uuid4(), uuid4(), bytes(range(256)) * 9_000
    kept = pieces.put(owner, id, (plain[n : n + 70_000] for n in range(0, len(plain), 70_000)))
    assert kept.size == len(plain)
    with pieces.opened(owner, id, kept.size) as file:
        assert file.read() == plain
        file.seek(-300, 2)
        assert file.read(10) == plain[-300:-290]
        file.seek(pieces.PIECE - 5)
        assert file.read(10) == plain[pieces.PIECE - 5 : pieces.PIECE + 5]
    (stored,) = files.folder_of(owner).glob("*.pieces")
    assert plain[:64] not in stored.read_bytes()
    pieces.drop(owner, id)
    with pytest.raises(files.FileMissing):
        pieces.opened(owner, id, kept.size)
