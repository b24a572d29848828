"""The adapter of SSLCommerz (Bangladesh, v4): a session, a hosted page, a notice that is only a hint, validation.

`gwprocess` opens a session for our order number (`tran_id`). Its notice (IPN) is signed over named fields with the
store's password: the SHA-2 signature is checked, the MD5 one ignored, and even a true notice only wakes us. The word
that counts is asked for: the query by `tran_id` finds the payment with its `val_id`, whether a notice came or not, and
the validation by `val_id` is the commit step: VALID the first time, VALIDATED every time after, both success. What a
payment carries with `risk_level` 1 is paid, and held until a person has looked.

Money is in taka with two decimals as text; the amount, the currency and the order number of the answer are told as
they are. Card numbers, even masked, with their brand, issuer and country, come with every answer and are dropped
unread. The payer's name, address and e-mail, which the session demands, are never sent: constants of ours stand there.

From the published documents (v4) and their example: the calls and fields, both signatures (recomputed from the
published example), VALID, VALIDATED, PENDING, FAILED of the query, `refund_ref_id` with success, processing, failed
and then refunded, processing, cancelled. Not confirmed: UNATTEMPTED, CANCELLED and EXPIRED in the query's answer, the
zone of `tran_date` (Dhaka is assumed), how many attempts one session may make (the paid one among them counts), and
whether the same `refund_trans_id` twice is one refund. So a refund that was not answered is not sent again: its verdict
is UNKNOWN and final, and a person decides; once `refund_ref_id` is known (it stands in `trace`), it is asked about.
No list of payments can be asked for, so there is no sweep: the query by `tran_id` on schedule finds lost notices.
"""

import hashlib
import hmac
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl
from uuid import UUID
from zoneinfo import ZoneInfo

from marketplace.foundation.cards import contains_card_number
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
    amount,
    in_letters,
    keep_declared,
    reference_of,
    shape,
)
from payments.gateways.sslcommerz_report import BANK, ORDER, read_settlement

USUAL = "https://securepay.sslcommerz.com"
PRACTICE_HOST = "sandbox.sslcommerz.com"
PAGES = "https://*.sslcommerz.com"
CURRENCY = "BDT"
ZONE = ZoneInfo("Asia/Dhaka")
SESSION, QUERY = "/gwprocess/v4/api.php", "/validator/api/merchantTransIDvalidationAPI.php"
VALIDATION = "/validator/api/validationserverAPI.php"
NOBODY = {
    "cus_name": "Customer", "cus_email": "customer@invalid.example", "cus_add1": "-", "cus_city": "Dhaka",
    "cus_postcode": "1000", "cus_country": "Bangladesh", "cus_phone": "00000000000", "shipping_method": "NO",
    "num_of_item": "1", "product_name": "Top-up", "product_category": "Top-up", "product_profile": "non-physical-goods",
}  # fmt: skip

