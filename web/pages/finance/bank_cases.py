"""The words of cases at payers' banks: how far one has come, and what the payer says is wrong."""

from collections.abc import Mapping
from typing import Final

from payments.gateways.protocol import DisputeState
from web.pages.finance.words import Look
from web.sentences.marking import N_

CASES: Final[Mapping[DisputeState, Look]] = {
    DisputeState.ASKED: Look(N_("the bank asks"), "brass", "circle-question-mark"),
    DisputeState.TAKEN: Look(N_("taken back, open"), "red", "undo-2"),
    DisputeState.WON: Look(N_("decided for us"), "leaf", "check"),
    DisputeState.LOST: Look(N_("decided against us"), "plain", "x"),
}
REASONS: Final[Mapping[str, str]] = {
    "bank_cannot_process": N_("The bank could not carry it out"),
    "check_returned": N_("A cheque came back"),
    "credit_not_processed": N_("A promised refund did not come"),
    "customer_initiated": N_("The payer asked for it"),
    "debit_not_authorized": N_("The debit was not allowed"),
    "duplicate": N_("Paid twice"),
    "fraudulent": N_("The payer says it was not them"),
    "general": N_("No reason given"),
    "given_back": N_("Given back in the gateway's panel"),
    "incorrect_account_details": N_("Wrong account"),
    "insufficient_funds": N_("Not enough money in the account"),
    "noncompliant": N_("Against the rules of the card scheme"),
    "product_not_received": N_("The service did not come"),
    "product_unacceptable": N_("The service was not as described"),
    "subscription_canceled": N_("The subscription was cancelled"),
    "unrecognized": N_("The payer does not recognize it"),
}
