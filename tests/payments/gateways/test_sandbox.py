"""The adapter of the sandbox bank against the real bank, over HTTP."""

import hashlib
import hmac
import json
import re
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine

from marketplace.foundation.database import TransactionOpen, transaction
from marketplace.foundation.ids import uuid7
from marketplace.foundation.money import Money
from payments.gateways.outbound import HostNotAllowed, Outbound
from payments.gateways.protocol import Ask, RawRequest, Refs
from payments.gateways.rules import GatewayUnreachable, Outcome, reference_of
from payments.gateways.sandbox import Sandbox, SandboxMerchant
from tests.web.bank.running import SECRET, RunningBank, running_bank

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBank]:
    with running_bank(tmp_path_factory.mktemp("bank")) as running:
        yield running


def merchant(url: str, *, read_seconds: float = 0.6, secret: str = SECRET) -> SandboxMerchant:
    return SandboxMerchant(
        base_url=url,
        hosts=frozenset({"127.0.0.1"}),
        merchant="karigar",
        secret=secret,
        terminal="T1000001",
        currencies=frozenset({"BDT"}),
        read_seconds=read_seconds,
    )


@pytest.fixture
def gateway(bank: RunningBank) -> Iterator[Sandbox]:
    bank.faults()
    with closing(Sandbox(merchant(bank.url, read_seconds=10))) as adapter:
        yield adapter


@pytest.fixture
def hasty(bank: RunningBank) -> Iterator[Sandbox]:
    """An adapter that waits for a moment only."""
    bank.faults()
    with closing(Sandbox(merchant(bank.url))) as adapter:
        yield adapter


def an_ask(minor: int = 150_000) -> Ask:
    return Ask(
        id=uuid7(),
        amount=Money(minor, "BDT"),
        return_url="http://127.0.0.1:9/back",
        notify_url="http://127.0.0.1:9/n",
        expires_at=datetime.now(UTC) + timedelta(minutes=30),
        label="Top-up",
    )


def test_paid_is_paid_with_both_numbers_and_again(bank: RunningBank, gateway: Sandbox) -> None:
    ask = an_ask()
    go = gateway.start(ask)
    assert gateway.verify(ask, go.refs).outcome is Outcome.PENDING
    bank.decide(go.url, "pay")
    first, again = gateway.verify(ask, go.refs), gateway.verify(ask, go.refs)
    assert first == again
    assert (first.outcome, first.amount, first.final, first.live) == (Outcome.PAID, ask.amount, True, False)
    assert first.refs.ours == reference_of(ask.id)
    assert first.refs.txn
    assert first.refs.bank
    assert first.refs.terminal == "T1000001"


@pytest.mark.parametrize(
    ("decision", "outcome"),
    [("decline", Outcome.FAILED), ("cancel", Outcome.CANCELLED), ("close", Outcome.PENDING)],
)
def test_what_was_not_paid_is_told_as_it_is(
    bank: RunningBank, gateway: Sandbox, decision: str, outcome: Outcome
) -> None:
    ask = an_ask()
    go = gateway.start(ask)
    bank.decide(go.url, decision)
    assert gateway.verify(ask, go.refs).outcome is outcome


def test_a_payment_the_bank_never_heard_of_is_unknown(gateway: Sandbox) -> None:
    ask = an_ask()
    assert gateway.verify(ask, Refs(ours=reference_of(ask.id))).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_verify_that_times_out_is_unknown_and_then_known(bank: RunningBank, hasty: Sandbox, moment: str) -> None:
    ask = an_ask()
    go = hasty.start(ask)
    bank.decide(go.url, "pay")
    bank.faults(timeout=moment, hang_seconds=1.2, only="verify")
    assert hasty.verify(ask, go.refs).outcome is Outcome.UNKNOWN
    bank.faults()
    assert hasty.verify(ask, go.refs).outcome is Outcome.PAID


def test_a_start_that_times_out_opened_a_page_or_did_not_and_asking_again_gives_the_same(
    bank: RunningBank, hasty: Sandbox
) -> None:
    ask = an_ask()
    bank.faults(timeout="after", hang_seconds=1.2, only="request")
    with pytest.raises(GatewayUnreachable):
        hasty.start(ask)
    bank.faults()
    assert hasty.start(ask) == hasty.start(ask)


@pytest.mark.parametrize("rubbish", ["truncated", "page", "latin", "list", "huge"])
def test_an_answer_that_is_none_is_unknown(bank: RunningBank, gateway: Sandbox, rubbish: str) -> None:
    ask = an_ask()
    go = gateway.start(ask)
    bank.decide(go.url, "pay")
    bank.faults(garbled=rubbish, only="verify")
    assert gateway.verify(ask, go.refs).outcome is Outcome.UNKNOWN
    bank.faults()


