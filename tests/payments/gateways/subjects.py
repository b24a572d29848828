"""What the contract kit is run against: an adapter of ours and a handle on its provider's fake.

A new gateway joins by one class here that has what `Subject` names, and one line in `SUBJECTS`. What its fake cannot
do, or its provider does not have, it leaves out of `can`; the cases that need it are not its own.
"""

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal, Protocol
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from marketplace.foundation.money import Money
from payments.gateways.protocol import Gateway, RawRequest, Refs
from payments.gateways.sandbox import Sandbox, SandboxMerchant
from payments.gateways.sslcommerz import Sslcommerz, SslcommerzStore
from payments.gateways.zarinpal import Zarinpal, ZarinpalMerchant
from tests.payments.gateways.stripe_running import SECOND, RunningStripe
from tests.web.bank.running import MERCHANT, SECRET, STORE, STORE_PASSWORD, ZARINPAL, RunningBank
from web.bank import sslcommerz, zarinpal
from web.bank.rules import CARD_LIKE, sign
from web.bank.stripe_rules import FORGER, signature

PATIENCE = 5.0
Decision = Literal["pay", "decline", "cancel", "leave", "pay_late"]


@dataclass(frozen=True)
class Trouble:
    """What goes wrong at the fake from now on, and nothing else. Without `copies` no notice is sent at all."""

    copies: int = 0
    amount_off: int = 0  # in minor units, of what it tells
    currency: str = ""  # told in place of the true one
    foreign: Literal["", "numbers", "order"] = ""  # another payment's numbers, or the whole of another payment
    live: bool = False
    risky: bool = False
    card_fields: bool = False  # besides those that the provider sends anyway
    cut: Literal["", "before", "after"] = ""  # the answer never comes: before its effect, or after it
    garbled: Literal["", "truncated", "page", "latin", "list", "huge"] = ""
    at: Literal["start", "verify", "refund", "sweep"] = "verify"  # the call that is cut or garbled


class Subject(Protocol):
    """One gateway under test.

    `can` names what may be tried: notices, decline, currency, order (a foreign order number), mode (live or test),
    risk, parts (partial refunds), window (a refund can be too late), late (money after the page has closed), back
    (unverified money goes home), sweep, lines, skew (its clock can be moved), dispute (it tells of charge-backs),
    secrets (its notices may be signed with one of two).
    """

    name: str
    gateway: Gateway
    amount: Money
    can: frozenset[str]
    notices: int
    """How many different notices one payment makes."""
    markers: tuple[str, ...]
    """Strings that its answers and notices hold and that must be found nowhere of ours."""

    def stranger(self) -> Gateway:
        """The adapter with credentials that the provider refuses."""
        ...

    def listen(self, notify_url: str) -> None:
        """Our door, for providers that learn it from their panel and not from each payment."""
        ...

    def trouble(self, trouble: Trouble) -> None: ...

    def decide(self, url: str, decision: Decision) -> None:
        """What the payer does on the hosted page."""
        ...

    def pass_time(self, seconds: float) -> None:
        """Move the fake's clock."""
        ...

    def forgery(self, refs: Refs, now: datetime) -> RawRequest:
        """A notice that says this payment is paid, and that the provider never sent."""
        ...

    def notice(self, refs: Refs, now: datetime, *, secret: Literal["second", "old"]) -> RawRequest:
        """A true notice, signed with the second of our secrets, or with one that is ours no more."""
        ...

    def dispute(self, txn: str) -> str:
        """The payer's bank takes a payment back; the number of its case."""
        ...

    def decides(self, case: str, *, won: bool) -> None:
        """The payer's bank decides."""
        ...

    def reports(self) -> list[bytes]:
        """Every settlement report that may hold what was paid just now."""
        ...

    def close(self) -> None: ...


