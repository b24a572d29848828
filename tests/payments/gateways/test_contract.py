"""The contract kit against every gateway, each with its own provider's fake, over HTTP."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from marketplace.foundation.database import new_session, open_database
from payments.gateways import directory
from tests.conftest import _drop, clone
from tests.payments.gateways.cases_after import CASES
from tests.payments.gateways.kit import Kit, open_door
from tests.payments.gateways.mutants import MUTANTS
from tests.payments.gateways.subjects import SUBJECTS, Subject
from tests.web.bank.running import RunningBank, running_bank

SUITED = [(name, case) for name, kind in SUBJECTS.items() for case, tried in CASES.items() if tried.needs <= kind.can]


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBank]:
    with running_bank(tmp_path_factory.mktemp("bank")) as running:
        yield running


@pytest.fixture(scope="module")
def subjects(bank: RunningBank) -> Iterator[dict[str, Subject]]:
    made: dict[str, Subject] = {name: kind(bank) for name, kind in SUBJECTS.items()}
    yield made
    for each in made.values():
        each.close()


@pytest.fixture(scope="module")
def door() -> Iterator[str]:
    with open_door() as address:
        yield address


@pytest.fixture(scope="module")
def shared(keys: str) -> Iterator[Engine]:
    """One database for all cases, with real commits: each case brings people of its own."""
    before = new_session.kw.get("bind")
    url, name = clone()
    engine = open_database(url, connections=24)
    yield engine
    engine.dispose()
    new_session.configure(bind=before)
    _drop(name)


@pytest.fixture(scope="module")
def kit(shared: Engine, door: str) -> Iterator[Kit]:
    yield Kit(shared, door)
    directory.connect()


@pytest.mark.parametrize(("subject", "case"), SUITED)
def test_the_contract(kit: Kit, subjects: dict[str, Subject], subject: str, case: str) -> None:
    kit.run(CASES[case], subjects[subject])


@pytest.mark.parametrize("name", MUTANTS)
def test_a_mutant_fails_at_every_gateway(
    database: Engine, door: str, subjects: dict[str, Subject], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Each named case fails, at each gateway that it suits; a case that passes would prove nothing."""
    mutant, survived, killed = MUTANTS[name], [], 0
    mutant.breaks(monkeypatch, database)
    kit = Kit(database, door)
    for subject in subjects.values():
        for case in (CASES[each] for each in mutant.told_by if CASES[each].suits(subject)):
            try:
                kit.run(case, subject, mutant.disguise(subject.gateway))
            except AssertionError:
                killed += 1
            else:
                survived.append(f"{subject.name}: {case.name}")
    directory.connect()
    assert survived == []
    assert killed > 0
