"""The embedded server's contract, one test for each clause of stack.md §3. Some clauses need root."""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from marketplace.foundation import embedded
from marketplace.foundation.embedded import EmbeddedPostgresUnavailable, open_server

LAUNCHER = Path(embedded.__file__)
WHEEL_AT = Path(importlib.util.find_spec(embedded.WHEEL).submodule_search_locations[0])  # type: ignore[union-attr,index]
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")


@pytest.fixture
def home() -> Iterator[Path]:
    top = Path(tempfile.mkdtemp())  # not tmp_path: pytest makes that 0700, which root's stand-in may not enter
    top.chmod(0o755)
    yield top / "a home with spaces"
    shutil.rmtree(top, ignore_errors=True)


@dataclass
class Holder:
    process: subprocess.Popen[str]
    role: str
    server_pid: int
    url: str


@contextmanager
def held(home: Path, *, by: int = 1) -> Iterator[list[Holder]]:
    """Other processes that open the same home at the same moment and keep it open until killed."""
    asked: list[str | Path] = [sys.executable, LAUNCHER, home, "--hold"]
    with ExitStack() as stack:
        processes = [stack.enter_context(subprocess.Popen(asked, stdout=subprocess.PIPE, text=True)) for _ in range(by)]
        said = [process.stdout.readline().split() for process in processes if process.stdout]
        yield [Holder(process, role, int(pid), url) for process, (role, pid, url) in zip(processes, said, strict=True)]
        for process in processes:
            process.kill()


def gone(pid: int, *, within: float = 10) -> bool:
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX":
                return True
        except FileNotFoundError:
            return True
        time.sleep(0.05)
    return False


def test_first_start_then_second_start_keeps_the_data(home: Path) -> None:
    with open_server(home) as server, psycopg.connect(server.url) as c:
        c.execute("create table t as select 1 as n")
    assert gone(server.pid)
    with open_server(home) as server, psycopg.connect(server.url) as c:
        assert c.execute("select n from t").fetchone() == (1,)
        assert c.execute("show timezone").fetchone() == ("UTC",)


def test_the_password_is_needed_and_the_port_is_local(home: Path) -> None:
    with open_server(home) as server:
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(server.url.replace(server.password, "guess"))
        with psycopg.connect(server.url) as c:
            assert c.execute("show listen_addresses").fetchone() == ("127.0.0.1",)
        assert (home / "password").stat().st_mode & 0o077 == 0


def test_several_cold_starters_share_one_server(home: Path) -> None:
    with held(home, by=4) as holders:
        assert sorted(each.role for each in holders) == ["guest", "guest", "guest", "owner"]
        assert len({each.server_pid for each in holders}) == 1
    assert gone(holders[0].server_pid)


def test_a_guest_leaves_the_server_running(home: Path) -> None:
    with open_server(home) as server:
        with held(home) as (guest,):
            assert (guest.role, guest.server_pid, guest.url) == ("guest", server.pid, server.url)
        with psycopg.connect(server.url) as c:
            assert c.execute("select 1").fetchone() == (1,)


def test_the_server_dies_with_a_killed_owner_and_another_may_start_it(home: Path) -> None:
    with held(home) as (owner,):
        assert owner.role == "owner"
    assert gone(owner.server_pid)
    assert "database system is shut down" in (home / "server.log").read_text()
    with open_server(home) as server:
        assert server.owned


def test_a_killed_server_loses_nothing_committed(home: Path) -> None:
    with open_server(home) as server, psycopg.connect(server.url, autocommit=True) as c:
        c.execute("create table t as select 1 as n")
        os.kill(server.pid, signal.SIGKILL)
        assert gone(server.pid)
    with open_server(home) as server, psycopg.connect(server.url) as c:
        assert c.execute("select n from t").fetchone() == (1,)


def test_an_interrupted_first_start_is_begun_again(home: Path) -> None:
    (home / "data.unfinished").mkdir(parents=True)
    (home / "data.unfinished" / "PG_VERSION").write_text("18\n")
    with open_server(home) as server:
        assert server.owned


