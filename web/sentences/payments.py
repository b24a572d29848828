"""Money."""

from marketplace.foundation.errors import Refused
from payments.gateways.rules import GatewayNotOffered, GatewaySwitchedOff
from payments.ledger.rules import (
    AccountClosed,
    AccountNotEmpty,
    AlreadyReversed,
    CurrencyDiffers,
    DebtLimitReached,
    HoldClosed,
    HoldTooSmall,
    InsufficientFunds,
    KeyReused,
    OverRepaid,
    PeriodLocked,
    SecondPersonNeeded,
)
from payments.promotions.rules import (
    PromotionExists,
    PromotionImpossible,
    PromotionOver,
    PromotionUnknown,
    PromotionUsedBefore,
    PromotionUsedUp,
)
from payments.rates.rules import NotSimulated, RateInThePast, RuleImpossible
from payments.reconciliation.attachments import (
    AttachmentEmpty,
    AttachmentHasCard,
    AttachmentNotFound,
    AttachmentNotUnderstood,
    AttachmentOfAnother,
    AttachmentTooLarge,
    TooManyAttachments,
)
from payments.reconciliation.rules import (
    CannotBeSolvedSo,
    ExceptionClosed,
    ExceptionNotFound,
    MatchNotFound,
    NothingProposed,
    NotMatchedAlone,
    NotOfFinance,
    ReasonMissing,
    RuleNotAllowed,
    SolutionWaits,
    SuggestionNotFound,
    SuggestionOver,
    TermsImpossible,
    Uneven,
)
from payments.refunds.rules import (
    NotToBeRefunded,
    OnlyWhole,
    RefundDiffers,
    RefundMoved,
    RefundNotFound,
    RefundTooLate,
    RefundTooMuch,
)
from payments.statements.rules import BalanceGap, FileNotUnderstood, LineChanged
from payments.topups.rules import (
    CaseEntered,
    CaseFeeImpossible,
    CaseNumberImpossible,
    CaseOver,
    CaseTooMuch,
    NotUnderReview,
    PaymentNotFound,
    TopUpAlreadyPaid,
    TopUpDayLimitReached,
    TopUpDiffers,
    TopUpNotFound,
    TopUpTooLarge,
    TopUpTooSmall,
)
from payments.wallets.gifts import GiftDiffers, GiftNotFound, GiftOver, GiftTooSmall
from payments.wallets.rules import GivenBackTooMuch, NothingPaid
from web.sentences.marking import N_

