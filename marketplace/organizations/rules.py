"""What can be set, between which bounds, and what a cancellation costs by default."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from marketplace.foundation.errors import Refused
from marketplace.foundation.money import BASIS_POINTS


@dataclass(frozen=True)
class Setting:
    """One thing that can be set: its default and its bounds, all in the unit that its name ends in."""

    key: str
    default: int
    at_least: int
    at_most: int


def _settings(*rows: tuple[str, int, int, int]) -> dict[str, Setting]:
    return {key: Setting(key, default, at_least, at_most) for key, default, at_least, at_most in rows}


# lifecycle.md E.7; amounts are minor units of the organization's currency
SETTINGS: Mapping[str, Setting] = _settings(
    ("slot_hold_minutes", 15, 2, 120),  # a chosen time stays free for whoever is still paying
    ("days_ahead", 7, 1, 60),  # how many days can be booked
    ("notice_minutes", 60, 0, 2_880),  # the earliest visit from now
    ("arrival_window_minutes", 120, 30, 480),  # the promise is a window of this length
    ("offer_expiry_seconds", 30, 10, 3_600),
    ("offer_batch_seconds", 10, 5, 600),
    ("same_person_minutes", 10, 1, 120),  # how long "the person I had last time" is asked alone
    ("plan_days_ahead", 5, 1, 30),  # a plan's next visit is proposed so long before its day
    ("plan_hold_hours", 24, 1, 24),  # and its time is kept so long for the customer's answer
    ("plan_discount_basis_points", 0, 0, 10_000),  # off each visit of a plan that is made now
    ("find_minutes", 120, 10, 2_880),  # nobody found by then: the request expires, everything is given back
    ("phone_confirm_minutes", 60, 5, 2_880),  # an order taken by phone waits for the customer's confirmation
    ("quote_expiry_hours", 48, 1, 720),
    ("contact_lead_hours", 720, 0, 720),  # contact opens so long before the visit; 720: at acceptance (M15)
    ("contact_grace_hours", 24, 0, 168),  # and closes so long after its promised end
    ("waiting_minutes", 15, 5, 120),  # a specialist waits so long at a closed door
    ("late_minutes", 30, 5, 240),  # so much later than promised is not coming
    ("auto_accept_hours", 24, 1, 168),  # silence after completion counts as yes
    ("dispute_window_days", 3, 0, 60),  # the specialist's money is released after it
    ("warranty_days", 7, 0, 365),
    ("deposit_basis_points", 10_000, 0, 10_000),  # the share of the price held on booking
    ("commission_basis_points", 1_500, 0, 4_000),
    ("same_person_commission_basis_points", 1_000, 0, 4_000),
    ("tax_basis_points", 0, 0, 3_000),
    ("evening_surcharge_basis_points", 1_000, 0, 5_000),
    ("urgent_surcharge_basis_points", 2_000, 0, 5_000),
    ("surcharge_basis_points_max", 2_500, 0, 10_000),  # all surcharges together never exceed this
    ("discount_basis_points_max", 2_500, 0, 10_000),
    ("cancellation_grace_minutes", 5, 0, 120),  # free so long after booking, while nobody has set out
    ("cancellation_specialist_basis_points", 6_000, 0, 10_000),  # the specialist's share of a fee
    ("minimum_charge", 0, 0, 10**12),
    ("cash_debt_limit", 0, 0, 10**12),  # commission owed for cash jobs; beyond it no more cash jobs
    ("second_person_above", 500_000, 0, 10**12),  # money given back or away beyond it needs a second person
    ("payout_minimum", 0, 0, 10**12),  # the least that one payout is
    ("payout_day_limit", 0, 0, 10**12),  # the most that one wallet pays out in 24 hours; 0: no such limit
    ("payout_second_person_above", 0, 0, 10**12),  # a batch of more is approved by two; 0: one is enough for any
    ("payout_wait_hours", 72, 0, 720),  # nothing is sent to a changed account before
    ("payout_weekday", 0, 0, 7),  # earnings are paid out every week on this day, 1 is Monday; 0: when asked for only
    ("photos_max", 6, 0, 20),
    ("ticket_urgent_hours", 4, 1, 72),  # a resident's request is due so long after it was made, by its urgency
    ("ticket_soon_hours", 24, 1, 240),
    ("ticket_normal_hours", 72, 1, 720),
    ("age_years_min", 13, 0, 21),
    ("staff_authenticator", 1, 0, 1),  # staff of a real town set up a second factor before anything else
)


@dataclass(frozen=True)
class CancellationTier:
    """What calling off costs once the job has come to `stage`; of all tiers that apply the dearest counts.

    `stage` is unassigned, assigned, en_route or on_site; or no_show (nobody opened the door) and failed_visit (the
    work turned out impossible). `minutes_before_start` narrows to the last minutes before the visit; None: always.
    The fee is `fee_basis_points` of the price, but no less than `fee_at_least` and no more than `fee_at_most`, in
    minor units of the organization's currency.
    """

    code: str
    stage: str
    minutes_before_start: int | None
    fee_basis_points: int
    fee_at_least: int
    fee_at_most: int | None


STAGES = ("unassigned", "assigned", "en_route", "on_site")
OUTCOMES = ("no_show", "failed_visit")

CANCELLATION: tuple[CancellationTier, ...] = (
    CancellationTier("late", "assigned", 180, 1_000, 0, None),
    CancellationTier("en_route", "en_route", None, 2_000, 0, None),
    CancellationTier("on_site", "on_site", None, 3_000, 0, None),
    CancellationTier("no_show", "no_show", None, 3_000, 0, None),
    CancellationTier("failed_visit", "failed_visit", None, 1_000, 0, None),
)


@dataclass(frozen=True)
class NotFounded(Refused):
    """No organization has been founded in this database yet."""


@dataclass(frozen=True)
class AlreadyFounded(Refused):
    """An organization of this town exists."""

    town: str


@dataclass(frozen=True)
class UnknownSetting(Refused):
    """There is no setting of this name."""

    key: str


@dataclass(frozen=True)
class SettingOutOfBounds(Refused):
    """The value lies outside what is allowed for this setting."""

    key: str
    value: int
    at_least: int
    at_most: int


@dataclass(frozen=True)
class CancellationPolicyImpossible(Refused):
    """A tier has an unknown stage, the code of another, or bounds that contradict; or an outcome has no tier."""

    code: str


def check_setting(key: str, value: int) -> None:
    """Refuse UnknownSetting or SettingOutOfBounds."""
    setting = SETTINGS.get(key)
    if setting is None:
        raise UnknownSetting(key)
    if not setting.at_least <= value <= setting.at_most:
        raise SettingOutOfBounds(key, value, setting.at_least, setting.at_most)


def check_cancellation(tiers: Sequence[CancellationTier]) -> None:
    """Refuse CancellationPolicyImpossible."""
    for outcome in OUTCOMES:
        if sum(tier.stage == outcome for tier in tiers) != 1:
            raise CancellationPolicyImpossible(outcome)
    seen: set[str] = set()
    for tier in tiers:
        known = tier.stage in STAGES + OUTCOMES and tier.code not in seen
        most = tier.fee_at_least if tier.fee_at_most is None else tier.fee_at_most
        if not known or not 0 <= tier.fee_basis_points <= BASIS_POINTS or not 0 <= tier.fee_at_least <= most:
            raise CancellationPolicyImpossible(tier.code)
        seen.add(tier.code)


def settings_in_force(*layers: Mapping[str, int]) -> dict[str, int]:
    """Every setting's value: the defaults, then each layer over the one before (organization, then service)."""
    values = {key: setting.default for key, setting in SETTINGS.items()}
    for layer in layers:
        values.update(layer)
    return values
