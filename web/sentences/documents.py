"""Documents and statements."""

from marketplace.foundation.errors import Refused
from payments.invoices.rules import (
    CreditNotPositive,
    CreditTooLarge,
    DocumentNotFound,
    NothingToCredit,
    PeriodTooLong,
    PeriodUpsideDown,
)
from web.sentences.marking import N_

ANSWERS: dict[type[Refused], tuple[int, str]] = {
    DocumentNotFound: (404, N_("There is no such document. The list shows all of yours.")),
    CreditTooLarge: (409, N_("At most {rest} of this document can still be given back.")),
    CreditNotPositive: (422, N_("Please give an amount above nothing.")),
    NothingToCredit: (
        409,
        N_("Only a fee is given back here. A job is refunded on its own page, and its credit note follows by itself."),
    ),
    PeriodTooLong: (422, N_("A statement covers at most {days} days. Choose a shorter period.")),
    PeriodUpsideDown: (422, N_("The first day comes after the last. Please turn them round.")),
}
