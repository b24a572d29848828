"""Stripe's adapter through the genuine client against the simulated Stripe, and what the simulation keeps to."""

import json
import threading
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import pytest
import stripe as sdk

from marketplace.foundation import clock
from marketplace.foundation.ids import uuid7
from marketplace.foundation.money import Money
from payments.gateways.protocol import Ask, DisputeState, LineKind, RawRequest, Refs, StatementFile
from payments.gateways.rules import AnswerNotUnderstood, GatewayUnreachable, Outcome, reference_of
from payments.gateways.stripe import Stripe
from tests.payments.gateways.stripe_running import KEY, SECOND, SECRET, RunningStripe
from web.bank.stripe_rules import CARD_LIKE, ROTATED_OUT, signature

AMOUNT = Money(15_000, "QAR")
EVENT = {"id": "evt_" + "a" * 24, "object": "event", "type": "checkout.session.completed"}


def an_ask(amount: Money = AMOUNT) -> Ask:
    back = "http://127.0.0.1:9/back"
    return Ask(uuid7(), amount, back, "", clock.now() + timedelta(minutes=30), "Karigar")


def paid(stripe: RunningStripe, gateway: Stripe, amount: Money = AMOUNT) -> tuple[Ask, Refs]:
    ask = an_ask(amount)
    go = gateway.start(ask)
    stripe.decide(go.url, "pay")
    return ask, gateway.verify(ask, go.refs).refs


def a_notice(*, keys: list[str] | None = None, ahead: int = 0, header: str | None = None, **about: str) -> RawRequest:
    now = datetime.now(UTC)
    told = {"object": "checkout.session", "client_reference_id": "a" * 28, "payment_status": "paid"} | about
    body = json.dumps(EVENT | {"data": {"object": told}}).encode()
    signed = signature(keys or [SECRET], int(now.timestamp()) + ahead, body) if header is None else header
    return RawRequest({"stripe-signature": signed}, body, now)


@pytest.mark.parametrize(
    ("decision", "outcome"),
    [
        ("pay", Outcome.PAID),
        ("pay_and_close", Outcome.PAID),
        ("approve", Outcome.PAID),
        ("decline", Outcome.PENDING),  # the page stays open for another card
        ("cancel", Outcome.PENDING),
        ("close", Outcome.PENDING),
        ("slow", Outcome.PENDING),
    ],
)
def test_what_the_payer_did_is_told_as_it_is(
    stripe: RunningStripe, gateway: Stripe, decision: str, outcome: Outcome
) -> None:
    ask = an_ask()
    go = gateway.start(ask)
    assert gateway.start(ask) == go
    stripe.decide(go.url, decision)
    found = gateway.verify(ask, go.refs)
    assert (found.outcome, found.refs.ours) == (outcome, reference_of(ask.id))
    if outcome is Outcome.PAID:
        assert (found.amount, found.fee, found.live, found.final) == (AMOUNT, Money(535, "QAR"), False, True)
        assert found.refs.txn
        assert found.refs.txn.startswith("pi_")


@pytest.mark.parametrize(("succeeds", "outcome"), [(True, Outcome.PAID), (False, Outcome.FAILED)])
def test_money_by_a_slow_way_comes_or_does_not(
    stripe: RunningStripe, gateway: Stripe, succeeds: bool, outcome: Outcome
) -> None:
    ask = an_ask()
    go = gateway.start(ask)
    stripe.decide(go.url, "slow")
    stripe.pull("slow-payments", payment_intent=stripe.intent_of(go.refs.page), succeeds=succeeds)
    assert gateway.verify(ask, go.refs).outcome is outcome


def test_a_page_whose_address_never_reached_us_is_found_by_our_order_number(
    stripe: RunningStripe, gateway: Stripe
) -> None:
    ask = an_ask()
    stripe.switches(fault="cut_after", only="sessions.create")
    with pytest.raises(GatewayUnreachable):
        gateway.start(ask)
    nowhere = Refs(reference_of(ask.id))
    assert gateway.verify(ask, nowhere).outcome is Outcome.PENDING
    url = next(each["url"] for each in stripe.listed("checkout/sessions") if each["status"] == "open")
    stripe.decide(url, "pay")
    found = gateway.verify(ask, nowhere)
    assert (found.outcome, found.amount, found.refs.ours) == (Outcome.PAID, AMOUNT, nowhere.ours)
    stranger = an_ask()
    assert gateway.verify(stranger, Refs(reference_of(stranger.id))).outcome is Outcome.UNKNOWN


