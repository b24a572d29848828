"""Signing days."""

from marketplace.foundation.errors import Refused
from payments.closing.rules import (
    BankDiffers,
    BankSilent,
    DayNotOver,
    DaySigned,
    LaterSigned,
    NotLookedAt,
    NotSigned,
    OwnerMissing,
    SaidOtherwise,
    SignerAlone,
    SignOffNotFound,
    SignTheOthersFirst,
)
from web.sentences.marking import N_

ANSWERS: dict[type[Refused], tuple[int, str]] = {
    SignOffNotFound: (404, N_("There is no such account or signature.")),
    DayNotOver: (409, N_("{day} is not over yet. A day is signed when nothing more can happen in it.")),
    DaySigned: (409, N_("{day} is signed already, or somebody is signing it at this moment. Nothing was changed.")),
    OwnerMissing: (409, N_("Exceptions without an owner: {count}. Give each an owner, then sign.")),
    NotLookedAt: (409, N_("Lines that were not matched yet: {count}. Match again, then sign.")),
    BankSilent: (
        409,
        N_(
            "Nobody has said what the bank account held at the end of {day}. Import its statement, or enter the balance."
        ),
    ),
    BankDiffers: (
        409,
        N_("At the end of {day} the bank says {bank} and the books say {books}. Find the difference first."),
    ),
    SaidOtherwise: (409, N_("For {day} the bank has said {bank} already, and that stays.")),
    SignTheOthersFirst: (
        409,
        N_("Sign the bank accounts, gateways and accounts in between first. Not signed yet: {count}."),
    ),
    NotSigned: (409, N_("This day is not signed, so there is nothing to open.")),
    LaterSigned: (409, N_("{day} is signed as well. Open the later signature first.")),
    SignerAlone: (403, N_("Whoever signed a day does not open it again. Ask another person.")),
}
