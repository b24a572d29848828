"""The adapter of Stripe: Checkout by redirect, events as bells, the retrieved session as the truth, refunds, cases.

`start` opens a page under the attempt's id as the key; `verify` retrieves it with its payment, its charge and its
cases; a page whose address never reached us is found among the pages of that hour, by our order number. `refund` looks
first whether this refund is there, since keys are forgotten after a day and a retry may come later.

Everything goes through Stripe's own client, with its retries, its invented keys, its telemetry and its logs off: the
engine owns what is repeated, and an answer is written nowhere. No field of a card is sent, asked for or read.

KWD is not offered, although Stripe takes it: only in steps of ten fils. IRR it does not take.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any, cast
from uuid import UUID

from marketplace.foundation.money import Money
from marketplace.foundation.settings import SettingRefused, Settings
from payments.gateways import stripe_report as report
from payments.gateways import stripe_wire as wire
from payments.gateways import stripe_words as words
from payments.gateways.addresses import THIS_MACHINE, host_of, origin_of, provider_address
from payments.gateways.outbound import READ_SECONDS
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
    reference_of,
    shape,
)
from payments.gateways.stripe_words import Object

USUAL, PAGES = "https://api.stripe.com", "https://checkout.stripe.com"
CURRENCIES = frozenset({"BDT", "QAR", "USD", "EUR"})
SECRET_KEY = re.compile(r"(sk|rk)_(test|live)_[A-Za-z0-9]{16,250}")
WEBHOOK_SECRET = re.compile(r"whsec_[A-Za-z0-9+/=_-]{16,250}")
STARTED = {
    "id": words.PAGE,
    # Never kept, and long enough to hold thirteen digits in a row by chance.
    "url": shape(r"https?://[!-~]{10,4000}", may_look_like_a_card=True),
}
PAGE_MUST_LIVE = timedelta(minutes=5)  # Stripe opens no page for less than half an hour, counted from its own clock
STARTED_AROUND = timedelta(minutes=15)  # where a page of ours may stand, around the time in the attempt's id
CASES_LAST = timedelta(days=120)
A_PAGE, MOST_PAGES = 100, 50
SIGNED = re.compile(r"(?:^|,)\s*(t|v1)=([0-9a-f]{1,64})\s*(?=,|$)")
EXPANDED = ["payment_intent.latest_charge.balance_transaction", "payment_intent.latest_charge.refunds"]


@dataclass(frozen=True, slots=True)
class StripeAccount:
    """Our account: its key, the secrets that its events are signed with, and where its service and pages are."""

    secret_key: str
    webhook_secrets: tuple[str, ...]
    base_url: str = USUAL
    pages: str = PAGES
    read_seconds: float = READ_SECONDS

    @property
    def live(self) -> bool:
        return "_live_" in self.secret_key


def from_settings(settings: Settings) -> "Stripe | None":
    """The adapter that the settings name; None when they name none. Raises SettingRefused.

    Production takes a live key only, and the demo a test key only.
    """
    key, secrets = settings.stripe_secret_key, tuple(settings.stripe_webhook_secret.split())
    if not key and not secrets and not settings.stripe_api_base:
        return None
    if not key:
        raise SettingRefused("STRIPE_SECRET_KEY", "is not set", "Set it, or empty the other settings of Stripe too")
    if not SECRET_KEY.fullmatch(key):
        raise SettingRefused("STRIPE_SECRET_KEY", "is malformed", "It begins with sk_live_ or rk_live_")
    if not secrets:
        raise SettingRefused("STRIPE_WEBHOOK_SECRET", "is not set", "Set the whsec_ of the endpoint of your account")
    if not all(WEBHOOK_SECRET.fullmatch(each) for each in secrets):
        raise SettingRefused("STRIPE_WEBHOOK_SECRET", "is malformed", "Each begins with whsec_, blanks stand between")
    base = provider_address(settings, "STRIPE_API_BASE", settings.stripe_api_base, usual=USUAL)
    if base != USUAL and host_of(base) not in THIS_MACHINE:
        raise SettingRefused("STRIPE_API_BASE", "is not Stripe's", "Leave it empty; a simulator is on this machine")
    account = StripeAccount(key, secrets, base, PAGES if base == USUAL else origin_of(base))
    if account.live != settings.production:
        wanted = "a live key" if settings.production else "a test key: a demo takes no money"
        raise SettingRefused("STRIPE_SECRET_KEY", "does not fit KARIGAR_MODE", f"Set {wanted}")
    return Stripe(account)


class Stripe:
    """Speaks to Stripe through its own client; keeps nothing. Safe to share between threads."""

    name = "stripe"

    def __init__(self, account: StripeAccount) -> None:
        self._account = account
        self._wire = wire.Wire(account.base_url, read_seconds=account.read_seconds)
        self._client = wire.client(account.secret_key, account.base_url, self._wire)
        self.can = Abilities(
            currencies=CURRENCIES,
            live=account.live,
            verify_within=timedelta(days=7),
            reverse_within=None,
            partial_refund=True,
            refund_key=RefundKey.NATIVE,
            signed_notice=True,
            sweep=True,
            lines=True,
            settles_in=timedelta(days=7),
            pages=frozenset({account.pages}),
        )

    def close(self) -> None:
        """Hang up; the adapter is not used after this."""
        self._wire.close()

    def start(self, ask: Ask) -> Go:
        ours = reference_of(ask.id)
        wanted = {
            "mode": "payment",
            "client_reference_id": ours,
            "metadata": {"attempt": ours},
            "payment_intent_data": {"metadata": {"attempt": ours}},
            "line_items": [
                {
                    "quantity": 1,
                    "price_data": {
                        "currency": ask.amount.currency.lower(),
                        "unit_amount": ask.amount.minor,
                        "product_data": {"name": ask.label[:200] or ours},
                    },
                }
            ],
            "adaptive_pricing": {"enabled": False},
            "success_url": ask.return_url,
            "cancel_url": ask.return_url,
            "expires_at": int((ask.expires_at + PAGE_MUST_LIVE).timestamp()),
        }
        key = {"idempotency_key": str(ask.id)}
        opened = wire.plain(lambda: self._client.v1.checkout.sessions.create(cast("Any", wanted), cast("Any", key)))
        kept = keep_declared(opened, STARTED)
        if kept.keys() != STARTED.keys() or origin_of(kept["url"]) != self._account.pages:
            raise AnswerNotUnderstood("page or url")
        return Go(refs=Refs(ours=ours, page=kept["id"]), url=kept["url"])

    def read(self, raw: RawRequest) -> Notice:
        try:
            key, refs, claims = words.event_of(_json_object(raw.body))
        except AnswerNotUnderstood:
            key, refs, claims = "", None, None
        wrong = self._what_is_wrong(raw)
        if wrong or not key:
            # A key of its own, so that a forgery cannot take the place of the true notice it imitates.
            digest = in_letters(hashlib.sha256(raw.body).digest()[:16])
            wrong = wrong or "no-event"
            reply = (400, wrong.replace("-", " ").encode())
            return Notice(f"{wrong}-{digest}", refs, authentic=False, claims=None, reply=reply)
        return Notice(key, refs, authentic=True, claims=claims, reply=(200, b"ok"))

    def verify(self, ask: Ask, refs: Refs) -> Verdict:
        try:
            session = self._retrieved(refs.page) if refs.page else self._found(ask, refs.ours)
            if session is None:
                return Verdict(Outcome.UNKNOWN, refs)
            return words.verdict(session, self._cases(session), refs)
        except (GatewayUnreachable, AnswerNotUnderstood):
            return Verdict(Outcome.UNKNOWN, refs)

    def refund(self, id: UUID, amount: Money, refs: Refs) -> Verdict:
        live = self._account.live
        if refs.txn is None:
            return Verdict(Outcome.FAILED, refs, live=live, final=True)  # nothing was sent
        wanted = {
            "payment_intent": refs.txn,
            "amount": amount.minor,
            "reason": "requested_by_customer",
            "metadata": {"refund": str(id), "attempt": refs.ours},
        }
        key = {"idempotency_key": str(id)}
        try:
            there = self._refund_of(refs.txn, id)
            if there is None:
                there = wire.plain(lambda: self._client.v1.refunds.create(cast("Any", wanted), cast("Any", key)))
            return words.refund_verdict(there, refs, live=live)
        except wire.Refused:
            return Verdict(Outcome.FAILED, refs, live=live, final=True)
        except (GatewayUnreachable, AnswerNotUnderstood):
            return Verdict(Outcome.UNKNOWN, refs)

    def sweep(self, since: datetime, until: datetime) -> Iterator[Verdict]:
        live, sessions = self._account.live, self._client.v1.checkout.sessions
        stretch = {"created": {"gte": int(since.timestamp()), "lte": int(until.timestamp())}}
        for each in self._listed(sessions.list, stretch | {"status": "complete"}):
            kept = keep_declared(each, words.SESSION)
            if "client_reference_id" in kept:
                yield Verdict(Outcome.PENDING, Refs(kept["client_reference_id"], page=kept.get("id")), live=live)
        for each in self._listed(self._client.v1.refunds.list, stretch | {"expand": ["data.payment_intent"]}):
            if words.is_stranger(each):
                yield Verdict(Outcome.REFUNDED, _about(each), live=live, disputes=(words.case_of_refund(each),))
        yield from self.disputes(until - CASES_LAST, until)

    def disputes(self, since: datetime, until: datetime) -> Iterator[Verdict]:
        """Every case that was opened in this stretch, as it stands now, with the payment that it is about."""
        stretch = {"created": {"gte": int(since.timestamp()), "lte": int(until.timestamp())}}
        for each in self._listed(self._client.v1.disputes.list, stretch | {"expand": ["data.payment_intent"]}):
            yield Verdict(Outcome.REVERSED, _about(each), live=self._account.live, disputes=(words.case_of(each),))

    def lines(self, source: StatementFile) -> list[Line]:
        return report.read_payouts(source.body)

    def settlement_of(self, day: date) -> bytes:
        """The report of the automatic payouts that arrive on a day, as the panel would give it.

        Payouts by hand are not itemised by Stripe, so they are left out. Raises GatewayUnreachable,
        AnswerNotUnderstood.
        """
        start = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
        arriving = {"arrival_date": {"gte": start, "lt": start + 86_400}}
        payouts = [
            each for each in self._listed(self._client.v1.payouts.list, arriving) if each.get("automatic") is True
        ]
        rows = []
        for payout in payouts:
            wanted = {"payout": str(payout.get("id")), "expand": ["data.source"]}
            booked = self._listed(self._client.v1.balance_transactions.list, wanted)
            rows += [report.row_of(each, payout) for each in booked if each.get("type") != "payout"]
        return report.written(rows)

    def _retrieved(self, page: str) -> Object:
        wanted = cast("Any", {"expand": EXPANDED})
        return wire.plain(lambda: self._client.v1.checkout.sessions.retrieve(page, wanted))

    def _found(self, ask: Ask, ours: str) -> Object | None:
        """The page of an attempt whose start had no answer; None when Stripe never heard of it."""
        around = datetime.fromtimestamp((ask.id.int >> 80) / 1000, UTC)
        first, last = (int((around + each).timestamp()) for each in (-STARTED_AROUND, STARTED_AROUND))
        for each in self._listed(self._client.v1.checkout.sessions.list, {"created": {"gte": first, "lte": last}}):
            if each.get("client_reference_id") == ours:
                return self._retrieved(keep_declared(each, words.SESSION).get("id", ""))
        return None

    def _cases(self, session: Object) -> list[Object]:
        intent = words.inner(session, "payment_intent")
        if words.inner(intent, "latest_charge").get("disputed") is not True:
            return []
        return list(self._listed(self._client.v1.disputes.list, {"payment_intent": str(intent.get("id"))}))

    def _refund_of(self, intent: str, id: UUID) -> Object | None:
        for each in self._listed(self._client.v1.refunds.list, {"payment_intent": intent}):
            if words.inner(each, "metadata").get("refund") == str(id):
                return each
        return None

    @staticmethod
    def _listed(ask: Callable[..., Any], wanted: Mapping[str, object]) -> Iterator[Object]:
        """Every object of a list, page after page."""
        after: dict[str, object] = {}
        for _ in range(MOST_PAGES):
            answer = wire.plain(partial(ask, {**wanted, **after, "limit": A_PAGE}))
            found = answer.get("data")
            if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
                raise AnswerNotUnderstood("no list")
            yield from found
            if answer.get("has_more") is not True or not found:
                return
            after = {"starting_after": str(found[-1].get("id"))}

    def _what_is_wrong(self, raw: RawRequest) -> str:
        """Why a notice is not believed to come from Stripe; empty when it is."""
        signed = SIGNED.findall(raw.headers.get("stripe-signature", ""))
        stamps = [value for name, value in signed if name == "t" and value.isdecimal() and len(value) <= 12]
        given = [value for name, value in signed if name == "v1"]
        if len(stamps) != 1 or not given:
            return "signature-missing"
        text = stamps[0].encode() + b"." + raw.body
        ours = [hmac.new(each.encode(), text, hashlib.sha256).hexdigest() for each in self._account.webhook_secrets]
        if not any(hmac.compare_digest(mine, theirs) for mine in ours for theirs in given):
            return "signature-wrong"
        if is_timely(int(stamps[0]), raw.received_at):
            return ""
        return "signature-old" if raw.received_at.timestamp() > int(stamps[0]) else "signature-future"


def _about(told: Object) -> Refs:
    """The payment that a refund or a case is about; without our order number where nobody noted it."""
    intent = words.inner(told, "payment_intent")
    return Refs(ours=words.attempt_of(intent), txn=keep_declared(intent, words.PAYMENT).get("id"))


def _json_object(body: bytes) -> Object:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise AnswerNotUnderstood("no JSON") from None
    if not isinstance(found, dict):
        raise AnswerNotUnderstood("no JSON object")
    return found