class _AtTheBank:
    """What the three subjects at the sandbox bank's counters have in common."""

    name: str
    gateway: Gateway
    amount: Money
    can: frozenset[str]
    notices = 1
    markers: tuple[str, ...] = (CARD_LIKE, "R KHATUN", "411111******1111", "c" * 64)

    def __init__(self, bank: RunningBank, credentials: tuple[str, str]) -> None:
        self.bank = bank
        self._credentials = credentials

    def listen(self, notify_url: str) -> None:
        pass

    def trouble(self, trouble: Trouble) -> None:
        calls = {"start": "request", "verify": "verify", "refund": "refund", "sweep": "unverified"}
        self.bank.faults(
            of=self._credentials,
            duplicate=max(trouble.copies, 1),
            lost=trouble.copies == 0,
            amount_off=trouble.amount_off,
            currency=trouble.currency,
            foreign=trouble.foreign,
            live=trouble.live,
            risky=trouble.risky,
            extra_card_fields=trouble.card_fields,
            timeout=trouble.cut,
            hang_seconds=0,
            garbled=trouble.garbled,
            only=calls[trouble.at],
        )

    def decide(self, url: str, decision: Decision) -> None:
        page = self.bank.client.get(url, follow_redirects=True)
        page.raise_for_status()
        self.bank.decide(str(page.url), "close" if decision == "leave" else decision)

    def pass_time(self, seconds: float) -> None:
        self.bank.advance(seconds)

    def notice(self, refs: Refs, now: datetime, *, secret: Literal["second", "old"]) -> RawRequest:
        raise NotImplementedError(f"{self.name} signs with one secret")

    def dispute(self, txn: str) -> str:
        raise NotImplementedError(f"{self.name} tells of no charge-back")

    def decides(self, case: str, *, won: bool) -> None:
        raise NotImplementedError(f"{self.name} tells of no charge-back")

    def reports(self) -> list[bytes]:
        return []

    def close(self) -> None:
        self.gateway.close()  # type: ignore[attr-defined]


class SandboxSubject(_AtTheBank):
    """The bank by its own name."""

    name = "sandbox"
    amount = Money(150_000, "BDT")
    can = frozenset(
        {"notices", "decline", "currency", "order", "mode", "parts", "late", "back", "sweep", "lines", "skew"}
    )

    def __init__(self, bank: RunningBank) -> None:
        super().__init__(bank, (MERCHANT, SECRET))
        self.gateway = self._sandbox = self._adapter(SECRET)

    def _adapter(self, secret: str) -> Sandbox:
        hosts = frozenset({"127.0.0.1"})
        merchant = SandboxMerchant(
            self.bank.url, hosts, MERCHANT, secret, "T1000001", frozenset({"BDT"}), read_seconds=PATIENCE
        )
        return Sandbox(merchant)

    def stranger(self) -> Gateway:
        return self._adapter("not the secret that we share")

    def forgery(self, refs: Refs, now: datetime) -> RawRequest:
        body = f'{{"delivery": "{"f" * 26}", "order": "{refs.ours}", "claim": "paid", "pan": "{CARD_LIKE}"}}'.encode()
        return RawRequest({"bank-signature": sign("a forger's secret", now, body)}, body, now)

    def reports(self) -> list[bytes]:
        return [self._sandbox.settlement_of(day) for day in days_around()]


class ZarinpalSubject(_AtTheBank):
    """Zarinpal's counter."""

    name = "zarinpal"
    amount = Money(15_000_000, "IRR")
    can = frozenset({"decline", "window", "late", "sweep", "skew"})
    markers = (
        *_AtTheBank.markers,
        *zarinpal.CARD.values(),
    )

    def __init__(self, bank: RunningBank) -> None:
        super().__init__(bank, (ZARINPAL, ZARINPAL))
        self.gateway = Zarinpal(ZarinpalMerchant(bank.url, ZARINPAL, read_seconds=PATIENCE))

    def stranger(self) -> Gateway:
        return Zarinpal(ZarinpalMerchant(self.bank.url, ZARINPAL.replace("5", "6"), read_seconds=PATIENCE))

    def forgery(self, refs: Refs, now: datetime) -> RawRequest:
        body = urlencode({"Authority": refs.page or "", "Status": "OK", "card_pan": CARD_LIKE})
        return RawRequest({}, body.encode(), now)


class SslcommerzSubject(_AtTheBank):
    """SSLCommerz's counter."""

    name = "sslcommerz"
    amount = Money(150_000, "BDT")
    can = frozenset(["notices", "decline", "currency", "order", "risk", "parts", "late", "lines", "skew"])
    markers = (*_AtTheBank.markers, sslcommerz.CARD["card_no"], sslcommerz.CARD["card_issuer"])

    def __init__(self, bank: RunningBank) -> None:
        super().__init__(bank, (STORE, STORE_PASSWORD))
        self.gateway = Sslcommerz(SslcommerzStore(bank.url, STORE, STORE_PASSWORD, read_seconds=PATIENCE))

    def stranger(self) -> Gateway:
        return Sslcommerz(SslcommerzStore(self.bank.url, STORE, "not our password", read_seconds=PATIENCE))

    def forgery(self, refs: Refs, now: datetime) -> RawRequest:
        fields = {"tran_id": refs.ours, "status": "VALID", "amount": "1500.00", "currency": "BDT", "card_no": CARD_LIKE}
        signed = {"verify_key": ",".join(fields), "verify_sign": "0" * 32, "verify_sign_sha2": "0" * 64}
        return RawRequest({}, urlencode(fields | signed).encode(), now)

    def reports(self) -> list[bytes]:
        store = {"store_id": STORE, "store_passwd": STORE_PASSWORD}
        panel = "/-/sslcommerz/settlement"
        return [self.bank.client.get(panel, params=store | {"day": day.isoformat()}).content for day in days_around()]


