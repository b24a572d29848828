"""The head of the chain, kept outside the database, tells of a history that was changed and sealed anew."""

import json
import time
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, text

from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from payments.ledger import actions as ledger
from tests.payments.ledger.books import open_books, top_up
from web.commands import main


def sealed() -> int:
    with transaction() as session:
        return ledger.seal(session)


def told(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    answer: dict[str, object] = json.loads(capsys.readouterr().out)
    return answer


def test_a_published_head_outlives_a_history_sealed_anew(
    database: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", database.url.set(drivername="postgresql").render_as_string(hide_password=False))
    heads = tmp_path / "heads"
    with transaction() as session:
        top_up(session, open_books(session), 900)
    while not sealed():  # another database of this server may have a writer at work
        time.sleep(0.05)
    with transaction() as session:  # as it is mailed to finance each day
        assert ledger.publish_head(session, day=clock.now().date(), now=clock.now()) is not None
        assert ledger.publish_head(session, day=clock.now().date(), now=clock.now()) is None
    assert main(["seal", "--json", "--publish", str(heads)]) == 0
    assert told(capsys)["figures"] == {"sealed": 0, "seals": 1, "changed": 0}
    assert main(["seal", "--json", "--check", str(heads)]) == 0
    capsys.readouterr()
    assert main(["verify", "--json", "--since", "2020-01-01"]) == 0
    figures = told(capsys)["figures"]
    assert isinstance(figures, dict)
    assert figures["18_broken_seals"] == 0

    owner = create_engine(database.url)
    with owner.begin() as connection:  # somebody with all rights, who knows how seals are made
        for table in ("transfer", "seal"):
            connection.execute(text(f"ALTER TABLE ledger.{table} DISABLE TRIGGER USER"))
        connection.execute(text("UPDATE ledger.transfer SET reason = 'another story'"))
        connection.execute(
            text("UPDATE ledger.seal SET hash = (ledger._link(prev_hash, incarnation, '0'::xid8, to_xid)).hash")
        )
    owner.dispose()
    assert main(["seal", "--json", "--check", str(heads)]) == 1
    assert told(capsys)["figures"] == {"sealed": 0, "seals": 1, "changed": 2}
    assert main(["seal", "--json"]) == 1
    assert told(capsys)["figures"] == {"sealed": 0, "seals": 1, "changed": 1}


@pytest.mark.parametrize("words", [["--sample", "0.5"], ["--all"], []])
def test_verify_finds_a_planted_fault_in_each_of_its_scopes(
    database: Engine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", database.url.set(drivername="postgresql").render_as_string(hide_password=False))
    with transaction() as session:
        books = open_books(session)
        for amount in range(1, 15):
            top_up(session, books, amount)
    assert main(["verify", "--json", *words]) == 0
    capsys.readouterr()
    owner = create_engine(database.url)
    with owner.begin() as connection:
        connection.execute(text("ALTER TABLE ledger.entry DISABLE TRIGGER USER"))
        connection.execute(text("UPDATE ledger.entry SET d_posted = d_posted + 1000"))
    owner.dispose()
    assert main(["verify", "--json", *words]) == 1
    figures = told(capsys)["figures"]
    assert isinstance(figures, dict)
    assert figures["01_unbalanced_transfers"] > 0
