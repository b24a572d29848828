"""The rules of conduct as versions: what counts, a draft with its dry run, publication by another; outages of ours."""

from typing import Any

from litestar import Response, get, post
from litestar.response import Redirect

from booking.availability.windows import at_local
from booking.conduct import drafting, versions
from booking.conduct.charter import BOUNDS, GENERAL, NUMBERS_OF
from booking.conduct.rules import (
    ConductNotTried,
    ConductUnchanged,
    NoConductDraft,
    NothingInTheRules,
    OutageTimes,
    OwnDraft,
)
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.errors import Refused
from marketplace.foundation.money import Money
from web import answers, conduct_words
from web.forms import FormBody
from web.forms.fields import Fields
from web.home import home
from web.identity import Req
from web.pages.admin.people import mark
from web.pages.conduct.words import IN_USE, NUMBERS
from web.parts import Filled
from web.respond import page, reader_of, see_other

DRAFT = "/conduct/rules/draft"
YES_OR_NO = frozenset(name for name, bounds in BOUNDS.items() if bounds == (0, 1))


@get("/conduct/rules", opt={"policy": "conduct.read"}, sync_to_thread=True)
def show(request: Req) -> Response[str]:
    """What counts now, what will, every former version, and the form for an outage."""
    return _show(request, Filled(), 200)


@post("/conduct/rules/drafts", opt={"policy": "conduct.write"}, sync_to_thread=True)
def begin(request: Req) -> Redirect:
    """Draft the next version from the newest one."""
    with transaction() as session:
        drafting.begin(session, home().id, by=request.user.person_id, now=clock.now())
    return see_other(DRAFT)


@get(DRAFT, opt={"policy": "conduct.read"}, sync_to_thread=True)
def draft(request: Req) -> Response[Any]:
    """The draft with each number, its dry run on 90 days, and the form to publish it."""
    return _draft(request, Filled(), 200)


@post(DRAFT, opt={"policy": "conduct.write"}, sync_to_thread=True)
def change(request: Req, data: FormBody) -> Response[Any]:
    """Write the numbers down and try them on the last 90 days; nothing is published."""
    fields, here, now = Fields(data, request.user.language), home(), clock.now()
    numbers = {}
    for name, (least, most) in BOUNDS.items():
        if name.endswith("_fee_minor"):
            numbers[name] = fields.money(name, here.currency).minor if fields.raw(name) else 0
        elif name in YES_OR_NO:
            numbers[name] = int(fields.ticked(name))
        else:
            numbers[name] = fields.whole(name, least=least, most=most)
    if fields.errors:
        return _draft(request, Filled(data, answers.beside(fields.errors, request)), 422)
    try:
        with transaction() as session:
            drafting.change(session, here.id, numbers, by=request.user.person_id, now=now)
            drafting.try_out(session, here.id, now=now)
    except NoConductDraft:
        return see_other("/conduct/rules")
    return see_other(f"{DRAFT}#trial")


@post(f"{DRAFT}/publication", opt={"policy": "conduct.decide"}, sync_to_thread=True)
def publish(request: Req, data: FormBody) -> Response[Any]:
    """Publish the draft, with the words why; it counts in two weeks, and every specialist is told now."""
    fields = Fields(data, request.user.language)
    words = fields.text("words", longest=500)
    seen = {name: int(fields.raw(name)) for name in BOUNDS if fields.raw(name).isascii() and fields.raw(name).isdigit()}
    if fields.errors:
        return _draft(request, Filled({}, answers.beside(fields.errors, request)), 422)
    try:
        with transaction() as session:
            drafting.publish(session, home().id, seen=seen, words=words, by=request.user.person_id, now=clock.now())
    except NoConductDraft:
        return see_other("/conduct/rules")
    except (ConductNotTried, ConductUnchanged, NothingInTheRules, OwnDraft) as refusal:
        said = answers.answer(refusal, request)
        return _draft(request, Filled({"words": words}, {"words": said.sentence}), said.status)
    return see_other("/conduct/rules")


