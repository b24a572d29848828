"""A person's values: sealed under one key, found without being read, gone when the key is gone."""

import json
import pickle
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, text

from marketplace.foundation import keyfile, vault
from marketplace.foundation.database import driver_url, make_engine
from marketplace.foundation.sealed import Sealed


def wrapped_rows(keys: str) -> int:
    engine = create_engine(driver_url(keys))
    with engine.connect() as connection:
        found = int(connection.scalar(text("select count(*) from person_key where wrapped is not null")) or 0)
    engine.dispose()
    return found


def test_what_is_sealed_can_be_opened_again(keys: str) -> None:
    person, where = uuid4(), vault.place("contact", "value", uuid4())
    sealed = vault.seal(person, where, "রহিমা +8801711223344")
    assert vault.unseal(person, where, sealed) == "রহিমা +8801711223344"
    assert b"1711223344" not in sealed.ciphertext


def test_equal_values_are_sealed_differently_and_found_by_the_same_blind_index(keys: str) -> None:
    person, where = uuid4(), "contact.value:1"
    assert vault.seal(person, where, "same") != vault.seal(person, where, "same")
    assert vault.blind("phone", "+8801711223344") == vault.blind("phone", "+8801711223344")
    assert vault.blind("phone", "+8801711223344") != vault.blind("last4", "+8801711223344")
    assert len(vault.blind("phone", "x")) == 32


def test_a_ciphertext_that_was_moved_does_not_open(keys: str) -> None:
    person, other = uuid4(), uuid4()
    sealed = vault.seal(person, "contact.value:1", "secret")
    for who, where in ((person, "contact.value:2"), (person, "address.line:1"), (other, "contact.value:1")):
        with pytest.raises(vault.CannotOpen):
            vault.unseal(who, where, sealed)


def test_an_altered_ciphertext_does_not_open(keys: str) -> None:
    person = uuid4()
    raw = bytearray(vault.seal(person, "a.b:1", "secret").ciphertext)
    for spoiled in (raw[:-1], raw[:5], b"\x02" + raw[1:], raw[:-1] + bytes([raw[-1] ^ 1])):
        with pytest.raises(vault.CannotOpen):
            vault.unseal(person, "a.b:1", Sealed(bytes(spoiled)))


def test_an_erased_person_stays_erased(keys: str) -> None:
    person = uuid4()
    sealed = vault.seal(person, "a.b:1", "secret")
    fingerprint = vault.destroy(person)
    assert len(fingerprint) == 16
    with pytest.raises(vault.Erased):
        vault.unseal(person, "a.b:1", sealed)
    with pytest.raises(vault.Erased):
        vault.seal(person, "a.b:1", "again")
    with pytest.raises(vault.Erased):
        vault.make_key(person)
    assert vault.destroy(person) == fingerprint


def test_a_person_erased_before_having_a_key_never_gets_one(keys: str) -> None:
    person = uuid4()
    assert vault.destroy(person) == ""
    with pytest.raises(vault.Erased):
        vault.make_key(person)


def test_another_process_forgets_a_destroyed_key_within_a_minute(keys: str, monkeypatch: pytest.MonkeyPatch) -> None:
    person = uuid4()
    sealed = vault.seal(person, "a.b:1", "secret")
    engine = create_engine(driver_url(keys))
    with engine.begin() as connection:  # as another process would do it
        gone = "update person_key set wrapped = null, destroyed_at = now() where person_id = :id"
        connection.execute(text(gone), {"id": person})
    engine.dispose()
    start = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: start + 60)
    with pytest.raises(vault.Erased):
        vault.unseal(person, "a.b:1", sealed)


def test_twenty_threads_make_one_key(keys: str) -> None:
    person, before = uuid4(), wrapped_rows(keys)
    with ThreadPoolExecutor(20) as pool:
        sealed = list(pool.map(lambda n: vault.seal(person, f"a.b:{n}", str(n)), range(20)))
    assert wrapped_rows(keys) == before + 1
    assert [vault.unseal(person, f"a.b:{n}", each) for n, each in enumerate(sealed)] == [str(n) for n in range(20)]