def test_only_whole_answers_of_our_host_are_waited_for(stripe: RunningStripe, gateway: Stripe) -> None:
    ask = an_ask()
    go = gateway.start(ask)
    with closing(stripe.adapter(read_seconds=2)) as hasty:  # a busy machine answers within
        stripe.switches(fault="cut_before", only="sessions.retrieve", hang_seconds=3, times=1)
        assert hasty.verify(ask, go.refs).outcome is Outcome.UNKNOWN
        for fault in ("rate_limit", "error_before", "latin"):
            stripe.switches(fault=fault, only="sessions.retrieve", times=1)
            assert hasty.verify(ask, go.refs).outcome is Outcome.UNKNOWN
        assert hasty.verify(ask, go.refs).outcome is Outcome.PENDING


def test_an_amount_that_stripe_does_not_take_opens_no_page(gateway: Stripe) -> None:
    with pytest.raises(AnswerNotUnderstood):
        gateway.start(an_ask(Money(1_001, "KWD")))
    assert "KWD" not in gateway.can.currencies


class TestRefunds:
    def test_the_same_refund_twice_is_one_and_no_more_than_was_paid(
        self, stripe: RunningStripe, gateway: Stripe
    ) -> None:
        (_, refs), id, part = paid(stripe, gateway), uuid7(), Money(10_000, "QAR")
        first, again = gateway.refund(id, part, refs), gateway.refund(id, part, refs)
        assert first == again
        assert (first.outcome, first.amount, first.final) == (Outcome.REFUNDED, part, True)
        assert first.refs.trace
        assert first.refs.trace.startswith("re_")
        assert gateway.refund(uuid7(), part, refs).outcome is Outcome.FAILED

    def test_a_refund_whose_answer_was_lost_is_found_even_when_its_key_is_forgotten(
        self, stripe: RunningStripe, gateway: Stripe
    ) -> None:
        (_, refs), id, part = paid(stripe, gateway), uuid7(), Money(4_000, "QAR")
        stripe.switches(fault="cut_after", only="refunds.create", times=1)
        assert gateway.refund(id, part, refs).outcome is Outcome.UNKNOWN
        stripe.tell("/-/account", advance_seconds=25 * 3600)
        assert gateway.refund(id, part, refs).outcome is Outcome.REFUNDED
        assert len(stripe.listed("refunds", payment_intent=refs.txn)) == 1
        stripe.tell("/-/account", advance_seconds=-25 * 3600)

    def test_a_stored_failure_stays_unknown_until_the_key_is_forgotten(
        self, stripe: RunningStripe, gateway: Stripe
    ) -> None:
        (_, refs), id, part = paid(stripe, gateway), uuid7(), Money(4_000, "QAR")
        stripe.switches(fault="error_before", only="refunds.create", times=1)
        assert [gateway.refund(id, part, refs).outcome for _ in range(2)] == [Outcome.UNKNOWN] * 2
        stripe.tell("/-/account", advance_seconds=25 * 3600)
        assert gateway.refund(id, part, refs).outcome is Outcome.REFUNDED
        stripe.tell("/-/account", advance_seconds=-25 * 3600)

    def test_our_own_refund_is_no_news_and_one_made_in_the_panel_is(
        self, stripe: RunningStripe, gateway: Stripe
    ) -> None:
        ask, refs = paid(stripe, gateway)
        gateway.refund(uuid7(), Money(4_000, "QAR"), refs)
        assert gateway.verify(ask, refs).disputes == ()
        stripe.ask("POST", "refunds", key="by hand", payment_intent=refs.txn, amount=5_000).raise_for_status()
        found = gateway.verify(ask, refs)
        assert (found.outcome, found.amount) == (Outcome.PAID, AMOUNT)
        assert [(each.amount.minor, each.state, each.reason) for each in found.disputes] == [
            (5_000, DisputeState.LOST, "given_back")
        ]