@post(f"{DRAFT}/removal", opt={"policy": "conduct.write"}, sync_to_thread=True)
def drop(request: Req) -> Redirect:
    """Throw the draft away."""
    try:
        with transaction() as session:
            drafting.drop(session, home().id, by=request.user.person_id, now=clock.now())
    except NoConductDraft:
        pass
    return see_other("/conduct/rules")


@post("/conduct/outages", opt={"policy": "conduct.write"}, sync_to_thread=True)
def outage(request: Req, data: FormBody) -> Response[Any]:
    """Something of ours did not work in these hours of a day: nothing that happened then counts."""
    here, fields = home(), Fields(data, request.user.language)
    day = fields.day("on_day", reader_of(request).formatter.calendar)
    first, last = fields.whole("from_hour", least=0, most=23), fields.whole("to_hour", least=1, most=24)
    words = fields.text("outage_words", longest=500)
    refusal: Refused | None = None
    if not fields.errors and day is not None:
        start, end = at_local(day, first, here.time_zone), at_local(day, last, here.time_zone)
        try:
            with transaction() as session:
                drafting.record_outage(
                    session, here.id, start, end, words=words, by=request.user.person_id, now=clock.now()
                )
        except OutageTimes as wrong:
            refusal = wrong
    if refusal is not None:
        fields.refuse("to_hour", refusal)
    if fields.errors:
        return _show(request, Filled(data, answers.beside(fields.errors, request)), 422)
    return see_other("/conduct/rules")


@get(
    [f"{DRAFT}/publication", f"{DRAFT}/removal", "/conduct/rules/drafts", "/conduct/outages"],
    opt={"policy": "conduct.read"},
    sync_to_thread=False,
)
def back() -> Redirect:
    """Whoever reloads the answer to a form is led back."""
    return see_other("/conduct/rules")


def _show(request: Req, form: Filled, status: int) -> Response[str]:
    here, now = home(), clock.now()
    with transaction() as session:
        every, made = versions.all_of(session, here.id), versions.draft(session, here.id)
        version = versions.in_force(session, here.id, at=now)
    return page(
        request, "pages/conduct/rules.html", status_code=status, form=form, versions=every, version=version, draft=made,
        mark=mark, words=conduct_words, currency=here.currency, money=Money, may_write=_may(request),
    )  # fmt: skip


def _draft(request: Req, form: Filled, status: int) -> Response[Any]:
    here = home()
    with transaction() as session:
        made, published = versions.draft(session, here.id), versions.newest_numbers(session, here.id)
    if made is None:
        return see_other("/conduct/rules")
    show = reader_of(request).formatter
    fees = {
        name: show.number_text(_typed(made.numbers[name], here.currency))
        for name in BOUNDS
        if name.endswith("_fee_minor")
    }
    groups = [("", tuple(GENERAL))]
    groups += [(what.value, tuple(f"{what.value}_{name}" for name in names)) for what, names in NUMBERS_OF.items()]
    return page(
        request, "pages/conduct/rules_draft.html", status_code=status, form=form, draft=made, groups=groups,
        numbers={**NUMBERS, "safety_times": IN_USE}, bounds=BOUNDS, mark=mark, words=conduct_words,
        currency=here.currency, fees=fees, published=published, yes_or_no=YES_OR_NO, money=Money,
        may_write=_may(request), by=mark(made.changed_by), may_publish=made.changed_by != request.user.person_id
        and (request.user.has("manager") or request.user.has("compliance")),
    )  # fmt: skip


def _typed(minor: int, currency: str) -> str:
    """An amount as `Fields.money` reads it; nothing for none."""
    in_tomans = minor // 10 if currency == "IRR" else Money(minor, currency).decimal
    return f"{in_tomans}" if minor else ""


def _may(request: Req) -> bool:
    return any(request.user.has(role) for role in ("manager", "dispatcher", "compliance"))


routes = [show, begin, draft, change, publish, drop, outage, back]
