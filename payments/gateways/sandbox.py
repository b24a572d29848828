"""The adapter of the sandbox bank (payments.md §5.4): a hosted page, two numbers, signed notices, daily reports."""

import hashlib
import hmac
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID

from marketplace.foundation.money import EXPONENTS, Money
from marketplace.foundation.settings import Settings
from payments.gateways.addresses import origin_of
from payments.gateways.outbound import READ_SECONDS, Outbound
from payments.gateways.protocol import (
    Abilities,
    Ask,
    Go,
    Line,
    Notice,
    RawRequest,
    Refs,
    RefundKey,
    StatementFile,
    Verdict,
)
from payments.gateways.rules import (
    AnswerNotUnderstood,
    GatewayUnreachable,
    Outcome,
    in_letters,
    is_timely,
    keep_declared,
    moment,
    money,
    reference_of,
    shape,
)
from payments.gateways.sandbox_report import REFERENCES, read_settlement, refs_of

STARTED = {"token": REFERENCES["token"], "url": shape(r"https?://[A-Za-z0-9.:\-]{1,100}/pay/tk[a-z]{24}")}
ASKED = REFERENCES | {
    "status": shape(r"first|already|not_paid"),
    "state": shape(r"open|paid|declined|cancelled|expired|reversed|refunded|unknown"),
    "amount": shape(r"\d{1,12}"),
    "currency": shape(r"[A-Z]{3}"),
    "fee": shape(r"\d{1,12}"),
    "paid_at": shape(r"[0-9T:.+\-]{19,32}"),
    "financial_day": shape(r"\d{4}-\d\d-\d\d"),
    "mode": shape(r"live|test"),
}
RUNG = {"delivery": shape(r"[a-z]{20,40}"), "claim": shape(r"paid|declined|cancelled"), **REFERENCES}
REFUNDED = {"status": shape(r"refunded|refused"), "amount": ASKED["amount"], "currency": ASKED["currency"]}