def test_a_dispute_is_told_at_every_stage(stripe: RunningStripe, gateway: Stripe) -> None:
    ask, refs = paid(stripe, gateway)
    case = stripe.pull("disputes", payment_intent=refs.txn, reason="product_not_received")
    (told,) = gateway.verify(ask, refs).disputes
    assert (told.key, told.amount, told.state, told.reason) == (
        case["id"], AMOUNT, DisputeState.TAKEN, "product_not_received",
    )  # fmt: skip
    assert told.fee == Money(1_500, "QAR")
    assert gateway.refund(uuid7(), AMOUNT, refs).outcome is Outcome.FAILED
    stripe.pull("decisions", dispute=case["id"], won=True)
    assert gateway.verify(ask, refs).disputes[0].state is DisputeState.WON
    now = datetime.now(UTC)
    swept = [each for each in gateway.sweep(now - timedelta(hours=1), now + timedelta(hours=1)) if each.disputes]
    assert refs.ours in {each.refs.ours for each in swept}
    warned, about = paid(stripe, gateway)
    stripe.pull("disputes", payment_intent=about.txn, warning=True)
    assert gateway.verify(warned, about).disputes[0].state is DisputeState.ASKED


def test_the_report_of_a_payout_adds_up(stripe: RunningStripe, gateway: Stripe) -> None:
    (_, first), (_, second) = paid(stripe, gateway), paid(stripe, gateway, Money(50_000, "QAR"))
    gateway.refund(uuid7(), Money(1_000, "QAR"), first)
    stripe.pull("disputes", payment_intent=second.txn)
    paid(stripe, gateway, Money(90_000, "QAR"))
    sent = stripe.pull("payouts")
    body = gateway.settlement_of(datetime.fromtimestamp(sent["arrival_date"], UTC).date())
    lines = [line for line in gateway.lines(StatementFile("payouts.csv", body)) if line.batch == sent["id"]]
    assert sum(line.net.minor for line in lines) == sent["amount"]
    assert {line.refs.txn for line in lines} >= {first.txn, second.txn}
    assert {line.kind for line in lines} == {LineKind.PAYMENT, LineKind.REFUND, LineKind.CHARGEBACK}
    with pytest.raises(AnswerNotUnderstood):
        gateway.lines(StatementFile("payouts.csv", body.replace(b"150.00,5.35", b"150.00,5.36")))


class TestSignatures:
    @pytest.mark.parametrize(
        ("raw", "name"),
        [
            (a_notice(header=""), "signature-missing"),
            (a_notice(header="t=1,v0=" + "0" * 64), "signature-missing"),
            (a_notice(header="t=now,v1=" + "0" * 64), "signature-missing"),
            (a_notice(keys=[ROTATED_OUT]), "signature-wrong"),
            (a_notice(keys=["whsec_somebodyElse000000000000"]), "signature-wrong"),
            (a_notice(ahead=-301), "signature-old"),
            (a_notice(ahead=302), "signature-future"),
        ],
    )
    def test_a_notice_that_is_not_signed_as_it_should_be_is_refused_by_name(
        self, gateway: Stripe, raw: RawRequest, name: str
    ) -> None:
        found = gateway.read(raw)
        assert not found.authentic
        assert found.key.startswith(f"{name}-")
        assert found.reply == (400, name.replace("-", " ").encode())

    @pytest.mark.parametrize("keys", [[SECRET], [SECOND], [ROTATED_OUT, SECOND], [SECRET, SECOND]])
    def test_every_secret_in_force_signs(self, gateway: Stripe, keys: list[str]) -> None:
        found = gateway.read(a_notice(keys=keys, ahead=-299))
        assert (found.authentic, found.key, found.claims) == (True, EVENT["id"], Outcome.PAID)
        assert found.refs == Refs("a" * 28)

    def test_it_is_the_signature_that_the_genuine_client_makes(self, gateway: Stripe) -> None:
        raw = a_notice()
        header = sdk.WebhookSignature.generate_signature_header(raw.body.decode(), SECRET)
        assert gateway.read(replace(raw, headers={"stripe-signature": header})).authentic

    def test_nothing_card_like_comes_through(self, stripe: RunningStripe, gateway: Stripe) -> None:
        ask = an_ask()
        go = gateway.start(ask)
        stripe.decide(go.url, "pay")
        stripe.switches(extra_card_fields=True)
        assert gateway.verify(ask, go.refs).outcome is Outcome.PAID
        said = repr((gateway.verify(ask, go.refs), gateway.read(a_notice(card=str(CARD_LIKE["number"])))))
        assert str(CARD_LIKE["number"]) not in said
        assert gateway.read(a_notice(client_reference_id=str(CARD_LIKE["number"]))).authentic is False


