"""The rules of dispatch as versions: what counts, a draft with its dry run on what was really decided, publication."""

from dataclasses import dataclass
from typing import Any

from litestar import Response, get, post
from litestar.response import Redirect
from sqlalchemy.orm import Session

from booking.dispatch import drafting, versions
from booking.dispatch.rules import NoDraft, NothingChanged, NotTried
from booking.dispatch.versions import Draft, Version
from marketplace.foundation import audit, clock
from marketplace.foundation.database import transaction
from marketplace.foundation.errors import Refused
from web import answers
from web.forms import FormBody
from web.forms.fields import Fields
from web.home import home
from web.identity import Req
from web.pages.admin.people import mark
from web.pages.dispatch.words import BOUNDS, NUMBERS, TERMS, Said, minutes
from web.parts import Filled
from web.respond import page, see_other

DRAFT = "/dispatch/rules/draft"


@dataclass(frozen=True)
class Row:
    """One number: what it means, what counts now, and what the draft says."""

    name: str
    said: Said
    least: int
    most: int
    now: int
    next: int


@dataclass(frozen=True)
class Listed:
    """A version as the list shows it."""

    version: Version
    by: str
    words: str


@get("/dispatch/rules", opt={"policy": "rules.read"}, sync_to_thread=True)
def show(request: Req) -> Response[str]:
    """What counts now, every version with who published it, when and why, and whether one is being drafted."""
    with transaction() as session:
        every = versions.all_of(session, home().id)
        draft = versions.draft(session, home().id)
        listed = _listed(session, every)
    return page(
        request, "pages/dispatch/rules.html", versions=listed, rows=_rows(every[0], None), draft=draft,
        may_draft=_may_draft(request),
    )  # fmt: skip


@post("/dispatch/rules/drafts", opt={"policy": "rules.write"}, sync_to_thread=True)
def begin(request: Req) -> Redirect:
    """Draft the next version from what counts now."""
    with transaction() as session:
        drafting.begin(session, home().id, by=request.user.person_id, now=clock.now())
    return see_other(DRAFT)


@get(DRAFT, opt={"policy": "rules.read"}, sync_to_thread=True)
def draft(request: Req) -> Response[Any] | Redirect:
    """The draft with each number explained, its dry run, and the form to publish it."""
    return _draft(request, Filled(), 200)


@post(DRAFT, opt={"policy": "rules.write"}, sync_to_thread=True)
def change(request: Req, data: FormBody) -> Response[Any] | Redirect:
    """Write the numbers down and try them on what was decided yesterday and today; nothing is published."""
    fields = Fields(data, request.user.language)
    numbers = {name: fields.whole(name, least=least, most=most) for name, (least, most) in BOUNDS.items()}
    if fields.errors:
        return _draft(request, Filled(data, answers.beside(fields.errors, request)), 422)
    now, here = clock.now(), home().id
    try:
        with transaction() as session:
            drafting.change(session, here, numbers, by=request.user.person_id, now=now)
            drafting.try_out(session, here, now=now)
    except NoDraft:
        return see_other("/dispatch/rules")
    return see_other(f"{DRAFT}#trial")


@post(f"{DRAFT}/publication", opt={"policy": "rules.publish"}, sync_to_thread=True)
def publish(request: Req, data: FormBody) -> Response[Any] | Redirect:
    """Put the draft into force, with the words why. Refuses one whose dry run was not seen."""
    fields = Fields(data, request.user.language)
    words = fields.text("words", longest=500)
    seen = {name: int(fields.raw(name)) for name in BOUNDS if fields.raw(name).isascii() and fields.raw(name).isdigit()}
    if fields.errors:
        return _draft(request, Filled(data, answers.beside(fields.errors, request)), 422)
    try:
        with transaction() as session:
            drafting.publish(session, home().id, seen=seen, words=words, by=request.user.person_id, now=clock.now())
    except NoDraft:
        return see_other("/dispatch/rules")
    except (NothingChanged, NotTried) as refusal:
        return _refused(request, fields, refusal)
    return see_other("/dispatch/rules")


@post(f"{DRAFT}/removal", opt={"policy": "rules.write"}, sync_to_thread=True)
def drop(request: Req) -> Redirect:
    """Throw the draft away."""
    try:
        with transaction() as session:
            drafting.drop(session, home().id, by=request.user.person_id, now=clock.now())
    except NoDraft:
        pass
    return see_other("/dispatch/rules")


@get(
    [f"{DRAFT}/publication", f"{DRAFT}/removal", "/dispatch/rules/drafts"],
    opt={"policy": "rules.read"},
    sync_to_thread=False,
)
def back() -> Redirect:
    """Whoever reloads the answer to a form, or reads it in another language, is led back."""
    return see_other("/dispatch/rules")


def _refused(request: Req, fields: Fields, refusal: Refused) -> Response[Any] | Redirect:
    fields.refuse("words", refusal)
    filled = Filled({"words": fields.raw("words")}, answers.beside(fields.errors, request))
    return _draft(request, filled, answers.answer(refusal, request).status)


def _draft(request: Req, form: Filled, status: int) -> Response[Any] | Redirect:
    with transaction() as session:
        made = versions.draft(session, home().id)
        now = versions.in_force(session, home().id)
    if made is None:
        return see_other("/dispatch/rules")
    moved = [(mark(each.specialist), each.before, each.after) for each in made.trial.moved] if made.trial else []
    return page(
        request, "pages/dispatch/rules_draft.html", status_code=status, form=form, draft=made, rows=_rows(now, made),
        by=mark(made.changed_by), moved=moved, terms=_terms(made),
        may_publish=request.user.has("manager"), may_draft=_may_draft(request), minutes=minutes,
    )  # fmt: skip


def _may_draft(request: Req) -> bool:
    return request.user.has("manager") or request.user.has("dispatcher")


def _rows(now: Version, made: Draft | None) -> list[Row]:
    present = now.policy.numbers()
    after = made.policy.numbers() if made else present
    return [Row(name, NUMBERS[name], *BOUNDS[name], present[name], after[name]) for name in BOUNDS]


def _terms(made: Draft) -> list[tuple[str, int, int]]:
    """Each part of the score with its mean over the first choices before and after, in hundredths of a minute."""
    if made.trial is None or not made.trial.decisions:
        return []
    number = made.trial.decisions
    return [
        (TERMS[name], before // number, after // number)
        for name, (before, after) in made.trial.terms.items()
        if name in TERMS
    ]


def _listed(session: Session, every: list[Version]) -> list[Listed]:
    said = {
        str(entry.facts["rules"]): audit.reason_of(entry) or ""
        for entry in audit.entries(session, action="dispatch.rules_published", limit=len(every))
    }
    return [
        Listed(each, mark(each.published_by) if each.published_by else "", said.get(str(each.id), "")) for each in every
    ]


routes = [show, begin, draft, change, publish, drop, back]