ANSWERS: dict[type[Refused], tuple[int, str]] = {
    ExceptionNotFound: (404, N_("There is no such line left over.")),
    ExceptionClosed: (409, N_("This has been settled already.")),
    NotOfFinance: (409, N_("Only somebody who works for finance can be given this.")),
    AttachmentEmpty: (422, N_("There is nothing in this file.")),
    AttachmentTooLarge: (413, N_("This file is too large: at most {megabytes} MB are kept.")),
    AttachmentNotUnderstood: (422, N_("Only PDF, JPEG, PNG and plain text are kept; this file is none of them.")),
    AttachmentHasCard: (
        422,
        N_("This looks like a card number, in the file or in its name. We never keep those: send it without."),
    ),
    TooManyAttachments: (409, N_("There are {most} files here already. Take one away first.")),
    AttachmentNotFound: (404, N_("There is no such file here, or it was taken away.")),
    AttachmentOfAnother: (403, N_("Only whoever attached a file takes it away again.")),
    CannotBeSolvedSo: (409, N_("This cannot be settled in that way.")),
    SolutionWaits: (409, N_("A proposal waits for a second person here; it is agreed to or withdrawn first.")),
    NothingProposed: (409, N_("No proposal waits for a second person here.")),
    SuggestionOver: (409, N_("This suggestion is over: it was decided, or one of its lines has found its partner.")),
    SuggestionNotFound: (404, N_("There is no such suggestion.")),
    Uneven: (409, N_("Both sides must come to the same: ours are {ours}, theirs {theirs}.")),
    NotMatchedAlone: (409, N_("A match names open lines of one source and currency, and what they are about.")),
    MatchNotFound: (404, N_("There is no such match to undo.")),
    ReasonMissing: (422, N_("Say why, in a few words.")),
    RuleNotAllowed: (422, N_("A rule keeps within its limits, and only exact ones confirm by themselves.")),
    TermsImpossible: (422, N_("These terms cannot be: look at the day they begin on and at the share.")),
    GatewayNotOffered: (409, N_("{gateway} does not take {currency} here.")),
    GatewaySwitchedOff: (
        409,
        N_(
            "{gateway} is switched off here. Its notices are not taken in; payments that are open there are asked about."
        ),
    ),
    InsufficientFunds: (
        409,
        N_("Your wallet holds {available}; this needs {needed}. Top up the wallet, or choose cash."),
    ),
    DebtLimitReached: (
        409,
        N_(
            "This cash job's commission of {needed} would take your debt past its limit; {available} can still be promised. Top up your wallet first."
        ),
    ),
    OverRepaid: (409, N_("{needed} is more than the {available} that is owed. Nothing was changed.")),
    HoldTooSmall: (
        409,
        N_(
            "{available} is set aside for this job; {needed} is asked for. The customer has to approve the difference first."
        ),
    ),
    KeyReused: (
        422,
        N_(
            "This has been done before with a different {field}. Nothing was changed; reload the page to see what stands."
        ),
    ),
    HoldClosed: (
        409,
        N_("The money that was set aside has been paid or given back already. Reload the page to see what happened."),
    ),
    AccountClosed: (409, N_("This wallet is closed. Write to us, and we will find out what became of it.")),
    CurrencyDiffers: (422, N_("This wallet is in another currency.")),
    PeriodLocked: (
        409,
        N_("The books of that day are signed. Choose a later date, or have the day opened again by finance."),
    ),
    AlreadyReversed: (409, N_("This movement has been reversed already. Nothing was changed.")),
    SecondPersonNeeded: (403, N_("This needs a reason, and a second person who approves it.")),
    AccountNotEmpty: (409, N_("An account is closed when nothing is in it, held or owed. Pay it out first.")),
    FileNotUnderstood: (422, N_("We could not read this file, so nothing of it was taken: {matter}.")),
    BalanceGap: (
        409,
        N_(
            "This statement does not join its neighbour: {expected} was expected, {found} was found. Import the statement between them first."
        ),
    ),
    LineChanged: (409, N_("Line {key} was imported before with other contents, so nothing of this file was taken.")),
    PromotionExists: (409, N_("There is such a code already. Choose another one.")),
    PromotionImpossible: (
        422,
        N_("A code has at least three letters or digits, takes off either an amount or a part, and ends after today."),
    ),
    PromotionOver: (409, N_("This code is not valid at present.")),
    PromotionUnknown: (422, N_("We do not know this code. Please look whether it is typed right.")),
    PromotionUsedBefore: (409, N_("You have used this code already; it is good for one visit.")),
    PromotionUsedUp: (409, N_("This code has been used up.")),
    NotSimulated: (409, N_("Try the rule on past jobs first; what was tried is what is published.")),
    RateInThePast: (409, N_("A rate begins after the one before it, and never in the past.")),
    RuleImpossible: (
        422,
        N_("A rule needs at least one line, no rate above a whole, and a most that is not below its least."),
    ),
    NotToBeRefunded: (409, N_("Only a top-up that was paid, and is not with the payer's bank, can go back.")),
    OnlyWhole: (422, N_("This gateway gives back the whole {whole} or nothing.")),
    RefundDiffers: (409, N_("This form was already sent with {amount}.")),
    RefundMoved: (409, N_("This refund has moved on. Reload the page to see how it stands.")),
    RefundNotFound: (404, N_("We cannot find this refund.")),
    RefundTooLate: (
        409,
        N_(
            "This gateway gave the payment back until {until}, and not after. Pay it out to its owner's account instead."
        ),
    ),
    RefundTooMuch: (422, N_("At most {left} of this top-up can still go back.")),
    GiftDiffers: (409, N_("This form was already sent with {amount}.")),
    GiftNotFound: (404, N_("We cannot find this gift.")),
    GiftOver: (409, N_("This has been given or withdrawn already.")),
    GiftTooSmall: (422, N_("Please write an amount above zero.")),
    GivenBackTooMuch: (409, N_("At most {left} of what was paid can still go back. Nothing was changed.")),
    NothingPaid: (409, N_("Nothing has been paid for this visit yet, so nothing can go back.")),
    CaseTooMuch: (422, N_("A bank takes back no more than was paid in: at most {left} of this payment.")),
    CaseEntered: (409, N_("Case {number} of this payment has been written down already. Nothing was changed.")),
    CaseOver: (409, N_("This case has been decided, or its gateway tells of it. Nothing was changed.")),
    CaseNumberImpossible: (
        422,
        N_("Please write the number of the bank's letter: letters and digits, at most 40, and never a card number."),
    ),
    CaseFeeImpossible: (422, N_("The bank's fee is nothing or more, and at most the payment of {most}.")),
    PaymentNotFound: (
        422,
        N_("No payment that we credited has this number, or several have it. Try the transaction number."),
    ),
    NotUnderReview: (
        409,
        N_("Nothing of this payment waits for a look any more. Reload the page to see how it stands."),
    ),
    TopUpTooSmall: (422, N_("A top-up is at least {least}.")),
    TopUpTooLarge: (422, N_("A top-up is at most {most}.")),
    TopUpDayLimitReached: (409, N_("You can top up {most} in 24 hours; {left} is left.")),
    TopUpNotFound: (404, N_("We cannot find this top-up.")),
    TopUpAlreadyPaid: (409, N_("This top-up of {amount} has already been paid.")),
    TopUpDiffers: (409, N_("This form was already sent with {amount}.")),
}
