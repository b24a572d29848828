"""The worked example of payments.md §2.2, as data: thirteen events, what each asks of the door, and the cells after it.

Minor units of one currency. Policy: commission 15 % of the job, tax 10 % of the commission, borne by the specialist,
gateway fee 2 %; halves to even, remainders to the specialist. The tests post it and compare every cell; the README of
payments tells it in words.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from payments.ledger.rules import Purpose, TransferCode

Place = Literal[
    "W:c", "W:s", "clearing", "bank", "commission", "fee_income", "tax", "fees", "promo", "transit",
    "receivable:c", "receivable:s",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Act:
    """One call of the door. `spill`: the legs that may go to another account; `keep`: what becomes held."""

    verb: Literal["post", "hold", "capture", "release", "offset"]
    kind: TransferCode
    legs: Mapping[Place, int] = field(default_factory=dict)
    purpose: Purpose = "job"
    subject: str = ""
    keep: Mapping[Place, int] = field(default_factory=dict)
    spill: Mapping[Place, Place] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Event:
    """One row of the table. `cells`: posted and held of the accounts that have changed."""

    what: str
    acts: tuple[Act, ...]
    cells: Mapping[Place, tuple[int, int]]


EXAMPLE: tuple[Event, ...] = (
    Event(
        "1 C tops up 20 000",
        (Act("post", "topup", {"clearing": -20_000, "W:c": 20_000}),),
        {"W:c": (20_000, 0), "clearing": (-20_000, 0)},
    ),
    Event(
        "2 settlement report, then deposit",
        (
            Act("post", "gateway_fee", {"clearing": 400, "fees": -400}),
            Act("post", "bank_deposit", {"bank": -19_600, "clearing": 19_600}),
        ),
        {"clearing": (0, 0), "bank": (-19_600, 0), "fees": (-400, 0)},
    ),
    Event(
        "3 job J1 funded",
        (Act("hold", "hold", {"W:c": 12_000}, subject="J1"),),
        {"W:c": (20_000, 12_000)},
    ),
    Event(
        "4 J1 confirmed at 11 500",
        (
            Act(
                "capture",
                "capture",
                {"W:c": -11_500, "W:s": 9_603, "commission": 1_725, "tax": 172},
                subject="J1",
                keep={"W:s": 9_603},
            ),
        ),
        {"W:c": (8_500, 0), "W:s": (9_603, 9_603), "commission": (1_725, 0), "tax": (172, 0)},
    ),
    Event(
        "5 warranty window over",
        (Act("release", "release", purpose="warranty", subject="J1"),),
        {"W:s": (9_603, 0)},
    ),
    Event(
        "6 J2 held, cancelled late",
        (
            Act("hold", "hold", {"W:c": 4_000}, subject="J2"),
            Act("capture", "cancellation", {"W:c": -500, "W:s": 300, "fee_income": 182, "tax": 18}, subject="J2"),
        ),
        {"W:c": (8_000, 0), "W:s": (9_903, 0), "fee_income": (182, 0), "tax": (190, 0)},
    ),
    Event(
        "7 a part of J1 refunded to the wallet",
        (Act("post", "refund_to_wallet", {"W:c": 1_000, "W:s": -835, "commission": -150, "tax": -15}, subject="J1"),),
        {"W:c": (9_000, 0), "W:s": (9_068, 0), "commission": (1_575, 0), "tax": (175, 0)},
    ),
    Event(
        "8 3 000 refunded to the card",
        (
            Act("hold", "hold", {"W:c": 3_000}, purpose="refund", subject="R1"),
            Act("capture", "refund_to_card", {"W:c": -3_000, "clearing": 3_000}, purpose="refund", subject="R1"),
        ),
        {"W:c": (6_000, 0), "clearing": (3_000, 0)},
    ),
    Event(
        "9 payout 9 000",
        (
            Act("hold", "hold", {"W:s": 9_000}, purpose="payout", subject="P1"),
            Act("capture", "payout_sent", {"W:s": -9_000, "transit": 9_000}, purpose="payout", subject="P1"),
            Act("post", "payout_confirmed", {"transit": -9_000, "bank": 9_000}, subject="P1"),
        ),
        {"W:s": (68, 0), "bank": (-10_600, 0), "transit": (0, 0)},
    ),
    Event(
        "10a cash job J3 accepted: due 900 + 90",
        (Act("hold", "hold", {"W:s": 990}, purpose="commission", subject="J3", spill={"W:s": "receivable:s"}),),
        {"W:s": (68, 68), "receivable:s": (0, 922)},
    ),
    Event(
        "10b cash job J3 confirmed",
        (
            Act(
                "capture",
                "cash_commission",
                {"W:s": -990, "commission": 900, "tax": 90},
                purpose="commission",
                subject="J3",
                spill={"W:s": "receivable:s"},
            ),
        ),
        {"W:s": (0, 0), "receivable:s": (-922, 0), "commission": (2_475, 0), "tax": (265, 0)},
    ),
    Event(
        "11 S tops up 1 000, debt offset",
        (
            Act("post", "topup", {"clearing": -1_000, "W:s": 1_000}),
            Act("offset", "debt_offset", {"W:s": 0, "receivable:s": 0}),
        ),
        {"W:s": (78, 0), "clearing": (2_000, 0), "receivable:s": (0, 0)},
    ),
    Event(
        "12 J4 price 5 000, promotion 500",
        (
            Act("hold", "hold", {"W:c": 4_500}, subject="J4"),
            Act(
                "capture",
                "capture",
                {"W:c": -4_500, "promo": -500, "W:s": 4_175, "commission": 750, "tax": 75},
                subject="J4",
                keep={"W:s": 4_175},
            ),
        ),
        {
            "W:c": (1_500, 0),
            "W:s": (4_253, 4_175),
            "promo": (-500, 0),
            "commission": (3_225, 0),
            "tax": (340, 0),
        },
    ),
    Event(
        "13 chargeback 8 000, the bank's fee 300",
        (
            Act("post", "chargeback", {"W:c": -8_000, "clearing": 8_000}, spill={"W:c": "receivable:c"}),
            Act("post", "gateway_fee", {"clearing": 300, "fees": -300}),
        ),
        {"W:c": (0, 0), "receivable:c": (-6_500, 0), "clearing": (10_300, 0), "fees": (-700, 0)},
    ),
)

CLOSING: Mapping[Place, int] = {
    "W:c": 0,
    "W:s": 4_253,
    "clearing": 10_300,
    "bank": -10_600,
    "commission": 3_225,
    "fee_income": 182,
    "tax": 340,
    "fees": -700,
    "promo": -500,
    "receivable:c": -6_500,
    "receivable:s": 0,
    "transit": 0,
}
