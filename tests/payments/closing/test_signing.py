"""A day is signed once, by one, on what the bank says; nothing comes in behind it; another opens it again."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from uuid import UUID

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from marketplace.foundation.database import transaction
from marketplace.foundation.errors import Refused
from marketplace.foundation.ids import uuid7
from payments import audits
from payments.closing import actions, queries
from payments.closing.rules import (
    BankDiffers,
    BankSilent,
    DayNotOver,
    DaySigned,
    LaterSigned,
    NotLookedAt,
    NotSigned,
    Outcome,
    OwnerMissing,
    SaidOtherwise,
    SignerAlone,
    SignOffNotFound,
    SignTheOthersFirst,
    What,
    Why,
)
from payments.ledger.periods import EVERY_ACCOUNT
from payments.ledger.rules import PeriodLocked, TransferCode
from tests.payments.closing.days import (
    COLLEAGUE,
    FINANCE,
    MANAGER,
    MONDAY,
    NOW,
    TUESDAY,
    ZONE,
    bdt,
    begins,
    finishes,
    has_line,
    is_exception,
    live_through,
    moves,
    noon,
    signs,
    tries,
)


def the_bank_says(account: int, day: date, minor: int, now: datetime = NOW) -> None:
    with transaction() as session:
        actions.state_balance(session, account=account, currency="BDT", day=day, zone=ZONE, amount=bdt(minor), now=now)


def opens_again(id: UUID, by: UUID, why: Why = Why.LATE_LINE) -> None:
    with transaction() as session:
        actions.reopen(session, id, why=why, by=by, now=NOW)


def faults() -> dict[str, int]:
    with transaction() as session:
        return {name: count for name, count in audits.figures(session).items() if count and name[:2] in ("12", "17")}


def test_a_signed_day_keeps_what_it_came_to_and_nothing_comes_in_behind_it(database: Engine) -> None:
    bank, clearing = live_through()
    with transaction() as session:
        has_line(session, day=MONDAY, key="L1", owner=FINANCE)
        assert actions.assert_statements(session, currency="BDT", zone=ZONE, last=MONDAY) == 1
        assert actions.assert_statements(session, currency="BDT", zone=ZONE, last=MONDAY) == 0
    signed = signs(bank), signs(clearing)
    with transaction() as session:
        of_bank, of_gateway = (queries.act(session, each) for each in signed)
        assert of_bank.signed is not None
        assert of_bank.signed.bank_says == bdt(19_600)
        kept = queries.signed_period(session, of_gateway, queries.account(session, clearing, "BDT"))
        assert (kept.opening, kept.closing) == (bdt(0), bdt(0))
        assert [(each.what, each.minor, each.count) for each in kept.totals] == [
            (What.CREDITED, -20_000, 1), (What.FEES, 400, 1), (What.DEPOSITS, 19_600, 1),
        ]  # fmt: skip
        assert [(each.kind, each.owner, each.value) for each in kept.carried] == [("foreign", FINANCE, bdt(700))]
    late: tuple[tuple[TransferCode, str, str], ...] = (
        ("bank_deposit", "bank", "clearing"), ("topup", "clearing", "wallet"),
    )  # fmt: skip
    for kind, giver, taker in late:
        with pytest.raises(PeriodLocked), transaction() as session:
            moves(session, kind, giver, taker, 1, day=MONDAY)
    with transaction() as session:
        moves(session, "topup", "clearing", "wallet", 1, day=TUESDAY)
    assert faults() == {}
    signs(EVERY_ACCOUNT)
    with pytest.raises(PeriodLocked), transaction() as session:
        moves(session, "goodwill", "goodwill", "wallet", 1, day=MONDAY)


def test_what_keeps_a_day_open_is_said(database: Engine) -> None:
    bank, clearing = live_through()
    refused: list[type[Refused]] = []
    for account, day, now in (
        (bank, TUESDAY, NOW), (bank, TUESDAY, noon(TUESDAY)), (EVERY_ACCOUNT, MONDAY, NOW), (4711, MONDAY, NOW),
    ):  # fmt: skip
        with pytest.raises(Refused) as found:
            begins(account, day, now=now)
        refused.append(type(found.value))
    assert refused == [BankSilent, DayNotOver, SignTheOthersFirst, SignOffNotFound]
    with pytest.raises(BankDiffers) as differing:
        the_bank_says(bank, TUESDAY, 19_601)
    assert (differing.value.bank, differing.value.books) == (bdt(19_601), bdt(19_600))
    the_bank_says(bank, TUESDAY, 19_600)
    the_bank_says(bank, TUESDAY, 19_600)
    with transaction() as session:
        lost = has_line(session, day=MONDAY, key="L1")
    with pytest.raises(NotLookedAt):
        begins(clearing)
    with transaction() as session:
        is_exception(session, lost, UUID(int=0))
    with pytest.raises(OwnerMissing):
        begins(clearing)
    with transaction() as session:
        moves(session, "bank_deposit", "bank", "clearing", 1, day=TUESDAY)
    with pytest.raises(BankDiffers):
        begins(bank, TUESDAY)
    with pytest.raises(SaidOtherwise):
        the_bank_says(bank, TUESDAY, 19_601)
    assert faults() == {"17_balances_unlike_the_bank": 1}


def test_another_opens_a_day_again_and_the_history_stays(database: Engine) -> None:
    bank, _ = live_through()
    first = signs(bank)
    with pytest.raises(DaySigned):
        begins(bank)
    the_bank_says(bank, TUESDAY, 19_600)
    second = signs(bank, TUESDAY, COLLEAGUE)
    with pytest.raises(SignerAlone):
        opens_again(first, FINANCE)
    with pytest.raises(LaterSigned):
        opens_again(first, MANAGER)
    opens_again(second, MANAGER, Why.AUDITOR)
    with pytest.raises(NotSigned):
        opens_again(second, MANAGER)
    opens_again(first, MANAGER)
    with transaction() as session:
        with session.begin_nested() as undone:
            moves(session, "bank_deposit", "bank", "clearing", 5, day=MONDAY)
            undone.rollback()
        history = queries.acts(session, account=bank)
    assert [(each.day, each.stands, each.ended and each.ended.reason) for each in history] == [
        (TUESDAY, False, "auditor"), (MONDAY, False, "late_line"),
    ]  # fmt: skip
    again = signs(bank, TUESDAY)
    with transaction() as session:
        assert queries.act(session, again).since is None
        for statement in ("UPDATE signature SET closing = 0", "DELETE FROM sign_off_end", "TRUNCATE carried_over"):
            with pytest.raises(DBAPIError), session.begin_nested():
                session.execute(text(statement))
    assert faults() == {}


def test_a_signature_waits_for_whoever_still_writes_into_the_day(database: Engine) -> None:
    _, clearing = live_through()
    with transaction() as writer:
        moves(writer, "topup", "clearing", "wallet", 70, day=MONDAY)
        found = begins(clearing)
        assert [tries(found) for _ in range(3)] == [Outcome.WAITS] * 3
    assert finishes(found) is Outcome.SIGNED
    with transaction() as session:
        kept = queries.signed_period(session, queries.act(session, found), queries.account(session, clearing, "BDT"))
    assert (kept.closing, kept.of(What.CREDITED)) == (bdt(70), bdt(20_070))
    assert faults() == {}


def test_an_import_that_was_under_way_takes_the_signature_back(database: Engine) -> None:
    _, clearing = live_through()
    with transaction() as importer:
        lost = has_line(importer, day=MONDAY, key="L9")
        found = begins(clearing)
    assert finishes(found) is Outcome.ENDED
    with transaction() as session:
        ended = queries.act(session, found).ended
        assert ended is not None
        assert ended.reason == "NotLookedAt"
        moves(session, "topup", "clearing", "wallet", 1, day=MONDAY)
    with transaction() as session:
        is_exception(session, lost, FINANCE)
    signs(clearing)


def test_of_two_who_sign_at_once_one_signs(database: Engine) -> None:
    bank, _ = live_through()

    def one_of_them(by: UUID) -> str:
        try:
            begins(bank, by=by)
        except DaySigned:
            return "refused"
        return "begun"

    with ThreadPoolExecutor(8) as threads:
        answers = sorted(threads.map(one_of_them, [uuid7() for _ in range(8)]))
    assert answers == ["begun"] + ["refused"] * 7
    with transaction() as session:
        (found,) = queries.acts(session, account=bank)
    finishes(found.id)
    with ThreadPoolExecutor(4) as threads:
        assert set(threads.map(lambda _: tries(found.id), range(4))) == {Outcome.SIGNED}
