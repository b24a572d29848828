"""The first page of a booking: a service and its own questions. The draft begins when they are answered."""

from dataclasses import replace
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from booking.jobs.drafts import Draft
from marketplace.catalogue import queries as catalogue
from marketplace.catalogue.queries import Service
from marketplace.catalogue.rules import Question, visible_questions
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from web import answers, once
from web.forms import FormBody
from web.forms.fields import Fields
from web.identity import Req
from web.pages.customer import drafts, questions
from web.pages.customer.questions import Read
from web.parts import Filled
from web.respond import page, see_other


@get("/book/{service:str}", opt={"policy": "draft.read"}, sync_to_thread=True)
def ask(request: Req, service: FromPath[str]) -> Response[str]:
    """The questions of a service, for a booking that begins."""
    with transaction() as session:
        wanted = catalogue.service(session, service, now=clock.now())
    return _page(request, wanted, visible_questions(wanted.questions, {}), action=f"/book/{wanted.key}")


@post("/book/{service:str}", opt={"policy": "draft.write"}, sync_to_thread=True)
def begin(request: Req, service: FromPath[str], data: FormBody) -> Response[str] | Response[None]:
    """Begin a draft with the answers."""
    now, fields = clock.now(), Fields(data, request.user.language)
    with transaction() as session:
        wanted = catalogue.service(session, service, now=now)
        read = questions.read(wanted.questions, fields, asked=_asked(fields))
        if read.is_accepted:
            draft = Draft(service=wanted.id, answers=read.answers)
            id = drafts.begin(session, request, draft, command=once.command_id(request, data), now=now)
    if not read.is_accepted:
        return _again(request, wanted, read, action=f"/book/{wanted.key}", command=str(data.get("command_id", "")))
    return see_other(f"/bookings/{id}/place")


@get("/bookings/{id:uuid}", opt={"policy": "draft.read"}, sync_to_thread=True)
def go_on(request: Req, id: FromPath[UUID]) -> Response[None]:
    """To the first page that is not done yet."""
    with transaction() as session:
        mine = drafts.find(session, request, id, now=clock.now())
    return see_other(drafts.next_page(mine))


@get("/bookings/{id:uuid}/work", opt={"policy": "draft.read"}, sync_to_thread=True)
def look_again(request: Req, id: FromPath[UUID]) -> Response[str] | Response[None]:
    """The questions with the answers given before."""
    now = clock.now()
    with transaction() as session:
        mine = drafts.find(session, request, id, now=now)
        wanted = catalogue.service(session, mine.service, now=now)
    if not drafts.is_draft(mine):
        return see_other(drafts.next_page(mine))
    shown = visible_questions(wanted.questions, mine.answers)
    form = Filled(values=questions.filled(wanted.questions, mine.answers))
    return _page(request, wanted, shown, action=f"/bookings/{id}/work", form=form)


@post("/bookings/{id:uuid}/work", opt={"policy": "draft.write"}, sync_to_thread=True)
def change(request: Req, id: FromPath[UUID], data: FormBody) -> Response[str] | Response[None]:
    """Answer the questions anew."""
    now, fields = clock.now(), Fields(data, request.user.language)
    with transaction() as session:
        mine = drafts.find(session, request, id, now=now)
        wanted = catalogue.service(session, mine.service, now=now)
        read = questions.read(wanted.questions, fields, asked=_asked(fields))
        if read.is_accepted and drafts.is_draft(mine):
            changed = replace(drafts.as_draft(mine), answers=read.answers)
            drafts.keep(session, request, mine, changed, command=once.command_id(request, data), now=now)
            mine = drafts.find(session, request, id, now=now)
    if not read.is_accepted:
        return _again(request, wanted, read, action=f"/bookings/{id}/work", command=str(data.get("command_id", "")))
    return see_other(drafts.next_page(mine))


routes = [ask, begin, go_on, look_again, change]


def _asked(fields: Fields) -> list[str]:
    return fields.raw("asked").split()


def _again(request: Req, wanted: Service, read: Read, *, action: str, command: str) -> Response[str]:
    """The same page with what is missing; a question that an answer has just brought up is no mistake."""
    form = Filled(values=read.values, errors=answers.beside(read.errors, request))
    status = 200 if read.further else 422
    return _page(
        request, wanted, read.shown, action=action, form=form, status=status, further=read.further, command=command
    )


def _page(
    request: Req,
    wanted: Service,
    shown: tuple[Question, ...],
    *,
    action: str,
    form: Filled | None = None,
    status: int = 200,
    further: bool = False,
    command: str = "",
) -> Response[str]:
    return page(
        request, "pages/customer/work.html", status_code=status, service=wanted, shown=shown, action=action,
        course=drafts.course(request, 1), form=form or Filled(), further=further, command=command or None,
        prefix=questions.PREFIX,
    )  # fmt: skip
