"""Words for the codes of money: states, kinds of exceptions, accounts, movements, and what a file can have wrong."""

from dataclasses import dataclass
from typing import Final

from payments.reconciliation.rules import Kind
from payments.statements.rules import Source
from payments.topups.rules import By, State, What
from web.sentences.marking import N_


@dataclass(frozen=True, slots=True)
class Look:
    """A word with its tone and icon."""

    words: str
    tone: str
    icon: str


STATES: Final[dict[State, Look]] = {
    State.CREATED: Look(N_("begun"), "plain", "hourglass"),
    State.STARTED: Look(N_("at the bank"), "indigo", "search-check"),
    State.PENDING: Look(N_("being checked"), "indigo", "search-check"),
    State.UNKNOWN: Look(N_("unknown"), "brass", "circle-question-mark"),
    State.PAID: Look(N_("paid"), "leaf", "check"),
    State.FAILED: Look(N_("not paid"), "plain", "x"),
    State.EXPIRED: Look(N_("ran out"), "plain", "x"),
    State.MISMATCH: Look(N_("differs"), "red", "triangle-alert"),
    State.PARTLY_REFUNDED: Look(N_("partly given back"), "tile", "undo-2"),
    State.REFUNDED: Look(N_("given back"), "tile", "undo-2"),
    State.REVERSED: Look(N_("taken back"), "red", "undo-2"),
}
KINDS: Final[dict[Kind, str]] = {
    Kind.PAID_NOT_CREDITED: N_("paid, not credited"),
    Kind.CREDITED_NOT_PAID: N_("credited, not paid"),
    Kind.AMOUNT: N_("another amount"),
    Kind.DUPLICATE: N_("the same once more"),
    Kind.LATE: N_("overdue"),
    Kind.UNKNOWN_FEE: N_("unknown fee"),
    Kind.REVERSED: N_("taken back"),
    Kind.MISSING_BATCH: N_("batch and deposit apart"),
    Kind.FOREIGN: N_("not ours"),
}
NEXT: Final[dict[Kind, str]] = {
    Kind.PAID_NOT_CREDITED: N_("The gateway has been asked; look at the top-up again in a minute."),
    Kind.CREDITED_NOT_PAID: N_("Ask the gateway for its record of that day."),
    Kind.AMOUNT: N_("Compare both amounts with the gateway's record."),
    Kind.DUPLICATE: N_("The payer paid twice: give one of the two back."),
    Kind.LATE: N_("Its report is overdue: import it, or ask the gateway for it."),
    Kind.UNKNOWN_FEE: N_("Compare the fee with the contract; accept it, or claim it back."),
    Kind.REVERSED: N_("Find the refund or the case it belongs to."),
    Kind.MISSING_BATCH: N_("Import what is missing: the report that names the batch, or the statement of that day."),
    Kind.FOREIGN: N_("It names nothing of ours: match it by hand, or send it back."),
}
SOURCES: Final[dict[Source, str]] = {
    Source.SETTLEMENT: N_("Settlement report of the gateway"),
    Source.STATEMENT: N_("Statement of the bank account"),
}
WHATS: Final[dict[str, str]] = {
    What.CREATED: N_("Begun"),
    What.STARTED: N_("Page of the gateway opened"),
    What.NOT_STARTED: N_("No page came"),
    What.RETURNED: N_("The payer came back"),
    What.NOTICED: N_("The gateway rang"),
    What.ANSWERED: N_("The gateway answered"),
    What.PAID: N_("Paid and credited"),
    What.LATE: N_("The money came late"),
    What.DOUBLE_PAY: N_("Paid twice"),
    What.MISMATCH: N_("The answer differs from what was asked"),
    What.TAKEN_BACK: N_("Taken back by the gateway"),
    What.CAME_BACK: N_("Came back after all"),
    What.REVIEWED: N_("Looked at and freed"),
    What.CHANGED_NOTHING: N_("Answered, nothing changed"),
}
BYS: Final[dict[str, str]] = {
    By.PAYER: N_("the payer"), By.GATEWAY: N_("the gateway"), By.SYSTEM: N_("the house"), By.FINANCE: N_("finance"),
}  # fmt: skip
ACCOUNTS: Final[dict[str, str]] = {
    "wallet": N_("Wallet"), "receivable": N_("Owed to us"), "clearing": N_("At the gateway"),
    "bank": N_("Bank account"),
    "payouts_in_transit": N_("Payouts on their way"), "suspense": N_("Suspense"), "commission": N_("Commission"),
    "fee_income": N_("Fees earned"), "tax": N_("Tax owed"), "gateway_fees": N_("Gateway fees"),
    "promo": N_("Promotions"), "goodwill": N_("Goodwill"), "labour": N_("Labour"), "rounding": N_("Rounding"),
    "write_off": N_("Written off"), "opening": N_("Opening balance"),
}  # fmt: skip
OWNERS: Final[dict[str, str]] = {
    "customer": N_("customer"), "specialist": N_("specialist"), "unit": N_("unit"), "gateway": N_("gateway"),
    "bank": N_("bank"), "house": N_("the house"), "tax": N_("tax office"),
}  # fmt: skip
TRANSFERS: Final[dict[str, str]] = {
    "topup": N_("Top-up"), "gateway_fee": N_("Fee of the gateway"), "bank_deposit": N_("Deposit of a batch"),
    "bank_suspense": N_("Deposit into suspense"), "suspense_cleared": N_("Suspense cleared"), "hold": N_("Set aside"),
    "release": N_("Freed"), "expire": N_("Freed, nobody was found"), "capture": N_("Job paid"),
    "cancellation": N_("Cancellation fee"), "cash_commission": N_("Commission of a cash job"),
    "unit_job": N_("Job of a unit"), "piece_rate": N_("Piece rate"), "tip": N_("Tip"), "penalty": N_("Penalty"),
    "refund_to_wallet": N_("Refund to the wallet"), "refund_to_card": N_("Refund to the card"),
    "goodwill": N_("Goodwill"), "debt_offset": N_("Debt set off"), "payout_sent": N_("Payout sent"),
    "payout_confirmed": N_("Payout arrived"), "payout_returned": N_("Payout came back"),
    "chargeback": N_("Charge-back"), "chargeback_won": N_("Charge-back decided for us"),
    "reversal": N_("Reversal"), "rounding": N_("Rounding"), "write_off": N_("Written off"),
    "correction": N_("Correction"), "opening": N_("Opening balance"),
    "difference": N_("Small difference"), "gateway_fee_back": N_("Fee of the gateway given back"),
}  # fmt: skip
MATTERS_OF_CASES: Final[dict[str, str]] = {
    "not_done": N_("work not done, or not well"), "damage": N_("damage"), "overcharged": N_("a wrong price"),
    "behaviour": N_("behaviour"), "cash": N_("cash"), "other": N_("something else"),
}  # fmt: skip
SIDES: Final[dict[str, str]] = {
    "customer": N_("the customer"), "specialist": N_("the specialist"), "house": N_("the house"),
}  # fmt: skip
GROUNDS: Final[dict[str, str]] = {
    "work_undone": N_("The work was not done, or not well"),
    "damage": N_("Something was damaged"),
    "overcharged": N_("The price was wrong"),
    "agreed": N_("Both sides agreed"),
    "our_mistake": N_("It was our mistake"),
    "not_shown": N_("It could not be shown"),
    "other": N_("Another reason"),
}
CASE_STATES: Final[dict[str, Look]] = {
    "open": Look(N_("open"), "brass", "scale"),
    "proposed": Look(N_("waits for a second person"), "indigo", "users"),
    "decided": Look(N_("decided"), "leaf", "check"),
}
REGIONS: Final[dict[str, Look]] = {
    "none": Look(N_("no money"), "plain", "x"),
    "quoted": Look(N_("price agreed"), "plain", "receipt"),
    "held": Look(N_("set aside"), "indigo", "lock"),
    "captured": Look(N_("paid, waits for the window"), "tile", "hourglass"),
    "settled": Look(N_("settled"), "leaf", "check"),
    "refunded": Look(N_("given back"), "tile", "undo-2"),
    "frozen": Look(N_("frozen"), "brass", "scale"),
}
PURPOSES: Final[dict[str, str]] = {
    "job": N_("set aside for the job"), "warranty": N_("waits for the end of the dispute window"),
    "commission": N_("commission of a cash job"), "dispute": N_("frozen by a case"), "refund": N_("on its way back"),
    "payout": N_("on its way out"),
}  # fmt: skip
REFUND_STATES: Final[dict[str, Look]] = {
    "asked": Look(N_("waits for a second person"), "indigo", "users"),
    "reserved": Look(N_("on its way"), "indigo", "send"),
    "unknown": Look(N_("unknown"), "brass", "circle-question-mark"),
    "done": Look(N_("given back"), "leaf", "check"),
    "refused": Look(N_("refused by the gateway"), "red", "x"),
    "withdrawn": Look(N_("withdrawn"), "plain", "x"),
}
REFUND_REASONS: Final[dict[str, str]] = {
    "customer_wish": N_("Its owner wishes it"), "paid_twice": N_("It was paid twice"),
    "mistake": N_("It was a mistake"), "account_closing": N_("The account is being closed"),
    "other": N_("Another reason"),
}  # fmt: skip
REVIEW_REASONS: Final[dict[str, str]] = {
    "payer_known": N_("We know the payer"), "bank_confirmed": N_("The payer's bank confirmed it"),
    "proof_seen": N_("We have seen a proof"), "other": N_("Another reason"),
}  # fmt: skip
GIFT_STATES: Final[dict[str, Look]] = {
    "asked": Look(N_("waits for a second person"), "indigo", "users"),
    "given": Look(N_("given"), "leaf", "check"),
    "withdrawn": Look(N_("withdrawn"), "plain", "x"),
}
GIFT_REASONS: Final[dict[str, str]] = {
    "apology": N_("An apology"), "late": N_("We came late, or not at all"),
    "warranty_visit": N_("A visit under warranty"), "travel": N_("A way that was made for nothing"),
    "other": N_("Another reason"),
}  # fmt: skip
