"""The marketplace policy (promises.md A.5), K8: of a top-up both numbers are kept, and of the card nothing."""

import io
from collections.abc import Iterator
from contextlib import closing

import pytest
from litestar import Litestar
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from marketplace.foundation import logs
from marketplace.foundation.database import transaction
from marketplace.foundation.settings import Settings, read
from payments.gateways import directory, sandbox
from tests.promises.looking import dump, opened, plain
from tests.promises.story import Story
from tests.web.bank.running import SECRET, RunningBank, running_bank
from tests.web.conftest import Town
from web.bank.rules import CARD_LIKE

MASKED = ("411111******1111", "cccccccccccccccc", "card_number", "masked_pan", "card_hash")


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBank]:
    with running_bank(tmp_path_factory.mktemp("bank")) as running:
        yield running


@pytest.fixture
def settings(settings: Settings, bank: RunningBank) -> Settings:
    """As in a demo: the sandbox bank is connected."""
    told = {
        "KARIGAR_MODE": "demo", "DATABASE_URL": settings.database_url, "KEYS_DATABASE_URL": settings.keys_database_url,
        "KARIGAR_KEY_FILE": settings.key_file, "SESSION_SECRET": settings.session_secret,
        "BASE_URL": settings.base_url, "KARIGAR_HOME": settings.home, "KARIGAR_LOG": "debug",
        "SANDBOX_BANK_URL": bank.url, "SANDBOX_BANK_SECRET": SECRET,
    }  # fmt: skip
    return read(told)


@pytest.fixture(autouse=True)
def _connected(app: Litestar, settings: Settings) -> Iterator[None]:
    found = sandbox.from_settings(settings)
    assert found is not None
    with closing(found):
        directory.connect(found)
        yield
        directory.connect()


@pytest.mark.parametrize(("who", "page"), [("rahima", "/wallet/top-ups"), ("rafiq", "/work/earnings/top-ups")])
def test_k8_of_a_top_up_both_numbers_are_kept_and_nothing_of_the_card(
    story: Story, town: Town, bank: RunningBank, who: str, page: str
) -> None:
    lines = io.StringIO()
    logs.configure("debug", lines)
    bank.faults(extra_card_fields=True)
    member = town.cast.named(who)
    browser = story.browser(member.id)
    begun = browser.post(page, {"amount": "500", "gateway": "sandbox"})
    assert begun.headers.get("location", "").startswith(bank.url), begun.text[begun.text.find("<main") :][:3000]
    back = bank.decide(begun.headers["location"], "pay")
    browser.get(back.headers["location"].removeprefix(story.settings.base_url))
    story.later(minutes=2)
    browser.get("/wallet" if who == "rahima" else "/work/earnings")
    with transaction() as session:
        row = session.execute(
            text(
                "SELECT a.txn, a.bank, a.gateway, t.state, t.amount, t.currency FROM topup_attempt a "
                "JOIN topup t ON t.id = a.topup WHERE t.owner = :id"
            ),
            {"id": member.id},
        ).one()
        in_clear = "\n".join(value for _, value in opened(session))
    assert (row.state, row.amount, row.currency, row.gateway) == ("paid", 50_000, "BDT", "sandbox")
    assert row.txn
    assert row.bank
    answers = "\n".join(each.text for each in story.kept)
    everything = "\n".join(content for _, content in dump(town.url))
    for told in (everything, in_clear, answers, lines.getvalue()):
        assert CARD_LIKE not in plain(told)
        assert [word for word in MASKED if word in told] == []
    bank.faults()


def test_k8_a_banks_number_is_taken_once(story: Story, bank: RunningBank) -> None:
    rahima = story.browser(story.rahima.id)
    for _ in range(2):
        begun = rahima.post("/wallet/top-ups", {"amount": "500", "gateway": "sandbox"})
        bank.decide(begun.headers["location"], "pay")
    story.later(minutes=5)
    numbers = "SELECT count(*), count(DISTINCT txn), count(DISTINCT bank) FROM topup_attempt WHERE state = 'paid'"
    with transaction() as session:
        assert tuple(session.execute(text(numbers)).one()) == (2, 2, 2)
    for same in (
        "UPDATE topup_attempt SET txn = (SELECT max(txn) FROM topup_attempt)",
        "UPDATE topup_attempt SET terminal = 'T', financial_day = '2026-11-21', bank = '1'",
    ):
        with pytest.raises(IntegrityError), transaction() as session:
            session.execute(text(same))