STATES = {
    "open": Outcome.PENDING,
    "declined": Outcome.FAILED,
    "cancelled": Outcome.CANCELLED,
    "expired": Outcome.EXPIRED,
    "reversed": Outcome.REVERSED,
    "refunded": Outcome.REFUNDED,
}
CLAIMS = {"paid": Outcome.PAID, "declined": Outcome.FAILED, "cancelled": Outcome.CANCELLED}
OUR_MERCHANT, OUR_TERMINAL = "karigar", "T1000001"  # the contract that the sandbox bank opens with
SIGNATURE = re.compile(r"t=(\d{1,12}),v1=([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class SandboxMerchant:
    """Our contract with the sandbox bank: where it is, who we are there, and which machines may be called."""

    base_url: str
    hosts: frozenset[str]
    merchant: str
    secret: str
    terminal: str
    currencies: frozenset[str]
    live: bool = False
    read_seconds: float = READ_SECONDS


def from_settings(settings: Settings) -> "Sandbox | None":
    """The adapter for the bank that the settings name; None when they name none."""
    if not settings.sandbox_bank_url or not settings.sandbox_bank_secret:
        return None
    return Sandbox(
        SandboxMerchant(
            base_url=settings.sandbox_bank_url,
            hosts=frozenset({urlsplit(settings.sandbox_bank_url).hostname or ""}),
            merchant=OUR_MERCHANT,
            secret=settings.sandbox_bank_secret,
            terminal=OUR_TERMINAL,
            currencies=frozenset(EXPONENTS),
        )
    )


class Sandbox:
    """Speaks to the sandbox bank over HTTP only; keeps nothing."""

    name = "sandbox"

    def __init__(self, merchant: SandboxMerchant) -> None:
        self._merchant = merchant
        self._out = Outbound(
            merchant.base_url, hosts=merchant.hosts, bearer=merchant.secret, read_seconds=merchant.read_seconds
        )
        self.can = Abilities(
            currencies=merchant.currencies,
            live=merchant.live,
            verify_within=timedelta(hours=24),
            reverse_within=timedelta(minutes=30),
            partial_refund=True,
            refund_key=RefundKey.NATIVE,
            signed_notice=True,
            sweep=True,
            lines=True,
            settles_in=timedelta(days=1),
            terminal=merchant.terminal,
            pages=frozenset({origin_of(merchant.base_url)}),
        )

    def close(self) -> None:
        """Hang up; the adapter is not used after this."""
        self._out.close()

    def start(self, ask: Ask) -> Go:
        body = {
            "merchant": self._merchant.merchant,
            "order": reference_of(ask.id),
            "amount": ask.amount.minor,
            "currency": ask.amount.currency,
            "return_url": ask.return_url,
            "notify_url": ask.notify_url,
            "expires_at": ask.expires_at.isoformat(),
            "label": ask.label,
        }
        kept = keep_declared(self._out.post("/pay/request", body, repeatable=True), STARTED)
        if kept.keys() != STARTED.keys():
            raise AnswerNotUnderstood("token or url")
        return Go(refs=Refs(ours=reference_of(ask.id), page=kept["token"]), url=kept["url"])

    def read(self, raw: RawRequest) -> Notice:
        authentic = self._is_signed(raw)
        try:
            kept = keep_declared(_json_object(raw.body), RUNG)
        except AnswerNotUnderstood:
            kept = {}
        refs = refs_of(kept, kept["order"]) if "order" in kept else None
        if not authentic or refs is None or "delivery" not in kept:
            # A key of its own, so that a forgery cannot take the place of the true notice it imitates.
            digest = in_letters(hashlib.sha256(raw.body).digest()[:16])
            return Notice(f"unsigned-{digest}", refs, authentic=False, claims=None, reply=(400, b"not understood"))
        return Notice(
            kept["delivery"], refs, authentic=True, claims=CLAIMS.get(kept.get("claim", "")), reply=(200, b"ok")
        )

    def verify(self, ask: Ask, refs: Refs) -> Verdict:
        body = {
            "merchant": self._merchant.merchant,
            "order": refs.ours,
            "token": refs.page or "",
            "amount": ask.amount.minor,
        }
        try:
            return _verdict(keep_declared(self._out.post("/pay/verify", body, repeatable=True), ASKED), refs)
        except (GatewayUnreachable, AnswerNotUnderstood):
            return Verdict(Outcome.UNKNOWN, refs)

    def refund(self, id: UUID, amount: Money, refs: Refs) -> Verdict:
        body = {
            "merchant": self._merchant.merchant,
            "key": in_letters(id.bytes),
            "order": refs.ours,
            "amount": amount.minor,
        }
        try:
            kept = keep_declared(self._out.post("/pay/refund", body, repeatable=True), REFUNDED)
            given = (
                money(kept.get("amount", ""), kept.get("currency", "")) if kept.get("status") == "refunded" else None
            )
        except (GatewayUnreachable, AnswerNotUnderstood):
            return Verdict(Outcome.UNKNOWN, refs)
        if given is not None:
            return Verdict(Outcome.REFUNDED, refs, amount=given, live=self._merchant.live, final=True)
        return Verdict(Outcome.FAILED, refs, live=self._merchant.live, final=True)

    def sweep(self, since: datetime, until: datetime) -> Iterator[Verdict]:
        body = {"merchant": self._merchant.merchant, "since": since.isoformat(), "until": until.isoformat()}
        listed = self._out.post("/pay/unverified", body, repeatable=True).get("payments")
        for each in listed if isinstance(listed, list) else []:
            kept = keep_declared(each if isinstance(each, dict) else {}, REFERENCES)
            if "order" in kept:
                yield Verdict(Outcome.PENDING, refs_of(kept, kept["order"]), live=self._merchant.live)

    def lines(self, source: StatementFile) -> Iterable[Line]:
        return read_settlement(source.body)

    def settlement_of(self, day: date) -> bytes:
        """The bank's settlement report of a financial day. Raises GatewayUnreachable, AnswerNotUnderstood."""
        body = {"merchant": self._merchant.merchant, "day": day.isoformat()}
        return self._out.fetch("/reports/settlement", body, repeatable=True)

    def statement_of(self, day: date, currency: str) -> bytes:
        """Our account's statement of a day, in one currency. Raises GatewayUnreachable, AnswerNotUnderstood."""
        body = {"merchant": self._merchant.merchant, "day": day.isoformat(), "currency": currency}
        return self._out.fetch("/reports/statement", body, repeatable=True)

    def _is_signed(self, raw: RawRequest) -> bool:
        found = SIGNATURE.fullmatch(raw.headers.get("bank-signature", ""))
        if found is None or not is_timely(int(found[1]), raw.received_at):
            return False
        expected = hmac.new(self._merchant.secret.encode(), found[1].encode() + b"." + raw.body, hashlib.sha256)
        return hmac.compare_digest(expected.hexdigest(), found[2])


def _json_object(body: bytes) -> Mapping[str, object]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise AnswerNotUnderstood("no JSON") from None
    if not isinstance(found, dict):
        raise AnswerNotUnderstood("no JSON object")
    return found


def _verdict(kept: Mapping[str, str], asked: Refs) -> Verdict:
    """PAID for "first" and for "already": asking twice is no error."""
    if kept.get("status") not in {"first", "already"}:
        outcome = STATES.get(kept.get("state", ""), Outcome.UNKNOWN)
        final = outcome not in {Outcome.PENDING, Outcome.UNKNOWN}
        return Verdict(outcome, asked, live=kept.get("mode") == "live", final=final)
    try:
        refs = refs_of(kept, kept["order"])
        return Verdict(
            Outcome.PAID,
            refs,
            amount=money(kept["amount"], kept["currency"]),
            fee=money(kept["fee"], kept["currency"]) if "fee" in kept else None,
            at=moment(kept["paid_at"]),
            financial_day=date.fromisoformat(kept["financial_day"]),
            live=kept["mode"] == "live",
            final=True,
        )
    except (KeyError, ValueError):
        raise AnswerNotUnderstood("a paid payment lacks a field") from None