class StripeSubject:
    """The simulated Stripe, behind its own client."""

    name = "stripe"
    amount = Money(150_000, "QAR")
    can = frozenset(["notices", "currency", "order", "mode", "parts", "late", "sweep", "lines", "dispute", "secrets"])
    notices = 4
    markers: tuple[str, ...] = (CARD_LIKE,)
    gateway: Gateway

    def __init__(self, bank: RunningBank) -> None:
        self._fake = RunningStripe(bank)
        self.gateway = self._stripe = self._fake.adapter(read_seconds=PATIENCE)
        self._slow: list[str] = []

    def stranger(self) -> Gateway:
        return self._fake.adapter(key="sk_test_somebodyElsesKey0000")

    def listen(self, notify_url: str) -> None:
        self._fake.tell("/-/account", endpoint=notify_url)

    def trouble(self, trouble: Trouble) -> None:
        calls = {"start": "sessions.create", "verify": "sessions.retrieve", "refund": "refunds.create"}
        self._fake.switches(
            duplicate=max(trouble.copies, 1),
            lost=trouble.copies == 0,
            amount_off=trouble.amount_off,
            currency=trouble.currency.lower(),
            foreign={"numbers": "intent"}.get(trouble.foreign, trouble.foreign),
            live=trouble.live,
            extra_card_fields=trouble.card_fields,
            fault=f"cut_{trouble.cut}" if trouble.cut else trouble.garbled.replace("latin", "page"),
            only=calls.get(trouble.at, "sessions.list"),
        )

    def decide(self, url: str, decision: Decision) -> None:
        self._fake.decide(url, {"leave": "close", "pay_late": "slow"}.get(decision, decision))
        if decision == "pay_late":
            self._slow.append(self._fake.intent_of(url.rsplit("/", 1)[-1]))

    def pass_time(self, seconds: float) -> None:
        self._fake.tell("/-/account", advance_seconds=seconds)
        while seconds > 0 and self._slow:
            self._fake.pull("slow-payments", payment_intent=self._slow.pop(), succeeds=True)

    def forgery(self, refs: Refs, now: datetime) -> RawRequest:
        return self._event(refs, now, FORGER)

    def notice(self, refs: Refs, now: datetime, *, secret: Literal["second", "old"]) -> RawRequest:
        return self._event(refs, now, {"second": SECOND, "old": "whsec_" + "retired" * 5}[secret])

    def dispute(self, txn: str) -> str:
        return str(self._fake.pull("disputes", payment_intent=txn)["id"])

    def decides(self, case: str, *, won: bool) -> None:
        self._fake.pull("decisions", dispute=case, won=won)

    def _event(self, refs: Refs, now: datetime, secret: str) -> RawRequest:
        told = {"object": "checkout.session", "id": refs.page, "client_reference_id": refs.ours, "number": CARD_LIKE}
        event = {"id": "evt_" + "f" * 24, "object": "event", "type": "checkout.session.completed"}
        body = json.dumps(event | {"data": {"object": told | {"payment_status": "paid"}}}).encode()
        return RawRequest({"stripe-signature": signature([secret], int(now.timestamp()), body)}, body, now)

    def reports(self) -> list[bytes]:
        self._fake.pull("payouts", currency="qar")
        return [self._stripe.settlement_of(datetime.now(UTC).date())]

    def close(self) -> None:
        self._stripe.close()


Kind = type[SandboxSubject] | type[ZarinpalSubject] | type[SslcommerzSubject] | type[StripeSubject]
SUBJECTS: dict[str, Kind] = {
    "sandbox": SandboxSubject,
    "zarinpal": ZarinpalSubject,
    "sslcommerz": SslcommerzSubject,
    "stripe": StripeSubject,
}


def days_around(now: datetime | None = None) -> list[date]:
    """The financial days that a payment of this moment may belong to."""
    today = (now or datetime.now(UTC)).astimezone(ZoneInfo("Asia/Dhaka")).date()
    return [today, today + timedelta(days=1)]
