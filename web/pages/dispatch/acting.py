"""Who acts on the board, and how a refusal is said there: in the words of the rule that excludes somebody."""

from dataclasses import dataclass

from booking.availability.rules import SlotTaken
from booking.dispatch.board_rules import SOFT
from booking.dispatch.rules import NotACandidate
from booking.jobs.rules import Actor, ReasonNeeded
from booking.jobs.words import Role
from marketplace.foundation.errors import Refused
from web import answers
from web.identity import Req
from web.pages.dispatch import board_words


@dataclass(frozen=True)
class Said:
    """A refusal in words. `wants_reason`: one from the list would set the rule aside, or is asked for anyway."""

    status: int
    sentence: str
    rule: str = ""
    wants_reason: bool = False


def actor(request: Req) -> Actor:
    """The dispatcher, or the manager, as the one who acts."""
    return Actor(Role.DISPATCHER if request.user.has("dispatcher") else Role.MANAGER, request.user.person_id)


def refusal(request: Req, refused: Refused) -> Said:
    """What the rule says about this person; other refusals in their own words."""
    rule = "overlap" if isinstance(refused, SlotTaken) else getattr(refused, "rule", "")
    if isinstance(refused, SlotTaken | NotACandidate) and rule in board_words.RULES:
        return Said(409, answers.sentence(request, board_words.RULES[rule]), rule, rule in SOFT)
    said = answers.answer(refused, request)
    return Said(said.status, said.sentence, wants_reason=isinstance(refused, ReasonNeeded))