def test_erasing_wins_over_sealing_in_a_race(keys: str) -> None:
    people = [uuid4() for _ in range(20)]

    def act(n: int) -> str:
        try:
            vault.destroy(people[n // 2]) if n % 2 else vault.seal(people[n // 2], "a.b:1", "x")
        except vault.Erased:
            return "erased"
        return "done"

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(act, range(40)))
    for person in people:
        vault._vault().forget(person)
        with pytest.raises(vault.Erased):
            vault.make_key(person)


def test_keys_of_a_list_are_fetched_in_one_question(keys: str) -> None:
    people = [uuid4() for _ in range(5)]
    for person in people:
        vault.make_key(person)
        vault._vault().forget(person)
    vault.prepare(people)
    assert all(vault._vault()._remembered(person) for person in people)


def test_a_sealed_value_cannot_be_shown_by_accident() -> None:
    sealed = Sealed(b"abc")
    assert "abc" not in repr([sealed])
    for show in (str, format, "{}".format, lambda it: f"{it}", lambda it: it.__html__(), json.dumps, pickle.dumps):
        with pytest.raises(TypeError):
            show(sealed)


def test_new_wrapping_keys_renew_what_older_ones_wrapped(keys: str, tmp_path: Path) -> None:
    original = vault._vault().keys
    file = tmp_path / "keys"
    vault.make_key_file(file)
    database = make_keys_database(keys)
    try:
        vault.open_vault(database, file)
        person = uuid4()
        sealed = vault.seal(person, "a.b:1", "secret")
        assert keyfile.add_wrapping_key(file) == 2
        vault.open_vault(database, file)
        assert vault.unseal(person, "a.b:1", sealed) == "secret"
        assert (vault.rewrap(), vault.rewrap()) == (1, 0)
        lines = [line for line in file.read_text().splitlines() if not line.startswith("wrap 1 ")]
        file.write_text("\n".join(lines))
        vault.open_vault(database, file)
        assert vault.unseal(person, "a.b:1", sealed) == "secret"
    finally:
        reopen(keys, original)


def make_keys_database(keys: str) -> str:
    name = f"karigar_keys_{uuid4().hex[:8]}"
    engine = create_engine(driver_url(keys), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"create database {name}"))
    engine.dispose()
    return keys.rpartition("/")[0] + "/" + name


def reopen(keys: str, original: keyfile.Keys) -> None:
    vault.close_vault()
    vault._Process.vault = vault._Vault(make_engine(keys, connections=8), original)


def test_the_keys_may_not_lie_beside_the_people(keys: str, tmp_path: Path) -> None:
    database = make_keys_database(keys)
    engine = create_engine(driver_url(database))
    with engine.begin() as connection:
        connection.execute(text("create table person (id uuid)"))
    engine.dispose()
    vault.make_key_file(tmp_path / "keys")
    with pytest.raises(vault.KeysBesideData):
        vault.open_vault(database, tmp_path / "keys")


def test_a_key_file_is_for_its_owner_only_and_never_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    vault.make_key_file(file)
    assert file.stat().st_mode & 0o777 == 0o600
    with pytest.raises(FileExistsError):
        vault.make_key_file(file)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "wrap 1 AAAA\nindex 1 AAAA",
        "wrap 1 " + "A" * 43 + "=\nindex 1 " + "A" * 43 + "=",
        "wrap 1 MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=\nindex 1 MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
        "wrap one MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
    ],
)
def test_a_poor_key_file_is_refused_without_quoting_it(tmp_path: Path, content: str) -> None:
    file = tmp_path / "keys"
    file.write_text(content)
    with pytest.raises(vault.KeyFileUnusable) as refused:
        keyfile.read_key_file(file)
    assert "MDEy" not in str(refused.value)


def test_the_keys_are_not_in_their_database_in_clear(keys: str) -> None:
    person = uuid4()
    vault.make_key(person)
    key = vault._vault().key_of(person)
    engine = create_engine(driver_url(keys))
    with engine.connect() as connection:
        stored = connection.execute(text("select wrapped from person_key where person_id = :p"), {"p": person}).scalar()
    engine.dispose()
    assert stored is not None
    assert key not in bytes(stored)
