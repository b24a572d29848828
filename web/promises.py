"""The 160 clauses of the five policies, each with the test that bears its ID, or the reason why it waits.

`web/promises.toml` is the list; a clause is tested when `tests/promises/` holds a function named `test_<id>_…`.
"""

import ast
import tomllib
from dataclasses import dataclass
from pathlib import Path

LIST = Path(__file__).parent / "promises.toml"
TESTS = Path(__file__).parent.parent / "tests" / "promises"
POLICIES = {"T": 34, "O": 50, "I": 28, "M": 25, "K": 23}  # promises.md, the count at its end


@dataclass(frozen=True)
class Clause:
    """One sentence of a policy: what it demands, its test, or why it waits."""

    id: str
    demands: str
    test: str = ""
    reason: str = ""

    @property
    def state(self) -> str:
        if self.test:
            return "tested"
        return "waiting" if self.reason else "missing"


def clauses() -> list[Clause]:
    """Every clause in the order of the policies."""
    listed = tomllib.loads(LIST.read_text("utf-8"))
    tests = _tests()
    found = []
    for letter, count in POLICIES.items():
        for number in range(1, count + 1):
            id = f"{letter}{number}"
            entry = listed.get(id, {})
            found.append(Clause(id, entry.get("demands", ""), tests.get(id, ""), entry.get("waits", "")))
    return found


def _tests() -> dict[str, str]:
    named: dict[str, str] = {}
    for file in sorted(TESTS.glob("test_*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                id = node.name.split("_")[1].upper()
                named.setdefault(id, f"tests/promises/{file.name}::{node.name}")
    return named