def test_a_directory_of_another_major_is_refused_untouched(home: Path) -> None:
    (home / "data").mkdir(parents=True)
    (home / "data" / "PG_VERSION").write_text("17\n")
    with pytest.raises(EmbeddedPostgresUnavailable, match="PostgreSQL 17"), open_server(home):
        pass
    assert [p.name for p in (home / "data").iterdir()] == ["PG_VERSION"]


def test_foreign_postgres_settings_do_not_leak_in(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"PGDATA": "/nowhere", "PGPORT": "1", "PGHOST": "db.example", "LC_ALL": "xx_XX"}.items():
        monkeypatch.setenv(name, value)
    with open_server(home) as server, psycopg.connect(server.url) as c:
        assert c.execute("select 1").fetchone() == (1,)


def test_without_the_wheel_both_cures_are_named(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "WHEEL", "no_such_wheel")
    with pytest.raises(EmbeddedPostgresUnavailable, match=r"set DATABASE_URL, or install"), open_server(home):
        pass


def test_only_the_main_thread_may_start_it(home: Path) -> None:
    with ThreadPoolExecutor(1) as pool:
        failure = pool.submit(lambda: open_server(home).__enter__()).exception()
    assert isinstance(failure, RuntimeError)


def test_ctrl_c_in_the_terminal_does_not_reach_the_server(home: Path) -> None:
    with open_server(home) as server:
        assert os.getpgid(server.pid) != os.getpgid(0)


def test_fast_and_unsafe_is_asked_for(home: Path) -> None:
    for durable, fsync in ((True, "on"), (False, "off")):
        with open_server(home, durable=durable) as server, psycopg.connect(server.url) as c:
            assert c.execute("show fsync").fetchone() == (fsync,)


@as_root
def test_root_lends_an_unprivileged_user_and_changes_no_other_mode(home: Path) -> None:
    users, before = Path("/etc/passwd").read_bytes(), home.parent.stat().st_mode
    with open_server(home) as server:
        assert Path(f"/proc/{server.pid}").stat().st_uid in {
            e.pw_uid for e in pwd.getpwall() if e.pw_name in {"postgres", "nobody"}
        }
    assert (Path("/etc/passwd").read_bytes(), home.parent.stat().st_mode) == (users, before)


@as_root
def test_a_home_below_a_private_folder_is_refused_in_words(home: Path) -> None:
    home.parent.chmod(0o700)
    with pytest.raises(EmbeddedPostgresUnavailable, match="only root may enter"), open_server(home):
        pass


@as_root
def test_programs_below_a_private_folder_are_copied(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    private = Path(tempfile.mkdtemp())  # 0700
    shutil.copytree(WHEEL_AT / "pginstall18", private / embedded.WHEEL / "pginstall18", symlinks=True)
    shutil.copytree(WHEEL_AT.parent / f"{embedded.WHEEL}.libs", private / f"{embedded.WHEEL}.libs")
    (private / embedded.WHEEL / "__init__.py").touch()
    monkeypatch.syspath_prepend(private)
    monkeypatch.setattr(embedded, "CACHE", home.parent / "cache")
    with open_server(home) as server:
        assert Path(f"/proc/{server.pid}/exe").readlink().is_relative_to(home.parent / "cache")
    assert private.stat().st_mode & 0o777 == 0o700
    shutil.rmtree(private)


@as_root
def test_an_ordinary_user_needs_no_privilege(home: Path) -> None:
    nobody, python = pwd.getpwnam("nobody"), shutil.which("python3", path=os.defpath)
    if python is None:
        pytest.skip("no interpreter that an ordinary user can run")
    os.chown(home.parent, nobody.pw_uid, nobody.pw_gid)
    ran = subprocess.run(
        [python, "-B", LAUNCHER, str(home)],
        capture_output=True,
        text=True,
        cwd="/",
        env={"PYTHONPATH": str(WHEEL_AT.parent)},
        user=nobody.pw_uid,
        group=nobody.pw_gid,
        extra_groups=[],
        check=False,
    )
    assert ran.stdout.startswith("owner"), ran.stderr
    assert (home / "data").stat().st_uid == nobody.pw_uid
