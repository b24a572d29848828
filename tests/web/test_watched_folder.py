"""What lies in the watched folder is taken in and moved aside, or refused with a reason beside it; and the command."""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import text

from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.settings import Settings
from payments.gateways import directory, sandbox
from payments.statements import profiles
from tests.payments.statements import writing
from tests.payments.statements.writing import BY_COLUMNS, Move, Told
from tests.web.conftest import Town, Visitor
from web import watched_folder
from web.commands import main

TOLD = Told((Move(500, date(2026, 11, 21)), Move(-200, date(2026, 11, 22))))
LATER = Told((Move(700, date(2026, 11, 23)),), opening=300)
LONG_AGO = 1_700_000_000


@pytest.fixture
def folder(town: object, somebody: Callable[..., Visitor], settings: Settings, tmp_path: Path) -> Iterator[Path]:
    somebody("finance")
    bank = sandbox.from_settings(
        replace(settings, sandbox_bank_url="http://127.0.0.1:9", sandbox_bank_secret="between the bank and us")
    )
    assert bank is not None
    directory.connect(bank)
    (tmp_path / "sandbox" / "My bank").mkdir(parents=True)
    yield tmp_path
    directory.connect()


def put(path: Path, body: bytes, *, settled: bool = True) -> None:
    path.write_bytes(body)
    if settled:
        os.utime(path, (LONG_AGO, LONG_AGO))


def lines() -> int:
    with transaction() as session:
        return session.scalar(text("SELECT count(*) FROM statement_line")) or 0


def test_files_are_taken_in_and_moved_aside(folder: Path) -> None:
    home = folder / "sandbox"
    put(home / "a.sta", writing.mt940(TOLD))
    put(home / "b.sta", writing.mt940(LATER, closing_off=1))
    put(home / "still-written.sta", writing.mt940(LATER), settled=False)
    put(home / "My bank" / "c.csv", b"x")
    watched_folder.open_folder(replace(SETTINGS, statements_folder=str(folder)))
    watched_folder.watch()
    watched_folder.open_folder(SETTINGS)
    assert lines() == 2
    assert [each.name for each in (home / "done").iterdir()] == ["a.sta"]
    refused = {each.name: each for each in (home / "refused").iterdir()}
    assert set(refused) == {"b.sta", "b.sta.why"}
    assert "do not make closing" in refused["b.sta.why"].read_text()
    assert (home / "still-written.sta").exists()
    assert "no profile" in (home / "My bank" / "refused" / "c.csv.why").read_text()
    put(home / "a.sta", writing.mt940(TOLD))
    watched_folder.look_into(folder)
    assert lines() == 2
    assert {each.name for each in (home / "done").iterdir()} == {"a.sta", "a-2.sta"}


def test_tables_are_read_by_the_profile_that_their_folder_names(folder: Path) -> None:
    with transaction() as session:
        by = session.scalars(text("SELECT id FROM person LIMIT 1")).one()
        profiles.save(session, name="My bank", gateway="sandbox", mapping=BY_COLUMNS, by=by, now=clock.now())
    put(folder / "sandbox" / "My bank" / "c.csv", writing.by_columns(TOLD))
    assert watched_folder.look_into(folder) == 1
    assert lines() == 2


def test_the_command_says_what_it_did(
    folder: Path, town: Town, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KARIGAR_MODE", "demo")
    monkeypatch.setenv("DATABASE_URL", town.url)
    good, bad = folder / "a.xml", folder / "b.xml"
    good.write_bytes(writing.camt(TOLD))
    bad.write_bytes(writing.camt(LATER, closing_off=1))
    words = ["statements", "import", str(good), str(bad), "--gateway", "sandbox", "--json"]
    assert main([*words, "--dry-run"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["rows"][0]["accounts"][0]["closing"] == 300
    assert main(words) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["figures"]["new_lines"], told["figures"]["refused"]) == (2, 1)
    assert "do not make closing" in told["rows"][1]["refused"]
    assert main([*words[:3], "--gateway", "sandbox", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["rows"][0]["again"] is True


SETTINGS = Settings(mode="demo")
