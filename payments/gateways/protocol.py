"""The words every provider is translated into (payments.md §5.1). Synchronous; adapters keep no state.

A gateway says what it knows as a `Verdict`; it never decides whether money is credited.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Literal, Protocol
from uuid import UUID

from marketplace.foundation.money import Money
from payments.gateways.rules import Outcome


@dataclass(frozen=True, slots=True)
class Refs:
    """The only strings kept of a payment; allow-listed and Luhn-guarded."""

    ours: str
    page: str | None = None
    txn: str | None = None
    bank: str | None = None
    trace: str | None = None
    terminal: str | None = None


@dataclass(frozen=True, slots=True)
class Ask:
    """What we ask a gateway to take: an attempt with its amount, and where the payer comes back to.

    `page`: the reference of the page that was opened for it before, for providers where asking twice makes two.
    """

    id: UUID
    amount: Money
    return_url: str
    notify_url: str
    expires_at: datetime
    label: str
    payer_hint: str | None = None
    page: str | None = None


@dataclass(frozen=True, slots=True)
class Go:
    """Where the payer's browser is sent now."""

    refs: Refs
    url: str
    method: Literal["GET", "POST"] = "GET"
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RawRequest:
    """A notice as it arrived, byte for byte. Lives only until `read` has taken the declared fields."""

    headers: Mapping[str, str]
    body: bytes
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Notice:
    """A bell: which payment we should ask about. `reply` is what the sender is answered, status and body."""

    key: str
    refs: Refs | None
    authentic: bool
    claims: Outcome | None
    reply: tuple[int, bytes]


class DisputeState(StrEnum):
    """How far a payer's complaint at the bank has come."""

    ASKED = "asked"  # the payer's bank wants to know; no money has moved
    TAKEN = "taken"  # they took the money back; the case is open
    WON = "won"  # decided for us: the money came back
    LOST = "lost"  # decided against us: it stays away


@dataclass(frozen=True, slots=True)
class Dispute:
    """One case at the payer's bank, as the provider tells of it now. `key`: its number at the provider."""

    key: str
    amount: Money
    fee: Money
    state: DisputeState
    reason: str
    opened_at: datetime
    answer_by: datetime | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the provider said, server to server. `again_in` is its own wish for the next question, if it has one.

    A payment that was disputed after it was taken is still PAID: `disputes` are its cases, so that the order in which
    we hear of things changes nothing. A refund that somebody made at the provider, and not we, is a case that is lost.
    REVERSED and REFUNDED are for providers that take a payment back whole and say no more. `review`: paid, and the
    provider finds it risky: credited, and held until a person has looked. An UNKNOWN that is `final` may not be asked
    or sent again: a person decides.
    """

    outcome: Outcome
    refs: Refs
    amount: Money | None = None
    fee: Money | None = None
    at: datetime | None = None
    financial_day: date | None = None
    live: bool = False
    final: bool = False
    again_in: timedelta | None = None
    disputes: tuple[Dispute, ...] = ()
    review: bool = False


class LineKind(StrEnum):
    """What one line of a settlement report is about."""

    PAYMENT = "payment"
    REFUND = "refund"
    CHARGEBACK = "chargeback"
    FEE = "fee"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a settlement report: gross − fee = net, in the batch that the bank pays out together."""

    key: str
    kind: LineKind
    refs: Refs
    gross: Money
    fee: Money
    net: Money
    booked: date
    value: date | None
    batch: str | None
    digest: bytes


@dataclass(frozen=True, slots=True)
class StatementFile:
    """A report as uploaded or fetched: its name and bytes."""

    name: str
    body: bytes


class RefundKey(StrEnum):
    """How a provider treats the same refund asked for twice."""

    NATIVE = "native"
    QUERY_FIRST = "query_first"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a gateway can do, as data that the engine reads. `pages`: where its hosted pages live, as browsers'
    policies write it. `refund_within`: how long after it was paid anything can go back at all; None: no such end."""

    currencies: frozenset[str]
    live: bool
    verify_within: timedelta
    reverse_within: timedelta | None
    partial_refund: bool
    refund_key: RefundKey
    signed_notice: bool
    sweep: bool
    lines: bool
    settles_in: timedelta
    terminal: str | None = None
    pages: frozenset[str] = frozenset()
    refund_within: timedelta | None = None


class Gateway(Protocol):
    """A provider of card payments on its own hosted page."""

    @property
    def name(self) -> str: ...

    @property
    def can(self) -> Abilities: ...

    def start(self, ask: Ask) -> Go:
        """Open a hosted page. Raises GatewayUnreachable, AnswerNotUnderstood: then nobody was sent anywhere."""
        ...

    def read(self, raw: RawRequest) -> Notice:
        """Parse and authenticate a notice. Pure: no call, no credit, no belief."""
        ...

    def verify(self, ask: Ask, refs: Refs) -> Verdict:
        """Ask server to server and do the provider's commit step; repeatable. UNKNOWN when no clear answer came."""
        ...

    def refund(self, id: UUID, amount: Money, refs: Refs) -> Verdict:
        """Give money back; the same id is the same refund. UNKNOWN when no clear answer came."""
        ...

    def sweep(self, since: datetime, until: datetime) -> Iterator[Verdict]:
        """Payments they hold that we may not know to be paid, or to be disputed or given back since."""
        ...

    def lines(self, source: StatementFile) -> Iterable[Line]:
        """The lines of one settlement report. Raises AnswerNotUnderstood for a file that does not add up."""
        ...
