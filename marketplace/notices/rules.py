"""Which letters there are, which of them a person may do without, and over which channel each goes."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Final, Literal

from marketplace.foundation.errors import Refused

Channel = Literal["sms", "email"]
Why = Literal["security", "money"]

CHANNELS: Final[tuple[Channel, ...]] = ("sms", "email")  # the first that a person has is taken
KIND_OF: Final[Mapping[Channel, str]] = MappingProxyType({"sms": "phone", "email": "email"})
STATES: Final = ("queued", "sending", "sent", "failed", "unknown")
KEPT: Final = timedelta(days=30)  # the retention of logs


@dataclass(frozen=True)
class Letter:
    """One kind of message. `always` says why it goes whatever the person wishes; None: it is optional."""

    name: str
    always: Why | None
    only_for: str | None = None  # the one role that gets it


LETTERS: Final[Mapping[str, Letter]] = MappingProxyType(
    {
        letter.name: letter
        for letter in (
            Letter("code", "security"),
            Letter("reset", "security"),
            Letter("booking_received", None),
            Letter("booking_by_phone", "security"),  # made in somebody's name by an agent: they always hear of it
            Letter("specialist_found", None),
            Letter("on_the_way", None),
            Letter("delayed", None),
            Letter("done_please_confirm", "money"),
            Letter("cancelled", "money"),
            Letter("topup_credited", "money"),
            Letter("offer", None),
            Letter("bids_opened", None, only_for="specialist"),
            Letter("bid_awarded", "money", only_for="specialist"),
            Letter("bid_not_awarded", None, only_for="specialist"),
            Letter("bids_void", None, only_for="specialist"),
            Letter("crew_complete", None, only_for="specialist"),
            Letter("day_changed", None, only_for="specialist"),
            Letter("relief", None),
            Letter("payout", "money"),
            Letter("payout_failed", "money"),
            Letter("payout_account", "security"),
            Letter("tip_received", "money"),
            Letter("case_opened", "money"),
            Letter("case_decided", "money"),
            Letter("change_asked", "money"),
            Letter("change_answered", "money"),
            Letter("quote_sent", "money"),
            Letter("quote_answered", "money", only_for="specialist"),
            Letter("plan_visit", None),
            Letter("plan_no_time", None),
            Letter("plan_paused", "security"),  # what a customer counts on does not come any more
            Letter("ticket_news", None),
            Letter("ticket_waiting", None, only_for="specialist"),
            Letter("plan_by_phone", "security"),  # made in somebody's name by an agent: they always hear of it
            Letter("debt_limit", "money"),
            Letter("debt_lifted", "money"),
            Letter("refund_done", "money"),
            Letter("chargeback", "money"),
            Letter("chargeback_back", "money"),
            Letter("topup_checked", "money"),
            Letter("conduct_rules", "money", only_for="specialist"),
            Letter("conduct_opened", "money", only_for="specialist"),
            Letter("conduct_decided", "money", only_for="specialist"),
            Letter("conduct_over", "money", only_for="specialist"),
            Letter("seal_head", "security", only_for="finance"),
        )
    }
)


@dataclass(frozen=True)
class NotOptional(Refused):
    """The letter tells about money or safety, so it cannot be switched off."""

    letter: str
    why: str


@dataclass(frozen=True)
class NoSuchLetter(Refused):
    letter: str


@dataclass(frozen=True)
class NoSuchChannel(Refused):
    channel: str


def letter_named(name: str) -> Letter:
    """The letter. Refuses NoSuchLetter."""
    if name not in LETTERS:
        raise NoSuchLetter(name)
    return LETTERS[name]


def check_optional(name: str) -> None:
    """Refuses NotOptional, with the reason, for a letter that always goes; NoSuchLetter."""
    letter = letter_named(name)
    if letter.always is not None:
        raise NotOptional(letter=name, why=letter.always)


def first_channel(letter: Letter, *, reachable: Collection[str], unwanted: Collection[str]) -> Channel | None:
    """SMS where there is a phone, e-mail where there is none; None when the person wants the letter on neither.

    `reachable` holds the kinds of contact that the person has.
    """
    return next(iter(_channels(letter, reachable, unwanted)), None)


def next_channel(
    letter: Letter, *, failed: str, reachable: Collection[str], unwanted: Collection[str]
) -> Channel | None:
    """Where a letter goes after a channel refused it: on the next one, never back; None when there is none."""
    after = CHANNELS[CHANNELS.index(_channel(failed)) + 1 :]
    return next((channel for channel in _channels(letter, reachable, unwanted) if channel in after), None)


def channel_of(kind: str) -> Channel:
    """The channel that reaches a contact of this kind."""
    return next(channel for channel in CHANNELS if KIND_OF[channel] == kind)


def check_channel(channel: str) -> Channel:
    """Refuses NoSuchChannel."""
    if channel not in CHANNELS:
        raise NoSuchChannel(channel)
    return _channel(channel)


def _channel(name: str) -> Channel:
    return next(channel for channel in CHANNELS if channel == name)


def _channels(letter: Letter, reachable: Collection[str], unwanted: Collection[str]) -> list[Channel]:
    refused = () if letter.always else unwanted
    return [channel for channel in CHANNELS if KIND_OF[channel] in reachable and channel not in refused]
