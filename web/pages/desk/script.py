"""What an agent reads out, word by word, in the language of the caller."""

from dataclasses import dataclass

from markupsafe import Markup

from marketplace.foundation.languages import direction, language_of
from web.home import home
from web.respond import formatter_for
from web.sentences.marking import N_
from web.templating import Words

POLICY = N_(
    "We keep your name, your number and your address to send you the right person, and show them to that person only. "
    "The whole policy is number {number} on our page. Do you agree?"
)
PRICE = N_("This costs {total}. We come on {day}, {hours}. Shall I book it?")
CANCELLING_FREE = N_("Calling off now costs nothing.")
CANCELLING_FEE = N_("Calling off now costs {fee}. You get {back} back.")
NO_CARD = N_("Please do not tell me your card number. The bank asks for it on its own page, never on the telephone.")
CODE = N_("A message with six digits has just gone to your telephone. Please read them to me.")


@dataclass(frozen=True)
class Aloud:
    """A sentence to read out, with its language and direction."""

    text: Markup
    language: str
    direction: str


def aloud(language: str, message: str, **facts: object) -> Aloud:
    """A sentence of this file in the caller's language, with its digits and calendar. Not to be called in a
    transaction."""
    known = language_of(language) or "en"
    words = Words(formatter_for(known, home()))
    return Aloud(words.gettext(message, **facts), known, direction(known))


def policy_sentence(language: str, number: int) -> Aloud:
    """What the caller is asked before anything of theirs is kept."""
    return aloud(language, POLICY, number=number)
