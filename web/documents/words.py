"""The words of papers."""

from collections.abc import Mapping
from typing import Final

from payments.invoices.rules import Kind, Reason, What
from web.sentences.marking import N_

NUMBER: Final = N_("Number")
ISSUED: Final = N_("Issued on")
PERIOD: Final = N_("Period")
FROM_TO: Final = N_("{first} to {last}")
SUPPLIER: Final = N_("Work done by specialist no.")
CORRECTS: Final = N_("Corrects")
REASON: Final = N_("Reason")
TRANSACTION_NUMBER: Final = N_("Transaction number")
TRACKING_NUMBER: Final = N_("Bank tracking number")
GATEWAY: Final = N_("Gateway")
WHAT_FOR: Final = N_("What for")
NET: Final = N_("Without tax")
TAX: Final = N_("Tax")
AMOUNT: Final = N_("Amount")
JOB_NUMBER: Final = N_("Job {number}")
IN_CASH: Final = N_("paid in cash")
TAX_OF: Final = N_("Tax: {code}")
OTHER_TAX: Final = N_("other rate")
GIVEN_BACK: Final = N_("Given back by {reference}")
LEFT: Final = N_("What is left")
IN_WORDS: Final = N_("In words: {words}")
ASK: Final = N_("{house}. Questions? Call {phone}.")
PAGE: Final = N_("Page {number}")
CASH_NOTE: Final = N_("The price was paid by hand to the specialist; no money of it passed through us.")

TITLES: Final[Mapping[Kind, str]] = {
    Kind.RECEIPT: N_("Receipt"),
    Kind.FEE: N_("Invoice of a fee"),
    Kind.COMMISSION: N_("Invoice of commission"),
    Kind.TOP_UP: N_("Receipt of a top-up"),
    Kind.CREDIT_NOTE: N_("Credit note"),
    Kind.PAYOUT: N_("Advice of a payout"),
}
LEADS: Final[Mapping[Kind, str]] = {
    Kind.RECEIPT: N_("Issued by {house} on behalf of the specialist who did the work."),
    Kind.FEE: N_("Issued by {house}. The fee was shown before it was charged."),
    Kind.COMMISSION: N_("Issued by {house} to the specialist, for finding and settling the jobs of the month."),
    Kind.TOP_UP: N_("Issued by {house}. The money is in the wallet."),
    Kind.CREDIT_NOTE: N_("Issued by {house}. It gives back what stands below."),
    Kind.PAYOUT: N_("Issued by {house}. The bank has the order; how long it takes is up to the banks."),
}
SUMS: Final[Mapping[Kind, str]] = {
    Kind.RECEIPT: N_("Paid"),
    Kind.FEE: N_("Charged"),
    Kind.COMMISSION: N_("Charged"),
    Kind.TOP_UP: N_("Received"),
    Kind.CREDIT_NOTE: N_("Given back"),
    Kind.PAYOUT: N_("Sent"),
}
NOTES: Final[Mapping[Kind, str]] = {
    Kind.RECEIPT: N_("The specialist is the supplier of the work, and answers for the tax on it."),
    Kind.COMMISSION: N_("These amounts were taken from each job when it was paid; nothing is to be paid now."),
    Kind.PAYOUT: N_("What comes back from the bank is in the wallet again, and stands in its statement."),
    Kind.CREDIT_NOTE: N_("A credit note belongs to the document that it corrects; keep them together."),
}
OWNERS: Final[Mapping[str, str]] = {"customer": N_("Customer"), "specialist": N_("Specialist")}
WHATS: Final[Mapping[What, str]] = {
    What.JOB: N_("Job"),
    What.CASH_JOB: N_("Job"),
    What.PROMOTION: N_("Reduction that the house pays"),
    What.TIP: N_("Tip"),
    What.CANCELLATION: N_("Fee for cancelling or missing a visit"),
    What.PENALTY: N_("Penalty"),
    What.COMMISSION: N_("Commission"),
    What.TOP_UP: N_("Top-up"),
    What.REFUND: N_("Refund"),
    What.COMMISSION_BACK: N_("Commission given back"),
    What.PAYOUT: N_("Payout to an account"),
}
REASONS: Final[Mapping[str, str]] = {
    Reason.QUALITY: N_("the work was not as promised"),
    Reason.PRICE: N_("the price was wrong"),
    Reason.MISTAKE: N_("a mistake of ours"),
    Reason.GOODWILL: N_("goodwill"),
    "refund_to_wallet": N_("money was refunded"),
    "reversal": N_("the payment was taken back whole"),
}
TAX_CODES: Final[Mapping[str, str]] = {"standard": N_("standard rate")}
MOVEMENTS: Final[Mapping[str, str]] = {
    "topup": N_("Top-up"), "hold": N_("Set aside for a visit"), "release": N_("Given back: no longer set aside"),
    "expire": N_("Given back: nobody was found"), "capture": N_("Paid for a visit"),
    "cancellation": N_("Fee for cancelling"), "cash_commission": N_("Commission of a cash job"),
    "piece_rate": N_("Piece rate"), "tip": N_("Tip"), "penalty": N_("Penalty"), "refund_to_wallet": N_("Refund"),
    "refund_to_card": N_("Refund through the bank"), "goodwill": N_("Goodwill from us"),
    "debt_offset": N_("What was owed"), "payout_sent": N_("Payout sent"), "payout_returned": N_("Payout came back"),
    "chargeback": N_("Taken back by the bank"), "chargeback_won": N_("Came back from the bank"),
    "reversal": N_("Taken back whole"),
    "correction": N_("A mistake of ours, put right"), "opening": N_("Opening balance"),
    "suspense_cleared": N_("Top-up"),
}  # fmt: skip
OF_SPECIALISTS: Final[Mapping[str, str]] = {
    "capture": N_("Pay for a visit"), "cancellation": N_("Share of a cancellation fee"), "hold": N_("Set aside"),
    "release": N_("No longer set aside"), "refund_to_wallet": N_("Given back to a customer"),
    "goodwill": N_("Goodwill from us"),
}  # fmt: skip
OTHER_MOVEMENT: Final = N_("Movement")


def movement(kind: str, owner_kind: str) -> str:
    """What a movement is called to its owner: the same capture is a payment to one side and pay to the other."""
    own = OF_SPECIALISTS if owner_kind == "specialist" else {}
    return own.get(kind) or MOVEMENTS.get(kind, OTHER_MOVEMENT)
