"""A batch on its way: approved by others, one file, sent once; what the bank refuses, and what comes back."""

import csv
import io
from datetime import timedelta
from xml.etree import ElementTree as ET

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from marketplace.foundation.ids import uuid7
from payments.payouts import actions, queries
from payments.payouts.account_numbers import read_account
from payments.payouts.bank_files import NAMESPACE
from payments.payouts.rules import (
    AlreadyApproved,
    BatchChanged,
    BatchMoved,
    BatchState,
    DestinationBlocked,
    Finding,
    Form,
    MakerCannotApprove,
    NotApproved,
    NotHandedOver,
    NothingToSend,
    PayoutMoved,
    PayoutOpen,
    Reason,
    Seen,
    State,
)
from payments.wallets import actions as wallets
from payments.wallets.rules import Share
from tests.payments.payouts.house import BANK, NOW, WAIT, House, account, bdt, tasks_of, terms, transit


def test_a_payout_goes_its_way_and_the_money_with_it(house: House) -> None:
    karim = house.earner(10_000, number=1)
    one = house.ask(karim, 9_000)
    assert (house.state(one), house.cells(karim)) == (State.CHECKED, (10_000, 9_000))
    batch = house.prepare()
    view = queries.batch(house.session, batch)
    assert (view.count, view.total, view.state) == (1, bdt(9_000), BatchState.DRAFT)
    house.approve(batch)
    house.make_file(batch)
    assert house.state(one) is State.BATCHED
    house.hand_over(batch)
    assert (house.state(one), house.cells(karim), transit(house)) == (State.SENDING, (10_000, 9_000), 0)
    assert house.outcome(batch, State.ACCEPTED) == 1
    assert (house.cells(karim), transit(house), tasks_of(house)) == ((1_000, 0), 9_000, ["payouts.accepted"])
    assert house.seen(one) == Seen.CONFIRMED
    assert (house.state(one), transit(house), house.faults()) == (State.ON_STATEMENT, 0, {})
    assert queries.batch(house.session, batch).done
    states = [each.state for each in queries.history(house.session, one)]
    assert states == list(dict.fromkeys(states)) == [
        State.REQUESTED, State.CHECKED, State.APPROVED, State.BATCHED, State.SENDING, State.ACCEPTED,
        State.ON_STATEMENT,
    ]  # fmt: skip


def test_a_debt_that_comes_later_stops_the_batch(house: House) -> None:
    karim, rafiq = house.earner(5_000, number=1), house.earner(5_000, number=2)
    one, two = house.ask(karim, 5_000), house.ask(rafiq, 5_000)
    batch = house.prepare()
    wallets.capture_cash_commission(
        house.session,
        job=uuid7(),
        customer=uuid7(),
        specialist=karim,
        share=Share(bdt(6_000), bdt(900), bdt(90), bdt(5_010)),
        now=NOW,
    )
    with pytest.raises(BatchChanged), house.session.begin_nested():
        house.approve(batch)
    found = actions.look_again(house.session, batch, terms=house.terms, facts_of=house.facts_of, now=house.now)
    view = queries.payout(house.session, one)
    assert (found, view.state, view.findings, house.state(two)) == (1, State.REQUESTED, (Finding.DEBT,), State.CHECKED)
    assert queries.batch(house.session, batch).total == bdt(5_000)
    house.approve(batch)


def test_whoever_prepared_or_is_paid_does_not_approve_and_a_big_batch_needs_two(house: House) -> None:
    house.terms = terms(second=5_000)
    karim = house.earner(9_000, number=1)
    house.ask(karim, 5_001)
    batch = house.prepare()
    for wrong in (house.ann, karim):
        with pytest.raises(MakerCannotApprove):
            house.approve(batch, by=wrong)
    assert house.approve(batch, by=house.bea) == BatchState.DRAFT
    assert house.approve(batch, by=house.bea) == BatchState.DRAFT
    with pytest.raises(NotApproved) as refused:
        house.make_file(batch)
    assert refused.value.needed == 2
    assert house.approve(batch, by=house.cem) == BatchState.APPROVED
    with pytest.raises(AlreadyApproved):
        house.approve(batch, by=uuid7())
    assert house.faults() == {}


def test_a_change_after_the_approval_voids_it(house: House) -> None:
    karim, rafiq = house.earner(9_000, number=1), house.earner(9_000, number=2)
    one, two = house.ask(karim, 5_000), house.ask(rafiq, 6_000)
    batch = house.prepare()
    before = queries.batch(house.session, batch).digest
    house.approve(batch)
    actions.cancel(house.session, one, owner=karim, now=NOW)
    view = queries.batch(house.session, batch)
    assert (view.state, view.count, view.total, view.approvals) == (BatchState.DRAFT, 1, bdt(6_000), ())
    assert (house.state(one), house.state(two), house.cells(karim)) == (State.CANCELLED, State.CHECKED, (9_000, 0))
    with pytest.raises(BatchChanged):
        house.approve(batch, digest=before)
    house.approve(batch)
    actions.take_out(house.session, two, now=NOW)
    assert queries.batch(house.session, batch).state is BatchState.DISSOLVED
    assert house.faults() == {}


