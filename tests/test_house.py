"""The house rules that a linter cannot see. Each failure says what to do."""

import ast
import importlib
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest

from marketplace.foundation.errors import Refused
from marketplace.foundation.registry import columns
from marketplace.foundation.settings import Settings
from web import schema

PROJECT = Path(__file__).parent.parent
FLOORS = ("marketplace", "payments", "booking", "web")
LONGEST_FILE, LONGEST_FUNCTION = 400, 50
READS_CLOCK = {"marketplace/foundation/clock.py", "marketplace/foundation/ids.py"}
OPENS_TRANSACTIONS = ("web/", "marketplace/foundation/tasks.py", "marketplace/foundation/database.py")
RUNTIME_PARTS = ("node_modules", "static", "migrations")


def sources(*folders: str) -> Iterator[tuple[str, str]]:
    for folder in folders or FLOORS:
        for file in sorted((PROJECT / folder).rglob("*.py")):
            if not any(part in file.parts for part in RUNTIME_PARTS):
                yield str(file.relative_to(PROJECT)), file.read_text()


def allowed_by_decision(path: str) -> bool:
    """A decision page may let a file be longer: it names the file in a line `allows: path`."""
    pages = (PROJECT / "marketplace" / "decisions").glob("*.md")
    return any(f"allows: {path}" in page.read_text() for page in pages)


def every_module() -> None:
    for path, _ in sources():
        if not path.endswith("__main__.py") and not path.startswith("web/commands/__init__"):
            importlib.import_module(path.removesuffix(".py").replace("/", ".").removesuffix(".__init__"))


def below(kind: type[Refused]) -> set[type[Refused]]:
    found = set(kind.__subclasses__())
    return found.union(*(below(each) for each in found)) if found else found


def test_every_refusal_has_an_answer_and_its_facts_exist() -> None:
    every_module()
    from web.sentences import ANSWERS

    ours = {kind for kind in below(Refused) if not kind.__module__.startswith("tests.")}
    missing = sorted(f"{kind.__module__}.{kind.__name__}" for kind in ours - set(ANSWERS))
    assert not missing, f"give each a status and a sentence in web/sentences/: {missing}"
    for kind, (status, sentence) in ANSWERS.items():
        assert 400 <= status < 500 or status == 503, f"{kind.__name__}: a refusal is a 4xx, or 503 for not yet"
        facts = set(getattr(kind, "__dataclass_fields__", ()))
        named = set(re.findall(r"{(\w+)}", sentence))
        assert named <= facts, f"{kind.__name__} has no {named - facts}; its facts are {facts}"


def test_every_column_is_registered() -> None:
    schema.load_tables()
    silent = [f"{column.table}.{column.name}" for column in columns() if column.field is None]
    assert not silent, f"say what each holds with info=field(…) or info=SYSTEM: {silent}"


def test_every_personal_column_is_sealed_hashed_or_a_reference() -> None:
    schema.load_tables()
    plain = [
        f"{column.table}.{column.name} ({column.field.cat})"
        for column in columns()
        if column.field
        and column.field.cat.startswith(("user.contact", "user.name", "user.content"))
        and not column.field.crypt
    ]
    assert not plain, f"a personal value stands in clear: {plain}"


def test_only_the_edge_and_the_task_runner_open_transactions() -> None:
    guilty = [
        path
        for path, text in sources()
        if re.search(r"\btransaction\(\)", text)
        and not path.startswith(OPENS_TRANSACTIONS)
        and not (path.endswith("tasks.py") and "in_steps=True" in text)
    ]
    assert not guilty, f"take `session` as an argument and let the handler open the transaction: {guilty}"


def test_the_clock_is_read_in_one_file() -> None:
    pattern = re.compile(r"datetime\.(now|utcnow|today)\(|date\.today\(|time\.time\(|func\.now\(\)")
    guilty = [path for path, text in sources() if path not in READS_CLOCK and pattern.search(text)]
    guilty = [path for path in guilty if not path.endswith("vault.py")]  # the keys' database keeps its own time
    assert not guilty, f"be told `now`, or ask foundation.clock: {guilty}"


