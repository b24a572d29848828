"""The same two-legged transfer by django-hordak, as published, for comparison only; the product never imports it.

`python other_ledger.py prepare URL`, then `… run URL 4 3`, with an interpreter that has the package: processes,
seconds; prints `tps = …`. Everything is imported by name, as none of it need be installed.
"""

import importlib
import multiprocessing
import random
import sys
import time
from decimal import Decimal
from typing import Any
from urllib.parse import unquote, urlsplit

ACCOUNTS = 200


def set_up(url: str) -> Any:
    """Django on the database of `url`; hordak's models."""
    parts = urlsplit(url)
    settings: Any = importlib.import_module("django.conf").settings
    settings.configure(
        INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "mptt", "hordak"],
        DATABASES={"default": {
            "ENGINE": "django.db.backends.postgresql", "NAME": parts.path.lstrip("/"), "USER": parts.username,
            "PASSWORD": unquote(parts.password or ""), "HOST": parts.hostname, "PORT": parts.port,
        }},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField", SECRET_KEY="-",  # noqa: S106  # signs nothing
        USE_TZ=True, DEFAULT_CURRENCY="USD",
        CURRENCIES=["USD"],
    )  # fmt: skip
    importlib.import_module("django").setup()
    return importlib.import_module("hordak.models")


def prepare(url: str) -> None:
    """Its tables, and accounts to move money between."""
    models = set_up(url)
    importlib.import_module("django.core.management").call_command("migrate", verbosity=0)
    kind = models.Account.TYPES.liability if hasattr(models.Account, "TYPES") else models.AccountType.liability
    for number in range(ACCOUNTS):
        models.Account.objects.create(name=f"a{number}", code=f"{number:04d}", type=kind, currencies=["USD"])


def work(url: str, seconds: float, gate: Any, told: Any) -> None:
    """One process: transfers until the time is over."""
    models = set_up(url)
    money: Any = importlib.import_module("moneyed").Money(Decimal("0.01"), "USD")
    accounts = list(models.Account.objects.all())
    done = 0
    for turn in range(2):
        if turn:
            gate.wait()
        until = time.perf_counter() + (seconds if turn else 0.2)
        done = 0
        while time.perf_counter() < until:
            giver, taker = random.sample(accounts, 2)
            giver.transfer_to(taker, money)
            done += 1
    told.put(done)


def run(url: str, processes: int, seconds: float) -> None:
    """All processes at once; prints the speed."""
    context = multiprocessing.get_context("spawn")
    gate, told = context.Barrier(processes), context.Queue()
    running = [context.Process(target=work, args=(url, seconds, gate, told)) for _ in range(processes)]
    for process in running:
        process.start()
    done = sum(told.get() for _ in running)
    for process in running:
        process.join()
    sys.stdout.write(f"tps = {done / seconds:.1f}\n")


if __name__ == "__main__":
    if sys.argv[1] == "prepare":
        prepare(sys.argv[2])
    else:
        run(sys.argv[2], int(sys.argv[3]), float(sys.argv[4]))