def test_once_there_is_a_file_nothing_leaves_the_batch(house: House) -> None:
    karim = house.earner(9_000, number=1)
    one = house.ask(karim, 5_000)
    batch = house.prepare()
    house.approve(batch)
    house.make_file(batch)
    with pytest.raises(NotHandedOver):
        queries.file_of(house.session, batch)
    for verb in (
        lambda: actions.cancel(house.session, one, owner=karim, now=NOW),
        lambda: actions.refuse(house.session, one, by=house.ann, reason=Reason.OTHER, now=NOW),
        lambda: actions.take_out(house.session, one, now=NOW),
        lambda: house.outcome(batch, State.ACCEPTED, one),
        lambda: actions.returned(house.session, one, reason=Reason.OTHER, now=NOW),
    ):
        with pytest.raises(PayoutMoved), house.session.begin_nested():
            verb()
    assert house.seen(one) == Seen.NOT_SENT
    with pytest.raises(BatchMoved):
        house.approve(batch, by=house.cem)


def test_the_file_is_made_once_and_is_the_same_byte_for_byte(house: House) -> None:
    house.ask(house.earner(9_000, number=1), 5_000)
    batch = house.sent()
    first = queries.file_of(house.session, batch)
    house.now += timedelta(hours=5)
    house.make_file(batch)
    house.hand_over(batch)
    assert queries.file_of(house.session, batch) == first
    assert queries.batch(house.session, batch).file_sha256
    stored = bytes(house.session.scalar(text("SELECT content FROM payout_file")))
    assert account(1).encode() not in stored
    for change in ("UPDATE payout_file SET made_at = now()", "DELETE FROM payout_file", "DELETE FROM payout_event"):
        with pytest.raises(DBAPIError), house.session.begin_nested():
            house.session.execute(text(change))


def test_pain_001_says_who_gets_what(house: House) -> None:
    ones = [house.ask(house.earner(9_000, number=n), 5_000 + n) for n in (1, 2)]
    content = queries.file_of(house.session, house.sent(form=Form.PAIN_001))
    root = ET.fromstring(content)  # our own file
    names = {"p": NAMESPACE}

    def said(path: str) -> list[str | None]:
        return [each.text for each in root.findall(path, names)]

    assert said(".//p:GrpHdr/p:NbOfTxs") == said(".//p:PmtInf/p:NbOfTxs") == ["2"]
    assert said(".//p:GrpHdr/p:CtrlSum") == ["100.03"]
    assert said(".//p:PmtInf/p:ReqdExctnDt/p:Dt") == ["2026-11-21"]
    assert sorted(said(".//p:EndToEndId"), key=str) == sorted(
        queries.payout(house.session, id).reference for id in ones
    )
    assert sorted(said(".//p:InstdAmt"), key=str) == ["50.01", "50.02"]
    assert sorted(said(".//p:CdtrAcct/p:Id/p:Othr/p:Id"), key=str) == [account(1), account(2)]
    assert said(".//p:CdtrAgt//p:MmbId") == ["060270426"] * 2
    order = [each.tag.partition("}")[2] for each in root.find(".//p:CdtTrfTxInf", names) or ()]
    assert order == ["PmtId", "Amt", "CdtrAgt", "Cdtr", "CdtrAcct", "RmtInf"]


def test_the_table_runs_no_formula(house: House) -> None:
    karim = house.earner(9_000)
    actions.set_destination(
        house.session, owner=karim, owner_kind="specialist", holder='=HYPERLINK("x")', name_matches=True, wait=WAIT,
        number=read_account("BD", account(1), "060270426"),
        now=NOW,
    )  # fmt: skip
    one = house.ask(karim, 5_000)
    content = queries.file_of(house.session, house.sent()).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(content)))
    reference = queries.payout(house.session, one).reference
    assert rows[1] == [reference, '\'=HYPERLINK("x")', account(1), "060", "060270426", "50.00", "BDT"]


