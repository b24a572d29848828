"""Matching by hand: the lines that were chosen beside what of ours they are, both sums, and the difference.

What is chosen stands in the address, so that it is kept by going back and by a refusal; nothing is written before it
is matched. What was matched is undone at once from the list, or later from the page of the exception.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from litestar import Response, get, post
from litestar.response import Redirect

from marketplace.foundation import audit, clock
from marketplace.foundation.database import transaction
from marketplace.foundation.errors import Refused
from marketplace.foundation.scripts import ascii_digits
from payments.reconciliation import by_hand, deciding
from payments.reconciliation.by_hand import Desk, Which
from payments.reconciliation.rules import NotMatchedAlone
from web import answers
from web.forms import FormBody
from web.forms.fields import Fields
from web.identity import Req
from web.pages.finance.exceptions import Asked, Done, listed
from web.pages.finance.payouts import chosen
from web.respond import page, see_other
from web.sentences.marking import N_

ROOT: Final = "/finance/matching"
LIST: Final = "/finance/exceptions"
MOST: Final = 50
MATCHED: Final = N_("matched")
TWO_SIDES: Final = N_("These lines are not of one gateway, one currency and one file kind: choose others.")


@dataclass(frozen=True)
class Chosen:
    """What the address or the form says was chosen, and the number that is looked for."""

    exceptions: tuple[UUID, ...]
    ours: tuple[tuple[Which, UUID], ...]
    number: str

    @classmethod
    def of(cls, exceptions: Iterable[str], ours: Iterable[str], number: str) -> "Chosen":
        things = []
        for each in ours:
            which, _, id = each.partition(".")
            found = _id(id)
            if which in (Which.ATTEMPT, Which.BATCH) and found is not None:
                things.append((Which(which), found))
        ids = [found for found in map(_id, exceptions) if found is not None]
        return cls(
            tuple(dict.fromkeys(ids))[:MOST], tuple(dict.fromkeys(things))[:MOST], ascii_digits(number.strip())[:60]
        )

    @property
    def address(self) -> str:
        """The page with this choice."""
        pairs = [("chosen", str(each)) for each in self.exceptions]
        pairs += [("ours", f"{which}.{id}") for which, id in self.ours]
        return f"{ROOT}?{urlencode([*pairs, *([('number', self.number)] if self.number else [])])}"


@get(ROOT, opt={"policy": "finance.read"}, sync_to_thread=True)
def show(request: Req) -> Response[str] | Redirect:
    """Both sides as they were chosen; without a choice the list, where one chooses."""
    query = request.query_params
    asked = Chosen.of(query.getall("chosen", []), query.getall("ours", []), query.get("number", ""))
    if not (asked.exceptions or asked.ours or "hx-request" in request.headers):
        return see_other(LIST)
    return _page(request, asked)


@post(ROOT, opt={"policy": "finance.write"}, status_code=200, sync_to_thread=True)
def match(request: Req, data: FormBody) -> Response[str] | Redirect:
    """Look for what is ours and add up, or match what is chosen; refused, the choice is kept."""
    fields, now = Fields(data, request.user.language), clock.now()
    asked = Chosen.of(chosen(data, "chosen"), chosen(data, "ours"), fields.raw("number"))
    if not asked.exceptions:
        return see_other(LIST)
    if fields.raw("step") != "match":
        return see_other(asked.address)
    try:
        outcomes = _match(request, asked, now)
    except Refused as refusal:
        return _page(request, asked, refusal)
    return listed(request, Asked(), now=now, found=[], outcomes=outcomes, undo=[outcomes[0].undo])


routes = [show, match]


def _match(request: Req, asked: Chosen, now: datetime) -> list[Done]:
    me = request.user.person_id
    with transaction() as session:
        desk = by_hand.chosen(session, asked.exceptions, asked.ours)
        if not desk.alike:
            raise NotMatchedAlone
        match = deciding.match_by_hand(
            session, gateway=desk.gateway, lines=[each.id for each in desk.lines], attempts=_of(desk, Which.ATTEMPT),
            batches=_of(desk, Which.BATCH), by=me, now=now,
        )  # fmt: skip
        first = desk.lines[0]
        audit.record(
            session, action="finance.exception_matched_by_hand", actor=me, subject=None, reason=None, now=now,
            exception=first.exception, match=match,
        )  # fmt: skip
    said = answers.sentence(request, MATCHED)
    undo = f"match:{match}:{first.exception}"
    things = [each for each in (*desk.lines, *desk.ours) if each.exception]
    return [Done(str(each.exception), each.number, said, done=True, undo=undo) for each in things]


def _page(request: Req, asked: Chosen, refusal: Refused | None = None) -> Response[str]:
    with transaction() as session:
        desk = by_hand.chosen(session, asked.exceptions, asked.ours)
        found = by_hand.found(session, desk, asked.number)
    said = None if refusal is None else answers.answer(refusal, request)
    sentence = said.sentence if said else "" if desk.alike else answers.sentence(request, TWO_SIDES)
    return page(
        request, "pages/finance/matching.html", status_code=said.status if said else 200, desk=desk, found=found,
        number=asked.number, said=sentence,
    )  # fmt: skip


def _of(desk: Desk, which: Which) -> Sequence[UUID]:
    return [each.id for each in desk.ours if each.which is which]


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def selection(data: Mapping[str, Any]) -> str:
    """The address of this page for what was chosen in the list."""
    return Chosen.of(chosen(data, "chosen"), (), "").address
