"""What a dispatcher does to many jobs at once: each in a transaction of its own, each told by itself, none painted."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from litestar import Response, get, post
from litestar.response import Redirect
from sqlalchemy.orm import Session

from booking.dispatch import board_actions
from booking.dispatch.board_actions import Given
from booking.dispatch.board_rules import NothingChosen, TooManyAtOnce
from booking.jobs import lists
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.errors import Refused
from marketplace.foundation.ids import derived
from web import answers, once
from web.forms import FormBody
from web.forms.fields import Fields, NotOffered
from web.identity import Req
from web.pages.admin.people import mark
from web.pages.dispatch.acting import actor, refusal
from web.pages.dispatch.board import BOARD, Outcome, answer
from web.pages.dispatch.board_job import period_of
from web.pages.dispatch.board_words import GIVEN_TO, MOVED, PLANNED_AT, SEARCHES, TAKEN_BACK
from web.pages.finance.payouts import chosen
from web.respond import see_other

MOST: Final = 50
ACTS: Final = ("best", "move", "withdraw", "search")
Act = Callable[[Session, UUID, UUID], Given]


@post(f"{BOARD}/acts", opt={"policy": "board.write"}, status_code=200, sync_to_thread=True)
def act_on_many(request: Req, data: FormBody) -> Response[str]:
    """Give each to the best, promise each another window, take offers back or search on; each is told."""
    fields, now = Fields(data, request.user.language), clock.now()
    try:
        name = fields.choice("act", ACTS)
        ids = selected(chosen(data, "job"))
        act = _act(request, name, fields, now)
    except Refused as refused:
        said = answers.answer(refused, request)
        return answer(request, said=said.sentence, status=said.status)
    command = once.command_id(request, data)
    outcomes = [_outcome(request, id, name, act, derived("board", command, id)) for id in ids]
    return answer(request, outcomes=outcomes)


@get(f"{BOARD}/acts", opt={"policy": "board.read"}, sync_to_thread=False)
def back(request: Req) -> Redirect:
    """The answer to an act, reloaded or read in another language, is the board as it stands."""
    query = request.url.query
    return see_other(f"{BOARD}?{query}" if query else BOARD)


def selected(typed: Sequence[str]) -> list[UUID]:
    """The chosen jobs, each once. Refuses NothingChosen, TooManyAtOnce, NotOffered."""
    try:
        ids = list(dict.fromkeys(UUID(each) for each in typed))
    except ValueError:
        raise NotOffered from None
    if not ids:
        raise NothingChosen
    if len(ids) > MOST:
        raise TooManyAtOnce(MOST)
    return ids


def _act(request: Req, name: str, fields: Fields, now: datetime) -> Act:
    """The verb for one job and one command. Refuses NotOffered."""
    who, reason, window = actor(request), fields.raw("reason") or None, period_of(fields.raw("window"))
    if name == "move" and window is not None:
        return lambda session, job, command: board_actions.move(
            session, job, window, actor=who, command_id=command, now=now
        )
    verbs: Mapping[str, Act] = {
        "best": lambda session, job, command: board_actions.give_to_best(
            session, job, actor=who, command_id=command, now=now, reason=reason
        ),
        "withdraw": lambda session, job, _: board_actions.withdraw(session, job, actor=who, now=now),
        "search": lambda session, job, command: board_actions.search_on(
            session, job, actor=who, command_id=command, now=now
        ),
    }
    if name not in verbs:
        raise NotOffered
    return verbs[name]


def _outcome(request: Req, id: UUID, name: str, act: Act, command: UUID) -> Outcome:
    """What became of one job: said from what was committed, or the refusal."""
    try:
        with transaction() as session:
            given = act(session, id, command)
    except Refused as refused:
        return Outcome(id, _number(id), refusal(request, refused).sentence, done=False)
    return Outcome(id, given.number, _said(request, name, given), done=True)


def _said(request: Req, name: str, given: Given) -> str:
    if name == "withdraw":
        return answers.sentence(request, TAKEN_BACK)
    if name == "search":
        return answers.sentence(request, SEARCHES)
    facts: dict[str, Any] = {"number": given.number, "who": mark(given.specialist) if given.specialist else ""}
    if given.starts_at is None:
        return answers.sentence(request, GIVEN_TO, **facts)
    return answers.sentence(request, MOVED if name == "move" else PLANNED_AT, moment=given.starts_at, **facts)


def _number(id: UUID) -> str:
    with transaction() as session:
        found = lists.cards_by_id(session, [id]).get(id)
    return found.number if found else mark(id)


routes = [act_on_many, back]
