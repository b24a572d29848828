"""The import contracts hold on our tree, and each breaks on a planted violation."""

import shutil
import subprocess
import sysconfig
from pathlib import Path

import pytest

PROJECT = Path(__file__).parent.parent
LINT = Path(sysconfig.get_path("scripts")) / "lint-imports"
PACKAGES = ("marketplace", "payments", "booking", "web")

ONE_WAY = "web -> booking -> payments -> marketplace"
NO_NAMES = "Payments stand on the foundation alone"
MARKETPLACE = "Every marketplace folder has a floor"
PAYMENTS = "Wallets stand on the ledger and the gateways; audits look at everything"
BOOKING = "Jobs stand on time, price and place; the work and its troubles stand on jobs"
FEATURE = "tasks -> actions -> queries -> tables -> rules"
PURE = "Rules know no framework"
STRIPE = "Only the gateways speak Stripe"
EDGE = "HTTP, templates and the broker live in web"
SOLVER = "Only the solver's own process imports the solver"
ALL = {ONE_WAY, NO_NAMES, MARKETPLACE, PAYMENTS, BOOKING, FEATURE, PURE, STRIPE, EDGE, SOLVER}


def broken(root: Path) -> set[str]:
    """The names of the contracts that do not hold."""
    asked: list[str | Path] = [LINT, "--config", "pyproject.toml", "--no-cache"]
    shown = subprocess.run(asked, cwd=root, capture_output=True, text=True, check=False)
    told = [line.partition(" (")[0] for line in shown.stdout.splitlines()]  # "… KEPT (1 ignored import)"
    verdicts = [line for line in told if line.endswith(("KEPT", "BROKEN"))]
    assert len(verdicts) == len(ALL), shown.stdout + shown.stderr
    return {line.removesuffix(" BROKEN") for line in verdicts if line.endswith("BROKEN")}


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("house")
    shutil.copy(PROJECT / "pyproject.toml", root)
    for package in PACKAGES:
        for file in (PROJECT / package).rglob("*.py"):
            if "node_modules" not in file.parts:
                target = root / file.relative_to(PROJECT)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(file, target)
    return root


def test_our_tree_keeps_every_contract(copy: Path) -> None:
    assert broken(copy) == set()


@pytest.mark.parametrize(
    ("contract", "file", "violation"),
    [
        (ONE_WAY, "payments/wallets/actions.py", "import booking.jobs.queries"),
        (NO_NAMES, "payments/wallets/queries.py", "import marketplace.people.tables"),
        (MARKETPLACE, "marketplace/people/queries.py", "import marketplace.privacy.queries"),
        (MARKETPLACE, "marketplace/kitchen_sink/__init__.py", ""),
        (PAYMENTS, "payments/ledger/queries.py", "import payments.wallets.queries"),
        (PAYMENTS, "payments/odds_and_ends.py", ""),
        (BOOKING, "booking/jobs/queries.py", "import booking.dispatch.queries"),
        (BOOKING, "booking/chat/__init__.py", ""),
        (FEATURE, "booking/jobs/tables.py", "import booking.jobs.queries"),
        (PURE, "booking/pricing/rules.py", "import sqlalchemy"),
        (STRIPE, "payments/wallets/queries.py", "import stripe"),
        (SOLVER, "booking/dispatch/vroom_planner.py", "import vroom"),
        (EDGE, "booking/dispatch/rules.py", "import dramatiq"),
        (EDGE, "marketplace/notices/actions.py", "import jinja2"),
    ],
)
def test_a_planted_violation_breaks_its_contract(copy: Path, contract: str, file: str, violation: str) -> None:
    target = copy / file
    before = target.read_text() if target.exists() else None
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text((before or "") + "\n" + violation + "\n")
    try:
        assert contract in broken(copy)
    finally:
        if before is None:
            shutil.rmtree(target.parent) if target.name == "__init__.py" else target.unlink()
        else:
            target.write_text(before)
