"""Words for where a payout stands, for its owner and for finance; why it did not go, and what stands against it."""

from typing import Final

from payments.payouts.rules import BatchState, Finding, Form, Reason, State
from web.pages.finance.words import Look
from web.sentences.marking import N_

STATES: Final[dict[State, Look]] = {
    State.REQUESTED: Look(N_("needs a look"), "brass", "circle-question-mark"),
    State.CHECKED: Look(N_("checked"), "indigo", "search-check"),
    State.APPROVED: Look(N_("approved"), "indigo", "check"),
    State.BATCHED: Look(N_("in a bank file"), "indigo", "landmark"),
    State.SENDING: Look(N_("at the bank"), "tile", "hourglass"),
    State.UNKNOWN: Look(N_("unknown"), "brass", "circle-question-mark"),
    State.ACCEPTED: Look(N_("sent"), "leaf", "check"),
    State.ON_STATEMENT: Look(N_("on the statement"), "leaf", "circle-check"),
    State.REJECTED: Look(N_("not sent"), "red", "x"),
    State.CANCELLED: Look(N_("taken back"), "plain", "undo-2"),
    State.RETURNED: Look(N_("came back"), "red", "undo-2"),
}
STATES_OWN: Final[dict[State, Look]] = STATES | {
    State.REQUESTED: Look(N_("we are looking at it"), "brass", "search-check"),
    State.CHECKED: Look(N_("asked for"), "indigo", "hourglass"),
    State.APPROVED: Look(N_("approved"), "indigo", "check"),
    State.BATCHED: Look(N_("on its way to the bank"), "indigo", "landmark"),
    State.UNKNOWN: Look(N_("we are asking the bank"), "brass", "circle-question-mark"),
    State.ACCEPTED: Look(N_("sent to your account"), "leaf", "check"),
    State.ON_STATEMENT: Look(N_("sent to your account"), "leaf", "circle-check"),
    State.REJECTED: Look(N_("did not go through"), "red", "x"),
    State.RETURNED: Look(N_("came back to your wallet"), "red", "undo-2"),
}
BATCHES: Final[dict[BatchState, Look]] = {
    BatchState.DRAFT: Look(N_("waits for approval"), "brass", "hourglass"),
    BatchState.APPROVED: Look(N_("approved"), "indigo", "check"),
    BatchState.BATCHED: Look(N_("file is made"), "indigo", "landmark"),
    BatchState.SENDING: Look(N_("at the bank"), "tile", "hourglass"),
    BatchState.DISSOLVED: Look(N_("dissolved"), "plain", "x"),
}
FORMS: Final[dict[Form, str]] = {Form.PAIN_001: N_("Message to the bank (pain.001)"), Form.CSV: N_("Table (CSV)")}
REASONS: Final[dict[Reason, str]] = {
    Reason.ACCOUNT_CLOSED: N_("The account is closed"),
    Reason.ACCOUNT_WRONG: N_("There is no such account"),
    Reason.NAME_DIFFERS: N_("The account is in another name"),
    Reason.BANK_LIMIT: N_("The bank's limit is reached"),
    Reason.CASE: N_("A case about this money is open"),
    Reason.OTHER: N_("Another reason"),
}
FINDINGS: Final[dict[Finding, str]] = {
    Finding.FROZEN: N_("Payouts of this person are frozen"),
    Finding.CASE_OPEN: N_("A case about this money is open"),
    Finding.DEBT: N_("More is owed than the rest of the wallet covers"),
    Finding.DAY_LIMIT: N_("Above the limit of a day"),
    Finding.WAITS: N_("The account was changed lately and still waits"),
    Finding.BLOCKED: N_("Money came back from this account"),
    Finding.NAME: N_("The account is in another name than the person's"),
    Finding.SHARED: N_("Somebody else is paid to this account, too"),
    Finding.IDENTITY: N_("Identity is not proved"),
}
FINDINGS_OWN: Final[dict[Finding, str]] = FINDINGS | {
    Finding.FROZEN: N_("Your payouts are stopped while something is being looked into"),
    Finding.DEBT: N_("More is owed than the rest of your wallet covers"),
    Finding.NAME: N_("The account is in another name than yours"),
    Finding.IDENTITY: N_("Your identity is not proved yet"),
}
