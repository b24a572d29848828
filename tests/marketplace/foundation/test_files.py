"""Files of people: whole or absent, unreadable without the owner's key."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import pytest

from marketplace.foundation import files, vault

PHOTO = b"\xff\xd8\xff planted photo " + b"x" * 10_000


@pytest.fixture(autouse=True)
def folder(keys: str, tmp_path: Path) -> Iterator[Path]:
    before = files._Process.folder
    files.open_files(tmp_path / "files")
    yield tmp_path / "files"
    files._Process.folder = before


def everything(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_file_comes_back_and_lies_encrypted(folder: Path) -> None:
    owner = uuid4()
    address = files.put(owner, PHOTO)
    assert files.get(owner, address) == PHOTO
    (stored,) = everything(folder)
    assert b"planted" not in stored.read_bytes()
    assert folder.stat().st_mode & 0o777 == 0o700


def test_one_content_of_one_owner_is_stored_once_and_shares_nothing_with_another(folder: Path) -> None:
    owner, other = uuid4(), uuid4()
    assert files.put(owner, PHOTO) == files.put(owner, PHOTO)
    assert files.put(owner, PHOTO) != files.put(other, PHOTO)
    assert len(everything(folder)) == 2


def test_nobody_reads_under_another_owner(folder: Path) -> None:
    address = files.put(uuid4(), PHOTO)
    with pytest.raises(files.FileMissing):
        files.get(uuid4(), address)


def test_an_address_is_never_a_path(folder: Path) -> None:
    for address in ("../../etc/passwd", "", "a" * 63, "A" * 64, "a" * 64 + "\n"):
        with pytest.raises(files.FileMissing):
            files.get(uuid4(), address)


def test_an_altered_file_does_not_open(folder: Path) -> None:
    owner = uuid4()
    address = files.put(owner, PHOTO)
    (stored,) = everything(folder)
    stored.write_bytes(stored.read_bytes()[:-3] + b"abc")
    with pytest.raises(vault.CannotOpen):
        files.get(owner, address)


def test_a_deleted_file_is_gone_and_deleting_again_is_harmless(folder: Path) -> None:
    owner = uuid4()
    address = files.put(owner, PHOTO)
    files.delete(owner, address)
    files.delete(owner, address)
    assert not files.exists(owner, address)
    assert everything(folder) == []


def test_erasing_a_person_takes_all_files(folder: Path) -> None:
    owner, other = uuid4(), uuid4()
    address = files.put(owner, PHOTO)
    files.put(owner, PHOTO + b"2")
    files.put(other, PHOTO)
    vault.destroy(owner)
    with pytest.raises(vault.Erased):
        files.get(owner, address)
    assert (files.delete_all(owner), files.delete_all(owner)) == (2, 0)
    assert len(everything(folder)) == 1


def test_many_writers_of_one_file_leave_one_whole_file(folder: Path) -> None:
    owner = uuid4()
    with ThreadPoolExecutor(8) as pool:
        (address,) = set(pool.map(lambda _: files.put(owner, PHOTO), range(16)))
    assert files.get(owner, address) == PHOTO
    assert len(everything(folder)) == 1
