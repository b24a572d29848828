"""Fifty thousand random acts on the ledger and on its model of plain numbers: every answer, every balance."""

import os

import pytest
from sqlalchemy import Engine, create_engine, text

from marketplace.foundation.database import transaction
from payments import audits
from web.bench.model import walk

STEPS = int(os.environ.get("KARIGAR_MODEL_STEPS", "30000"))


def owner_url(database: Engine) -> str:
    """The same database without the application's role: the model's driver is a function of its own."""
    return database.url.set(drivername="postgresql").render_as_string(hide_password=False)


@pytest.mark.slow
def test_the_ledger_and_its_model_never_differ(database: Engine) -> None:
    outcome = walk(owner_url(database), steps=STEPS, seed=7)
    assert not outcome.divergence
    assert outcome.figures == {"steps": STEPS, "divergences": 0}
    with transaction() as session:
        session.execute(text("SET LOCAL statement_timeout = 0"))
        assert not {name: count for name, count in audits.figures(session).items() if count}


@pytest.mark.parametrize(
    ("guard", "without"),
    [
        ("part <= 0", "part < -100000"),  # a debt is paid with money that is not there, or was never owed
        ("x.posted - x.held - x.floor + ", "x.posted - x.floor + "),  # what is held is spent a second time
        ("first.fingerprint = mark", "true"),  # a key that is spent is answered whatever it is asked for
        ("CASE WHEN last THEN hold_rests[j] ELSE part END", "part"),  # the rest of a hold is never given back
    ],
)
def test_a_ledger_that_lost_a_guard_differs_from_the_model(database: Engine, guard: str, without: str) -> None:
    owner = create_engine(database.url)
    with owner.begin() as connection:
        changed = 0
        for source in connection.scalars(
            text("SELECT pg_get_functiondef(p.oid) FROM pg_proc p WHERE p.pronamespace = 'ledger'::regnamespace")
        ).all():
            if guard in source:
                connection.exec_driver_sql(source.replace(guard, without).replace("%", "%%"))
                changed += 1
        assert changed
    owner.dispose()
    assert walk(owner_url(database), steps=4_000, seed=3).divergence
