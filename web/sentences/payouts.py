"""Payouts and withdrawals."""

from marketplace.foundation.errors import Refused
from payments.payouts.account_numbers import (
    AccountIsACard,
    IbanMistyped,
    IbanOfAnotherCountry,
    NoAccountsThere,
    NotAnAccountNumber,
    NotAnIban,
    NotARoutingNumber,
)
from payments.payouts.rules import (
    AlreadyApproved,
    BatchChanged,
    BatchMoved,
    BatchNotFound,
    CannotBePassed,
    DestinationBlocked,
    DestinationWaits,
    MakerCannotApprove,
    NoDestination,
    NoHouseAccount,
    NotApproved,
    NotEnoughToPayOut,
    NotHandedOver,
    NothingToSend,
    PayoutDayLimitReached,
    PayoutDiffers,
    PayoutMoved,
    PayoutNotFound,
    PayoutOpen,
    PayoutsFrozen,
    PayoutTooSmall,
)
from web.paying_out import ConfirmFirst
from web.sentences.marking import N_

ANSWERS: dict[type[Refused], tuple[int, str]] = {
    NotAnIban: (422, N_("This is no IBAN of this country: it begins with {country} and has {length} signs.")),
    IbanOfAnotherCountry: (422, N_("This IBAN begins with {typed}; we pay to accounts that begin with {expected}.")),
    IbanMistyped: (422, N_("This IBAN has a slip in it: its check digits do not fit. Compare it with your bank's.")),
    NotAnAccountNumber: (
        422,
        N_("Account numbers of this bank have {lengths} digits. Compare it with your cheque book."),
    ),
    NotARoutingNumber: (422, N_("A routing number has nine digits; it stands at the foot of your cheques.")),
    AccountIsACard: (422, N_("This is the number of a card, and we never take those. We need the account's number.")),
    NoAccountsThere: (422, N_("We cannot pay to accounts in this country.")),
    NoDestination: (409, N_("Tell us first to which account the money should go.")),
    DestinationWaits: (409, N_("The account was changed lately, so nothing is sent there before {until}.")),
    DestinationBlocked: (
        409,
        N_("Money came back from this account. We are looking at it; or give us another account."),
    ),
    PayoutsFrozen: (409, N_("Payouts are stopped while something is being looked into. Write to us to hear more.")),
    PayoutOpen: (409, N_("A payout of {amount} is under way. Ask for the next one when it has arrived.")),
    PayoutTooSmall: (422, N_("A payout is at least {least}.")),
    NotEnoughToPayOut: (409, N_("{payable} can be paid out now; {owed} is owed and stays behind.")),
    PayoutDayLimitReached: (409, N_("{most} can be paid out in 24 hours; {left} is left.")),
    PayoutDiffers: (409, N_("This form was already sent with {amount}.")),
    PayoutNotFound: (404, N_("We cannot find this payout.")),
    PayoutMoved: (409, N_("This payout has moved on meanwhile. Reload the page to see where it stands.")),
    CannotBePassed: (409, N_("What stands against this payout cannot be waved through: it has to be settled first.")),
    BatchNotFound: (404, N_("We cannot find this batch.")),
    NothingToSend: (409, N_("No payout is ready for a batch now.")),
    BatchChanged: (409, N_("This batch is no longer what you saw. Look at it again before you approve it.")),
    BatchMoved: (409, N_("This batch has moved on meanwhile. Reload the page to see where it stands.")),
    AlreadyApproved: (409, N_("Somebody else approved this batch at {at}; it needs nothing more from you.")),
    MakerCannotApprove: (403, N_("Whoever prepared a batch, or is paid by it, cannot approve it. Ask a colleague.")),
    NotApproved: (409, N_("A bank file is made of an approved batch; this one needs {needed} to approve it.")),
    NoHouseAccount: (
        409,
        N_("Nobody has said from which account payouts leave. Ask an administrator to set PAYOUT_ACCOUNT."),
    ),
    NotHandedOver: (409, N_("The file is given out once the batch is marked as going to the bank.")),
    ConfirmFirst: (403, N_("Confirm first that it is you, on the page of your account; then send this again.")),
}