def test_what_the_bank_refuses_is_free_again_with_its_reason(house: House) -> None:
    karim, rafiq = house.earner(9_000, number=1), house.earner(9_000, number=2)
    one, two = house.ask(karim, 5_000), house.ask(rafiq, 5_000)
    batch = house.sent()
    assert house.outcome(batch, State.REJECTED, one, reason=Reason.ACCOUNT_CLOSED) == 1
    assert house.outcome(batch, State.REJECTED, one, reason=Reason.ACCOUNT_CLOSED) == 0
    assert house.outcome(batch, State.ACCEPTED) == 1
    with pytest.raises(PayoutMoved), house.session.begin_nested():
        house.outcome(batch, State.ACCEPTED, one)
    view = queries.payout(house.session, one)
    assert (view.state, view.reason, house.cells(karim)) == (State.REJECTED, Reason.ACCOUNT_CLOSED, (9_000, 0))
    assert (house.state(two), house.cells(rafiq)) == (State.ACCEPTED, (4_000, 0))
    assert sorted(tasks_of(house)) == ["payouts.accepted", "payouts.failed"]
    assert house.faults() == {}


def test_an_unknown_outcome_stays_held_until_a_person_or_the_statement_decides(house: House) -> None:
    karim, rafiq = house.earner(9_000, number=1), house.earner(9_000, number=2)
    one, two = house.ask(karim, 5_000), house.ask(rafiq, 5_000)
    batch = house.sent()
    house.now += timedelta(days=2)
    assert actions.give_up_waiting(house.session, now=house.now) == 0
    house.now += timedelta(days=2)
    assert actions.give_up_waiting(house.session, now=house.now) == 2
    assert (house.state(one), house.cells(karim)) == (State.UNKNOWN, (9_000, 5_000))
    with pytest.raises(NothingToSend):
        house.prepare()
    with pytest.raises(PayoutOpen):
        house.ask(karim, 1_000)
    assert house.seen(one) == Seen.CONFIRMED
    assert house.outcome(batch, State.REJECTED, two, reason=Reason.OTHER) == 1
    assert (house.state(one), house.cells(karim), house.cells(rafiq)) == (State.ON_STATEMENT, (4_000, 0), (9_000, 0))
    assert house.faults() == {}


def test_a_line_of_the_statement_that_is_not_a_payout_of_ours_changes_nothing(house: House) -> None:
    one = house.ask(house.earner(9_000, number=1), 5_000)
    batch = house.sent()
    assert house.seen(one, minor=4_999) == Seen.DIFFERS
    assert actions.seen_on_statement(house.session, "PONOSUCH", bdt(1), bank=BANK, now=NOW) == Seen.STRANGER
    house.outcome(batch, State.ACCEPTED)
    assert (house.seen(one), house.seen(one), transit(house)) == (Seen.CONFIRMED, Seen.ALREADY, 0)


@pytest.mark.parametrize("seen_first", [True, False])
@pytest.mark.parametrize("by_statement", [True, False])
def test_money_that_comes_back_stands_in_the_wallet_once_and_blocks_the_account(
    house: House, seen_first: bool, by_statement: bool
) -> None:
    karim = house.earner(9_000, number=1)
    one = house.ask(karim, 5_000)
    house.outcome(house.sent(), State.ACCEPTED)
    if seen_first:
        house.seen(one)
    view = queries.payout(house.session, one)
    for again in (False, True):
        if by_statement:
            found = actions.returned_on_statement(house.session, view.reference, bdt(5_000), bank=BANK, now=house.now)
            assert found == (Seen.ALREADY if again else Seen.RETURNED)
        else:
            came = actions.returned(house.session, one, reason=Reason.ACCOUNT_CLOSED, by=house.ann, now=house.now)
            assert came is not again
    assert (house.state(one), house.cells(karim), transit(house)) == (State.RETURNED, (9_000, 0), 0)
    assert house.faults() == {}
    with pytest.raises(DestinationBlocked):
        house.ask(karim, 1_000)
    with pytest.raises(DestinationBlocked):
        house.account(karim, 1)
    actions.find_sound(house.session, view.destination, now=house.now)
    assert house.state(house.ask(karim, 1_000)) is State.CHECKED


def test_what_waits_for_a_blocked_account_is_taken_back(house: House) -> None:
    karim = house.earner(9_000, number=1)
    first = house.ask(karim, 2_000)
    house.outcome(house.sent(), State.ACCEPTED)
    second = house.ask(karim, 3_000)
    batch = house.prepare()
    house.approve(batch)
    actions.returned(house.session, first, reason=Reason.ACCOUNT_CLOSED, now=house.now)
    with pytest.raises(BatchChanged), house.session.begin_nested():
        house.make_file(batch)
    assert actions.stop(house.session, queries.payout(house.session, first).destination, now=house.now) == 1
    view = queries.payout(house.session, second)
    assert (view.state, view.findings, view.batch) == (State.REQUESTED, (Finding.BLOCKED,), None)
    assert queries.batch(house.session, batch).state is BatchState.DISSOLVED
    assert house.faults() == {}