def test_nothing_card_like_comes_through(bank: RunningBank, gateway: Sandbox) -> None:
    ask = an_ask()
    go = gateway.start(ask)
    bank.decide(go.url, "pay")
    bank.faults(extra_card_fields=True)
    verdict = gateway.verify(ask, go.refs)
    assert verdict.outcome is Outcome.PAID
    assert not re.search(r"411111|\*1111|c{64}", repr(verdict))


def test_refused_credentials_are_unknown(bank: RunningBank, gateway: Sandbox) -> None:
    ask = an_ask()
    go = gateway.start(ask)
    with closing(Sandbox(merchant(bank.url, secret="not the secret that we share"))) as stranger:
        assert stranger.verify(ask, go.refs).outcome is Outcome.UNKNOWN


def test_a_refund_asked_for_twice_is_one(bank: RunningBank, gateway: Sandbox) -> None:
    ask, id = an_ask(), uuid7()
    go = gateway.start(ask)
    bank.decide(go.url, "pay")
    gateway.verify(ask, go.refs)
    part = Money(100_000, "BDT")
    assert gateway.refund(id, part, go.refs).outcome is Outcome.REFUNDED
    assert gateway.refund(id, part, go.refs).outcome is Outcome.REFUNDED
    assert gateway.refund(uuid7(), part, go.refs).outcome is Outcome.FAILED


def test_the_sweep_lists_what_was_paid_and_not_asked_about(bank: RunningBank, gateway: Sandbox) -> None:
    ask = an_ask()
    bank.decide(gateway.start(ask).url, "pay")
    held = {verdict.refs.ours for verdict in gateway.sweep(NOW - timedelta(days=1), NOW)}
    assert reference_of(ask.id) in held


def test_no_call_goes_out_while_a_transaction_is_open(database: Engine, gateway: Sandbox) -> None:
    ask = an_ask()
    with transaction(), pytest.raises(TransactionOpen):
        gateway.verify(ask, Refs(ours=reference_of(ask.id)))


def test_another_thread_may_call_while_this_one_holds_a_transaction(database: Engine, gateway: Sandbox) -> None:
    found: list[Outcome] = []
    ask = an_ask()
    with transaction():
        other = threading.Thread(
            target=lambda: found.append(gateway.verify(ask, Refs(ours=reference_of(ask.id))).outcome)
        )
        other.start()
        other.join()
    assert found == [Outcome.UNKNOWN]


@pytest.mark.parametrize("path", ["//elsewhere.example/pay", "http://elsewhere.example/pay"])
def test_a_host_that_is_not_listed_is_not_called(bank: RunningBank, path: str) -> None:
    with pytest.raises(HostNotAllowed):
        Outbound("http://elsewhere.example", hosts=frozenset({"127.0.0.1"}), bearer="x")
    with closing(Outbound(bank.url, hosts=frozenset({"127.0.0.1"}), bearer="x")) as out, pytest.raises(HostNotAllowed):
        out.post(path, {})


def a_notice(*, secret: str = SECRET, at: datetime = NOW, **changed: str) -> RawRequest:
    fields = {"delivery": "a" * 26, "token": "tk" + "b" * 24, "order": "c" * 28, "claim": "paid"} | changed
    body = json.dumps(fields).encode()
    stamp = str(int(at.timestamp()))
    digest = hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return RawRequest({"bank-signature": f"t={stamp},v1={digest}"}, body, NOW)


def test_a_signed_notice_is_authentic_and_only_claims(gateway: Sandbox) -> None:
    notice = gateway.read(a_notice())
    assert (notice.authentic, notice.claims, notice.key, notice.reply[0]) == (True, Outcome.PAID, "a" * 26, 200)


@pytest.mark.parametrize(
    "raw",
    [
        a_notice(secret="somebody else's secret"),
        a_notice(at=NOW - timedelta(seconds=301)),
        a_notice(at=NOW + timedelta(seconds=301)),
        replace(a_notice(), headers={}),
        replace(a_notice(), body=a_notice().body + b" "),
        a_notice(order="4111111111111111"),
        RawRequest({}, b"\xff\xfe", NOW),
        RawRequest({}, b"[" * 100_000, NOW),
    ],
)
def test_what_is_not_signed_in_time_over_its_bytes_is_not_authentic(gateway: Sandbox, raw: RawRequest) -> None:
    notice = gateway.read(raw)
    assert (notice.authentic, notice.claims, notice.reply[0]) == (False, None, 400)
    assert notice.key.startswith("unsigned-")


def test_a_forgery_cannot_take_the_place_of_the_true_notice(gateway: Sandbox) -> None:
    assert gateway.read(a_notice(secret="forger")).key != gateway.read(a_notice()).key


def test_card_fields_of_a_notice_are_dropped(gateway: Sandbox) -> None:
    told = gateway.read(a_notice(card_number="4111111111111111", masked_pan="411111******1111"))
    assert not re.search(r"411111|\*1111", repr(told))