AMOUNT = shape(r"\d{1,10}(\.\d{1,2})?")
CODE = shape(r"[A-Z]{3}")
STARTED = {
    "status": shape(r"SUCCESS|FAILED"),
    "sessionkey": shape(r"[0-9A-Za-z]{16,64}", may_look_like_a_card=True),
    "GatewayPageURL": shape(r"https?://[A-Za-z0-9.:\-]{1,100}/[\x21-\x7e]{0,400}", may_look_like_a_card=True),
}
PAYMENT = {
    "status": shape(r"[A-Z_]{4,30}"),
    "tran_id": ORDER,
    "val_id": shape(r"(?!\d+$)[0-9A-Za-z]{6,50}", may_look_like_a_card=True),
    "bank_tran_id": BANK,
    "amount": AMOUNT,
    "store_amount": AMOUNT,
    "currency": CODE,
    "tran_date": shape(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"),
    "risk_level": shape(r"\d"),
}
RUNG = {"status": PAYMENT["status"], "tran_id": ORDER}
REFUNDED = {
    "APIConnect": shape(r"[A-Z_]{4,30}"),
    "status": shape(r"[a-z]{4,20}"),
    "refund_ref_id": shape(r"(?!\d+$)[0-9A-Za-z]{6,50}", may_look_like_a_card=True),
}
PAID = frozenset({"VALID", "VALIDATED"})
OUTCOMES = {
    "PENDING": Outcome.PENDING,
    "UNATTEMPTED": Outcome.PENDING,
    "FAILED": Outcome.FAILED,
    "CANCELLED": Outcome.CANCELLED,
    "EXPIRED": Outcome.EXPIRED,
}
CLAIMS = OUTCOMES | {"VALID": Outcome.PAID}
MUST_BE_SIGNED = frozenset({"tran_id", "status", "amount", "currency"})
MOST_FIELDS = 100


@dataclass(frozen=True, slots=True)
class SslcommerzStore:
    """Our contract: the store, its password, and where the service is."""

    base_url: str
    store: str
    password: str
    live: bool = False
    read_seconds: float = READ_SECONDS


def from_settings(settings: Settings) -> "Sslcommerz | None":
    """The adapter that the settings name; None when they name none. Raises SettingRefused."""
    store, password, base = (
        settings.sslcommerz_store_id, settings.sslcommerz_store_password, settings.sslcommerz_api_base
    )  # fmt: skip
    if not store and not password and not base:
        return None
    for name, value in (("SSLCOMMERZ_STORE_ID", store), ("SSLCOMMERZ_STORE_PASSWORD", password)):
        if not value:
            raise SettingRefused(name, "is not set", "Set it, or empty the other SSLCOMMERZ settings too")
        if not (value.isascii() and value.isprintable() and 4 <= len(value) <= 60) or " " in value:
            raise SettingRefused(name, "is malformed", "Copy it from the mail that opened the store")
    base = provider_address(settings, "SSLCOMMERZ_API_BASE", base, usual=USUAL)
    if settings.production and host_of(base) == PRACTICE_HOST:
        raise SettingRefused("SSLCOMMERZ_API_BASE", "names a simulator", "A simulator is never used in production")
    live = host_of(base) not in THIS_MACHINE | {PRACTICE_HOST}
    return Sslcommerz(SslcommerzStore(base, store, password, live=live))


class Sslcommerz:
    """Speaks to SSLCommerz over HTTP only; keeps nothing."""

    name = "sslcommerz"

    def __init__(self, store: SslcommerzStore) -> None:
        self._store = store
        self._host = host_of(store.base_url)
        self._out = Outbound(store.base_url, hosts=frozenset({self._host}), read_seconds=store.read_seconds)
        self.can = Abilities(
            currencies=frozenset({CURRENCY}),
            live=store.live,
            verify_within=timedelta(hours=24),
            reverse_within=None,
            partial_refund=True,
            refund_key=RefundKey.QUERY_FIRST,
            signed_notice=True,
            sweep=False,
            lines=True,
            settles_in=timedelta(days=3),
            pages=frozenset({origin_of(store.base_url), PAGES}),
        )

    def close(self) -> None:
        """Hang up; the adapter is not used after this."""
        self._out.close()

    def start(self, ask: Ask) -> Go:
        ours = reference_of(ask.id)
        fields = {
            **self._credentials(),
            **NOBODY,
            "total_amount": _written(ask.amount),
            "currency": ask.amount.currency,
            "tran_id": ours,
            "success_url": ask.return_url,
            "fail_url": ask.return_url,
            "cancel_url": ask.return_url,
            "ipn_url": ask.notify_url,
        }
        kept = keep_declared(self._out.post_form(SESSION, fields, repeatable=True), STARTED)
        url = kept.get("GatewayPageURL", "")
        if kept.get("status") != "SUCCESS" or not self._is_theirs(url):
            raise AnswerNotUnderstood("no page")
        session = kept.get("sessionkey", "")
        return Go(Refs(ours, page=None if contains_card_number(session) else session or None), url)

    def read(self, raw: RawRequest) -> Notice:
        fields = _form(raw.body)
        signed = self._signed(fields)
        try:
            kept = keep_declared(fields, RUNG)
        except AnswerNotUnderstood:
            kept = {}
        refs = Refs(kept["tran_id"]) if "tran_id" in kept else None
        if signed is None or refs is None:
            # A key of its own, so that a forgery cannot take the place of the true notice it imitates.
            digest = in_letters(hashlib.sha256(raw.body).digest()[:16])
            return Notice(f"unsigned-{digest}", refs, authentic=False, claims=None, reply=(400, b"not understood"))
        key = f"ipn-{in_letters(signed[:16])}"
        return Notice(key, refs, authentic=True, claims=CLAIMS.get(kept.get("status", "")), reply=(200, b"ok"))

    def verify(self, ask: Ask, refs: Refs) -> Verdict:
        try:
            found = self._query(refs)
            if found.get("status") not in PAID:
                outcome = OUTCOMES.get(found.get("status", ""), Outcome.UNKNOWN)
                final = outcome not in {Outcome.PENDING, Outcome.UNKNOWN}
                return Verdict(outcome, refs, live=self._store.live, final=final)
            return self._validate(found.get("val_id", ""), refs)
        except (GatewayUnreachable, AnswerNotUnderstood):
            return Verdict(Outcome.UNKNOWN, refs)

    def refund(self, id: UUID, amount: Money, refs: Refs) -> Verdict:
        """Ask for a refund, or about the one whose reference stands in `refs.trace`."""
        asked: dict[str, str] = {"refund_ref_id": refs.trace or ""}
        if refs.trace is None:
            if refs.bank is None:
                return Verdict(Outcome.FAILED, refs, live=self._store.live, final=True)
            asked = {
                "bank_tran_id": refs.bank,
                "refund_trans_id": in_letters(id.bytes),
                "refund_amount": _written(amount),
                "refund_remarks": "Refund",
            }
        try:
            kept = keep_declared(self._ask(QUERY, asked, repeatable=refs.trace is not None), REFUNDED)
        except (GatewayUnreachable, AnswerNotUnderstood):
            return Verdict(Outcome.UNKNOWN, refs, final=refs.trace is None)
        return self._refund_told(kept, amount, refs)

    def sweep(self, since: datetime, until: datetime) -> Iterator[Verdict]:
        """Nothing: SSLCommerz lists no payments."""
        return iter(())

    def lines(self, source: StatementFile) -> Iterable[Line]:
        return read_settlement(source.body)

    def _query(self, refs: Refs) -> Mapping[str, str]:
        """The payment of our order number: the paid one, else the last one that was tried. Empty: unknown to them."""
        answer = self._ask(QUERY, {"tran_id": refs.ours})
        if answer.get("APIConnect") != "DONE":
            raise AnswerNotUnderstood("they did not look")
        listed = answer.get("element")
        tried = [
            keep_declared(each, PAYMENT) for each in (listed if isinstance(listed, list) else []) if _is_of(each, refs)
        ]
        if not tried:
            return {"status": "PENDING"} if refs.page else {}
        return next((each for each in tried if each.get("status") in PAID), tried[-1])

    def _validate(self, val_id: str, refs: Refs) -> Verdict:
        """The commit step, and the only answer that is believed."""
        kept = keep_declared(self._ask(VALIDATION, {"val_id": val_id, "v": "1"}), PAYMENT)
        if kept.get("status") not in PAID:
            return Verdict(Outcome.UNKNOWN, refs, live=self._store.live)
        try:
            taken = amount(kept["amount"], kept["currency"])
            left = amount(kept["store_amount"], kept["currency"]) if "store_amount" in kept else taken
            paid = replace(refs, ours=kept["tran_id"], txn=kept["val_id"], bank=kept.get("bank_tran_id"))
            return Verdict(
                Outcome.PAID,
                paid,
                amount=taken,
                fee=taken - left,
                at=_moment(kept["tran_date"]),
                live=self._store.live,
                final=True,
                review=kept.get("risk_level") == "1",
            )
        except (KeyError, ValueError):
            raise AnswerNotUnderstood("a paid payment lacks a field") from None

    def _refund_told(self, kept: Mapping[str, str], amount: Money, refs: Refs) -> Verdict:
        status, asked = kept.get("status"), replace(refs, trace=kept.get("refund_ref_id", refs.trace))
        if kept.get("APIConnect") != "DONE":
            return Verdict(Outcome.UNKNOWN, asked, final=refs.trace is None)
        if status == "refunded":
            return Verdict(Outcome.REFUNDED, asked, amount=amount, live=self._store.live, final=True)
        if status in {"failed", "cancelled"}:
            return Verdict(Outcome.FAILED, asked, live=self._store.live, final=True)
        if status in {"success", "processing"} and asked.trace is not None:
            return Verdict(Outcome.PENDING, asked, live=self._store.live, again_in=timedelta(hours=1))
        return Verdict(Outcome.UNKNOWN, asked, final=refs.trace is None)

    def _ask(self, path: str, query: Mapping[str, str], *, repeatable: bool = True) -> dict[str, object]:
        return self._out.get(path, {**query, **self._credentials(), "format": "json"}, repeatable=repeatable)

    def _credentials(self) -> dict[str, str]:
        return {"store_id": self._store.store, "store_passwd": self._store.password}

    def _is_theirs(self, url: str) -> bool:
        """Whether a page's address is one of theirs: nobody is sent elsewhere, whatever an answer says."""
        host = host_of(url)
        same = origin_of(url) == origin_of(self._store.base_url)
        return same or (url.startswith("https://") and host.endswith(".sslcommerz.com"))

    def _signed(self, fields: Mapping[str, str]) -> bytes | None:
        """The digest over the fields that `verify_key` names, when it is the signature and covers what matters."""
        names = fields.get("verify_key", "").split(",")
        if not MUST_BE_SIGNED.issubset(names) or len(names) > MOST_FIELDS:
            return None
        pairs = {name: fields.get(name, "") for name in names}
        pairs["store_passwd"] = hashlib.sha256(self._store.password.encode()).hexdigest()
        text = "&".join(f"{name}={value}" for name, value in sorted(pairs.items()))
        digest = hashlib.sha256(text.encode("utf-8", "surrogateescape"))
        given = fields.get("verify_sign_sha2", "")
        theirs = given.isascii() and hmac.compare_digest(digest.hexdigest(), given)
        return digest.digest() if theirs and fields.get("store_id", self._store.store) == self._store.store else None


def _form(body: bytes) -> dict[str, str]:
    """The fields of a form; empty for what is none."""
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS))
    except ValueError:
        return {}


def _is_of(element: object, refs: Refs) -> bool:
    return isinstance(element, dict) and element.get("tran_id") == refs.ours


def _written(money: Money) -> str:
    return f"{money.minor // 100}.{money.minor % 100:02}"


def _moment(text: str) -> datetime:
    """Their local time. Raises ValueError."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE).astimezone(UTC)