def test_no_sentences_below_the_edge() -> None:
    guilty = [path for path, text in sources("marketplace", "payments", "booking") if re.search(r"\bn?gettext\b", text)]
    assert not guilty, f"raise a Refused with facts; web/sentences gives it words: {guilty}"


def test_every_package_says_what_it_is() -> None:
    silent = []
    for floor in FLOORS:
        for init in sorted((PROJECT / floor).rglob("__init__.py")):
            if any(part in init.parts for part in RUNTIME_PARTS):
                continue
            if not ast.get_docstring(ast.parse(init.read_text())) and not (init.parent / "README.md").exists():
                silent.append(str(init.relative_to(PROJECT)))
    assert not silent, f"begin each package with a docstring or a README.md: {silent}"


def test_every_setting_is_in_the_readme() -> None:
    text = (PROJECT / "README.md").read_text()
    missing = [each.metadata["name"] for each in fields(Settings) if f"`{each.metadata['name']}`" not in text]
    assert not missing, f"add a line to the settings table of README.md: {missing}"


def test_files_and_functions_are_short() -> None:
    long_files, long_functions = [], []
    for path, text in sources(*FLOORS, "tests"):
        lines = text.count("\n")
        if lines > LONGEST_FILE and not allowed_by_decision(path):
            long_files.append(f"{path} ({lines})")
        if path.startswith("tests/"):
            continue  # a test may tell a long story, in a file about one thing
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > LONGEST_FUNCTION:
                    long_functions.append(f"{path}:{node.name} ({length})")
    assert not long_files, f"a new noun waits for its name in: {long_files}"
    assert not long_functions, f"a new verb waits for its name in: {long_functions}"


def test_redirects_go_through_one_function() -> None:
    guilty = [
        path
        for path, text in sources("web")
        if "Redirect(" in text and path not in ("web/respond.py", "web/errors.py") and not path.startswith("web/bank/")
    ]
    assert not guilty, f"a bare Redirect answers 302, which may repeat a POST: use respond.see_other: {guilty}"


def test_every_route_declares_a_policy() -> None:
    from litestar.handlers import HTTPRouteHandler

    from web.app import all_routes
    from web.policies import POLICIES

    silent = [
        f"{handler.fn.__module__}.{handler.fn.__name__}"
        for handler in all_routes()
        if isinstance(handler, HTTPRouteHandler) and handler.opt.get("policy") not in POLICIES
    ]
    assert not silent, f"name a policy of web/policies.py in opt: {silent}"


def test_a_handler_that_runs_in_a_thread_has_one_path() -> None:
    from litestar.handlers import HTTPRouteHandler

    from web.app import all_routes

    several = [
        f"{handler.fn.__module__}.{handler.fn.__name__}"
        for handler in all_routes()
        if isinstance(handler, HTTPRouteHandler) and handler.sync_to_thread and len(handler.paths) > 1
    ]
    assert not several, f"Litestar registers it once a path, and then it answers 500: one function for each: {several}"


@pytest.mark.parametrize("word", ["TODO", "FIXME", "XXX"])
def test_nothing_is_left_for_later_in_the_code(word: str) -> None:
    guilty = [path for path, text in sources() if word in text]
    assert not guilty, f"do it, or say it in a decision page: {guilty}"


def test_no_registry_host_is_named() -> None:
    hosts = re.compile(r'"resolved": *"https?:|registry *= *"https?:|index-url|deb https?:')
    named = [
        str(file.relative_to(PROJECT))
        for file in PROJECT.rglob("*")
        if file.suffix in {".json", ".toml", ".lock", ".txt", ".cfg", ".npmrc"}
        and file.is_file()
        and not any(part in {"node_modules", ".venv", ".venv-3.13", ".git", "static"} for part in file.parts)
        and hosts.search(
            "\n".join(line for line in file.read_text(errors="replace").splitlines() if not line.startswith("#"))
        )
    ]
    assert not named, f"lock files carry hashes, not addresses: {named}"
