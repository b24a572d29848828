"""The adapter of Zarinpal (Iran, an aggregator; v4 JSON), in rial always, never toman.

`request` opens a page and answers with its authority, `verify` is the commit step: 100 the first time, 101 every time
after, both success. There are no notices: the browser comes back with a hint that nobody signed, and what no browser
told of is found by `unVerified`, which lists the last hundred payments that nobody has verified. Zarinpal keeps such
money and does not give it back by itself, so that list is asked for every hour.

No answer carries our order number or the amount. What ties them is the authority, that Zarinpal bound to both when it
opened the page, and our own address of return, which `unVerified` repeats and which holds the attempt's id. `verify`
fails with −50 when the amount is not the one of the page; the amount that Zarinpal has is then committed and told as
it is, so that the money is not left with them, and the engine puts it before a person.

Of an answer only the codes, the authority and the reference number are read; the masked card and the card's hash,
which every verified payment brings, are dropped unread.

From the published documents (July 2026): the calls, their fields, codes 100, 101, −50, −51, −60 to −63, the states of
`inquiry`, thirty minutes for `reverse`. Not confirmed: the HTTP status of refusals (any 4xx is read), the length of
the reference number (up to 12 digits here), how long a page stays open (none is assumed; 24 hours of questions), and
whether `fee` is in rial, so it is not read. A refund after thirty minutes goes through another service with a
token of the panel; this adapter refuses it, and the money goes back by transfer. A part is never refunded.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from marketplace.foundation.money import Money
from marketplace.foundation.settings import SettingRefused, Settings
from payments.gateways.addresses import THIS_MACHINE, host_of, origin_of, provider_address
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
    keep_declared,
    money,
    reference_of,
    shape,
)

USUAL = "https://payment.zarinpal.com"
PRACTICE_HOST = "sandbox.zarinpal.com"
CURRENCY = "IRR"

PAID_NOW, PAID_BEFORE = "100", "101"
OTHER_AMOUNT, NOT_PAID = "-50", "-51"
TOO_LATE_TO_REVERSE, NOT_REVERSIBLE = "-63", "-60"
REVERSE_WITHIN = timedelta(minutes=30)

CODE = shape(r"-?\d{1,4}")
AUTHORITY = shape(r"[A-Za-z][0-9A-Za-z]{35}")
REQUESTED = {"code": CODE, "authority": AUTHORITY}
VERIFIED = {"code": CODE, "ref_id": shape(r"\d{1,12}")}
INQUIRED = {"code": CODE, "status": shape(r"PAID|VERIFIED|IN_BANK|FAILED|REVERSED")}
LISTED = {"authority": AUTHORITY, "amount": shape(r"\d{1,15}")}
OUTCOMES = {
    "IN_BANK": Outcome.PENDING,
    "PAID": Outcome.PENDING,  # paid between our two questions: the next one commits it
    "VERIFIED": Outcome.PENDING,
    "FAILED": Outcome.FAILED,
    "REVERSED": Outcome.REVERSED,
}


@dataclass(frozen=True, slots=True)
class ZarinpalMerchant:
    """Our contract: the merchant id, which is also the secret, and where the service is."""

    base_url: str
    merchant: str
    live: bool = False
    read_seconds: float = READ_SECONDS


def from_settings(settings: Settings) -> "Zarinpal | None":
    """The adapter that the settings name; None when they name none. Raises SettingRefused."""
    merchant, base = settings.zarinpal_merchant_id, settings.zarinpal_api_base
    if not merchant and not base:
        return None
    if not merchant:
        raise SettingRefused("ZARINPAL_MERCHANT_ID", "is not set", "Set it, or empty ZARINPAL_API_BASE too")
    try:
        well_formed = len(merchant) == 36 and bool(UUID(merchant))
    except ValueError:
        well_formed = False
    if not well_formed:
        raise SettingRefused("ZARINPAL_MERCHANT_ID", "is malformed", "It is the merchant code of 36 characters")
    base = provider_address(settings, "ZARINPAL_API_BASE", base, usual=USUAL)
    if settings.production and host_of(base) == PRACTICE_HOST:
        raise SettingRefused("ZARINPAL_API_BASE", "names a simulator", "A simulator is never used in production")
    return Zarinpal(ZarinpalMerchant(base, merchant, live=host_of(base) not in THIS_MACHINE | {PRACTICE_HOST}))


class Zarinpal:
    """Speaks to Zarinpal over HTTP only; keeps nothing."""

    name = "zarinpal"

    def __init__(self, merchant: ZarinpalMerchant) -> None:
        self._merchant = merchant
        self._out = Outbound(
            merchant.base_url,
            hosts=frozenset({host_of(merchant.base_url)}),
            read_seconds=merchant.read_seconds,
            explains_refusals=True,
        )
        self.can = Abilities(
            currencies=frozenset({CURRENCY}),
            live=merchant.live,
            verify_within=timedelta(hours=24),
            reverse_within=REVERSE_WITHIN,
            refund_within=REVERSE_WITHIN,
            partial_refund=False,
            refund_key=RefundKey.QUERY_FIRST,
            signed_notice=False,
            sweep=True,
            lines=False,
            settles_in=timedelta(days=1),
            pages=frozenset({origin_of(merchant.base_url)}),
        )

    def close(self) -> None:
        """Hang up; the adapter is not used after this."""
        self._out.close()

    def start(self, ask: Ask) -> Go:
        ours = reference_of(ask.id)
        if ask.page is not None:  # a second page for one attempt could be paid as well
            return self._go(Refs(ours, page=ask.page))
        body = {
            "amount": ask.amount.minor,
            "currency": ask.amount.currency,
            "callback_url": ask.return_url,
            "description": ask.label or ours,
            "metadata": {"order_id": ours},
        }
        kept = keep_declared(self._call("request", body), REQUESTED)
        if kept.get("code") != PAID_NOW or "authority" not in kept:
            raise AnswerNotUnderstood("no page")
        return self._go(Refs(ours, page=kept["authority"]))

    def read(self, raw: RawRequest) -> Notice:
        """Zarinpal sends no notices; whatever comes here is nobody's."""
        return Notice("none", None, authentic=False, claims=None, reply=(404, b"no notices are expected"))

    def verify(self, ask: Ask, refs: Refs) -> Verdict:
        try:
            verdict = self._verify_page(ask, refs) if refs.page else Verdict(Outcome.UNKNOWN, refs)
            if verdict.outcome in {Outcome.PAID, Outcome.REVERSED}:
                return verdict
            return self._verify_held(refs) or verdict
        except (GatewayUnreachable, AnswerNotUnderstood):
            return Verdict(Outcome.UNKNOWN, refs)

    def refund(self, id: UUID, amount: Money, refs: Refs) -> Verdict:
        """Reverse the whole payment; how it stands is asked first, so that the same refund twice is one."""
        try:
            state = self._state(refs)
            if state == "REVERSED":
                return self._refunded(amount, refs)
            if state not in {"PAID", "VERIFIED"}:
                return Verdict(Outcome.UNKNOWN if state is None else Outcome.FAILED, refs, final=state is not None)
            code = keep_declared(self._call("reverse", {"authority": refs.page or ""}), {"code": CODE}).get("code")
        except (GatewayUnreachable, AnswerNotUnderstood):
            return Verdict(Outcome.UNKNOWN, refs)
        if code == PAID_NOW:
            return self._refunded(amount, refs)
        refused = code in {TOO_LATE_TO_REVERSE, NOT_REVERSIBLE}
        return Verdict(Outcome.FAILED if refused else Outcome.UNKNOWN, refs, live=self._merchant.live, final=refused)

    def sweep(self, since: datetime, until: datetime) -> Iterator[Verdict]:
        for held in self._held():
            yield Verdict(Outcome.PENDING, Refs(held.ours, page=held.authority), live=self._merchant.live)

    def lines(self, source: StatementFile) -> Iterable[Line]:
        """Zarinpal publishes no layout of a settlement file. Raises AnswerNotUnderstood."""
        raise AnswerNotUnderstood("no settlement file of this gateway is known")

    def _go(self, refs: Refs) -> Go:
        return Go(refs, f"{self._merchant.base_url}/pg/StartPay/{refs.page}")

    def _verify_page(self, ask: Ask, refs: Refs) -> Verdict:
        code, reference = self._commit(refs, ask.amount)
        if code in {PAID_NOW, PAID_BEFORE}:
            return self._paid(ask.amount, refs, reference)
        if code != NOT_PAID:
            return Verdict(Outcome.UNKNOWN, refs, live=self._merchant.live)
        outcome = OUTCOMES.get(self._state(refs) or "", Outcome.UNKNOWN)
        final = outcome not in {Outcome.PENDING, Outcome.UNKNOWN}
        return Verdict(outcome, refs, live=self._merchant.live, final=final)

    def _verify_held(self, refs: Refs) -> Verdict | None:
        """The attempt's money as `unVerified` has it: on a page whose authority we lack, or of another amount."""
        for held in self._held():
            if held.ours == refs.ours:
                on_page = replace(refs, page=held.authority)
                code, reference = self._commit(on_page, held.amount)
                return self._paid(held.amount, on_page, reference) if code in {PAID_NOW, PAID_BEFORE} else None
        return None

    def _commit(self, refs: Refs, amount: Money) -> tuple[str, str]:
        """`verify`: its code, and the reference number when there is one."""
        kept = keep_declared(self._call("verify", {"authority": refs.page or "", "amount": amount.minor}), VERIFIED)
        return kept.get("code", ""), kept.get("ref_id", "")

    def _state(self, refs: Refs) -> str | None:
        return keep_declared(self._call("inquiry", {"authority": refs.page or ""}), INQUIRED).get("status")

    def _held(self) -> Iterator["_Held"]:
        """What is paid and not verified, as far as it is ours by its address of return."""
        listed = self._call("unVerified", {}).get("authorities")
        for each in listed if isinstance(listed, list) else []:
            if isinstance(each, dict) and (attempt := _attempt_in(each.get("callback_url"))) is not None:
                kept = keep_declared(each, LISTED)
                if kept.keys() == LISTED.keys():
                    yield _Held(reference_of(attempt), kept["authority"], money(kept["amount"], CURRENCY))

    def _call(self, what: str, body: Mapping[str, object]) -> Mapping[str, object]:
        """The part of an answer that says how it went: `data`, or `errors` when it was refused."""
        sent = {"merchant_id": self._merchant.merchant, **body}
        # `request` is the one call that may not be sent twice: each makes a page of its own.
        answer = self._out.post(f"/pg/v4/payment/{what}.json", sent, repeatable=what != "request")
        for part in (answer.get("data"), answer.get("errors")):
            if isinstance(part, dict) and "code" in part:
                return part
        raise AnswerNotUnderstood("neither data nor errors")

    def _paid(self, amount: Money, refs: Refs, reference: str) -> Verdict:
        if not reference:
            raise AnswerNotUnderstood("a verified payment without its number")
        paid = replace(refs, txn=reference)
        return Verdict(Outcome.PAID, paid, amount=amount, live=self._merchant.live, final=True)

    def _refunded(self, amount: Money, refs: Refs) -> Verdict:
        return Verdict(Outcome.REFUNDED, refs, amount=amount, live=self._merchant.live, final=True)


@dataclass(frozen=True, slots=True)
class _Held:
    """One payment that nobody has verified."""

    ours: str
    authority: str
    amount: Money


def _attempt_in(callback: object) -> UUID | None:
    """The attempt's id, the last part of the address that its payer comes back to."""
    if not isinstance(callback, str):
        return None
    try:
        return UUID(callback.split("?")[0].rstrip("/").rsplit("/", 1)[-1])
    except ValueError:
        return None