class TestTheSimulation:
    FORM: ClassVar[dict[str, Any]] = {
        "mode": "payment", "line_items[0][quantity]": 1, "line_items[0][price_data][currency]": "qar",
        "line_items[0][price_data][unit_amount]": 5000, "line_items[0][price_data][product_data][name]": "x",
        "success_url": "http://127.0.0.1:9/", "cancel_url": "http://127.0.0.1:9/",
    }  # fmt: skip

    def test_a_key_gives_its_first_answer_again_for_a_day(self, stripe: RunningStripe) -> None:
        first = stripe.ask("POST", "checkout/sessions", key="k1", **self.FORM)
        again = stripe.ask("POST", "checkout/sessions", key="k1", **self.FORM)
        assert first.json() == again.json()
        assert again.headers["idempotent-replayed"] == "true"
        other = stripe.ask("POST", "checkout/sessions", key="k1", **self.FORM | {"mode": "setup"})
        assert (other.status_code, other.json()["error"]["type"]) == (400, "idempotency_error")
        stripe.tell("/-/account", advance_seconds=25 * 3600)
        assert stripe.ask("POST", "checkout/sessions", key="k1", **self.FORM).json()["id"] != first.json()["id"]
        stripe.tell("/-/account", advance_seconds=-25 * 3600)

    def test_a_failure_is_kept_and_a_refusal_is_not(self, stripe: RunningStripe) -> None:
        stripe.switches(fault="error_after", only="sessions.create", times=1)
        codes = [stripe.ask("POST", "checkout/sessions", key="k2", **self.FORM).status_code for _ in range(2)]
        assert codes == [500, 500]
        wrong = stripe.ask("POST", "checkout/sessions", key="k3", **self.FORM, colour="red")
        assert (wrong.status_code, wrong.json()["error"]["code"]) == (400, "parameter_unknown")
        assert stripe.ask("POST", "checkout/sessions", key="k3", **self.FORM).status_code == 200

    def test_two_at_once_under_one_key_are_one_and_a_conflict(self, stripe: RunningStripe) -> None:
        stripe.switches(fault="cut_before", only="sessions.create", times=1, hang_seconds=0.6)
        codes: list[int] = []
        slow = threading.Thread(
            target=lambda: codes.append(stripe.ask("POST", "checkout/sessions", key="k4", **self.FORM).status_code)
        )
        slow.start()
        threading.Event().wait(0.3)
        codes.append(stripe.ask("POST", "checkout/sessions", key="k4", **self.FORM).status_code)
        slow.join()
        assert codes == [409, 504]

    def test_lists_come_a_page_at_a_time_and_only_to_the_owner_of_the_key(self, stripe: RunningStripe) -> None:
        for _ in range(3):
            stripe.ask("POST", "checkout/sessions", **self.FORM)
        first = stripe.ask("GET", "checkout/sessions?limit=2").json()
        rest = stripe.ask("GET", f"checkout/sessions?limit=2&starting_after={first['data'][-1]['id']}").json()
        assert first["has_more"] is True
        assert not {each["id"] for each in first["data"]} & {each["id"] for each in rest["data"]}
        with closing(stripe.adapter(key=KEY.replace("0123", "9876"))) as stranger, pytest.raises(AnswerNotUnderstood):
            stranger.start(an_ask())
