"""What finance does to many exceptions at once: each on its own, each told, and all of it undone with one key."""

from collections.abc import Callable
from datetime import datetime
from typing import Final
from uuid import UUID

from litestar import Response, get, post
from litestar.response import Redirect
from sqlalchemy.orm import Session

from marketplace.foundation import audit, clock
from marketplace.foundation.database import transaction
from marketplace.foundation.errors import Refused
from payments.reconciliation import deciding, queries, solving
from payments.reconciliation.queries import LeftOver
from web import answers
from web.forms import FormBody
from web.forms.fields import Fields
from web.identity import Req
from web.pages.finance import colleagues
from web.pages.finance.exceptions import NOBODY, Asked, Done, listed
from web.pages.finance.matching import selection
from web.pages.finance.payouts import chosen
from web.respond import see_other
from web.sentences.marking import N_

LIST: Final = "/finance/exceptions"
MOST: Final = 200
ACTS: Final = ("accept", "take", "match")
ACCEPTED, TAKEN, UNDONE = N_("accepted"), N_("taken over"), N_("undone")
NOTHING_SUGGESTED: Final = N_("nothing is suggested for it")


@post(f"{LIST}/acts", opt={"policy": "finance.write"}, status_code=200, sync_to_thread=True)
def act_on_many(request: Req, data: FormBody) -> Response[str] | Redirect:
    """Accept what is suggested for those that were chosen, or take them over; each in a transaction of its own.

    Those that are to be matched with each other by hand are taken to the page for that.
    """
    fields, now = Fields(data, request.user.language), clock.now()
    act = fields.choice("act", list(ACTS))
    fields.check()
    ids = [UUID(each) for each in chosen(data, "chosen") if _is_id(each)][:MOST]
    if not ids:
        return see_other(LIST)
    if act == "match":
        return see_other(selection(data))
    one = _accept if act == "accept" else _take
    outcomes = [_told(request, id, one, now) for id in dict.fromkeys(ids)]
    undo = [each.undo for each in outcomes if each.undo]
    return listed(request, Asked.of(request), now=now, found=[], outcomes=outcomes, undo=undo)


@post(f"{LIST}/undone", opt={"policy": "finance.write"}, status_code=200, sync_to_thread=True)
def undo(request: Req, data: FormBody) -> Response[str] | Redirect:
    """Undo what was just done to many: matches are parted by another row, owners are as they were."""
    now = clock.now()
    tokens = [each for each in chosen(data, "undo") if each.count(":") == 2][:MOST]
    if not tokens:
        return see_other(LIST)
    outcomes = [_undone(request, token, now) for token in dict.fromkeys(tokens)]
    return listed(request, Asked.of(request), now=now, found=[], outcomes=outcomes)


@get([f"{LIST}/acts", f"{LIST}/undone"], opt={"policy": "finance.read"}, sync_to_thread=False)
def back(request: Req) -> Redirect:
    """The answer to an act, reloaded or read in another language."""
    return see_other(LIST + Asked.of(request).query)


routes = [act_on_many, undo, back]

Act = Callable[[Session, Req, LeftOver, datetime], tuple[str, str]]


def _told(request: Req, id: UUID, act: Act, now: datetime) -> Done:
    with transaction() as session:
        try:
            about = queries.facts_of(session, id, now=now).about
        except Refused as refusal:
            return Done(str(id), id.hex[-8:], answers.answer(refusal, request).sentence, done=False)
    number = about.txn or about.batch or about.bank or id.hex[-8:]
    try:
        with transaction() as session:
            said, token = act(session, request, about, now)
    except Refused as refusal:
        return Done(str(id), number, answers.answer(refusal, request).sentence, done=False)
    return Done(str(id), number, answers.sentence(request, said), done=bool(token), undo=token)


def _accept(session: Session, request: Req, about: LeftOver, now: datetime) -> tuple[str, str]:
    suggested = queries.suggestions_of(session, about.id)
    if not suggested:
        return NOTHING_SUGGESTED, ""
    match = deciding.accept(session, suggested[0].id, by=request.user.person_id, now=now)
    _note(session, request, "accepted", about.id, now)
    return ACCEPTED, f"match:{match}:{about.id}"


def _take(session: Session, request: Req, about: LeftOver, now: datetime) -> tuple[str, str]:
    me = request.user.person_id
    solving.assign(session, about.id, to=me, among=[me], by=me, now=now)
    return TAKEN, f"owner:{about.owner}:{about.id}"


def _undone(request: Req, token: str, now: datetime) -> Done:
    what, other, id = token.split(":")
    if not (_is_id(other) and _is_id(id)):
        return Done(id, id[-8:], "", done=False)
    me = request.user.person_id
    try:
        with transaction() as session:
            if what == "match":
                deciding.part(session, UUID(other), by=me, reason="undone", now=now)
            else:
                among = [*colleagues.of_finance(session, now=now), NOBODY]
                solving.assign(session, UUID(id), to=UUID(other), among=among, by=me, now=now)
            _note(session, request, "undone", UUID(id), now)
    except Refused as refusal:
        return Done(id, id[-8:], answers.answer(refusal, request).sentence, done=False)
    return Done(id, id[-8:], answers.sentence(request, UNDONE), done=True)


def _note(session: Session, request: Req, what: str, exception: UUID, now: datetime) -> None:
    audit.record(
        session, action=f"finance.exception_{what}", actor=request.user.person_id, subject=None, reason=None, now=now,
        exception=exception,
    )  # fmt: skip


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
