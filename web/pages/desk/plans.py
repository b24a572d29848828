"""Work that comes back, made for a caller: the work of a visit they have had, as often as they say on the telephone."""

from datetime import datetime
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from sqlalchemy.orm import Session

from booking.availability.windows import local_day
from booking.jobs import queries as jobs
from booking.jobs.queries import CustomerJob
from booking.jobs.rules import JobNotFound
from booking.plans import actions
from booking.plans.rules import Wish
from marketplace.catalogue import queries as catalogue
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.errors import Refused
from marketplace.foundation.ids import PersonId, derived
from marketplace.foundation.money import Money
from marketplace.notices import actions as notices
from web import answers, once
from web.forms import FormBody
from web.forms.fields import Fields
from web.home import home
from web.identity import Req
from web.pages.customer import plan_forms
from web.pages.customer.plans import CANNOT, WEEKDAYS, first_day, new_plan, price_of
from web.pages.desk import callers
from web.parts import Filled
from web.respond import formatter_for, page, see_other


@get("/desk/jobs/{id:uuid}/plan", opt={"policy": "desk.read"}, sync_to_thread=True)
def ask(request: Req, id: FromPath[UUID]) -> Response[str]:
    """How often, from when, on which days. Refuses JobNotFound."""
    return _form(request, id, None, status=200)


@post("/desk/jobs/{id:uuid}/plan", opt={"policy": "desk.write"}, sync_to_thread=True)
def start(request: Req, id: FromPath[UUID], data: FormBody) -> Response[str] | Response[None]:
    """Make it; they always hear of it, and nothing pays for itself without their own word. Refuses JobNotFound."""
    fields, here = Fields(data, request.user.language), home()
    typed = plan_forms.read(fields, formatter_for(request.user.language, here), here.currency)
    try:
        if not fields.errors and typed.interval is not None:
            with transaction() as session:
                customer, mine = _job(session, request, id)
                new = new_plan(mine, typed.interval, typed.wish)
                command = once.command_id(request, data)
                _start(session, request, new, customer, shown=typed.shown, command=command, now=clock.now())
            return see_other(f"/desk/jobs/{id}?made=plan")
    except tuple(plan_forms.BESIDE) as refusal:
        fields.refuse(plan_forms.BESIDE[type(refusal)], refusal)
    except CANNOT as refusal:
        return _form(request, id, fields, status=answers.answer(refusal, request).status, refusal=refusal)
    return _form(request, id, fields, status=422)


routes = [ask, start]


def _start(
    session: Session,
    request: Req,
    new: actions.NewPlan,
    customer: PersonId,
    *,
    shown: Money,
    command: UUID,
    now: datetime,
) -> None:
    made = actions.start(
        session, new, customer=customer, shown=shown, command_id=command, now=now, entered_by=request.user.person_id
    )
    key = derived("letter", "plan_by_phone", made)
    notices.send(session, to=customer, letter="plan_by_phone", key=key, now=now, plan=made)


def _job(session: Session, request: Req, id: UUID) -> tuple[PersonId, CustomerJob]:
    now = clock.now()
    job = jobs.for_desk(session, id, callers.agent(request), now=now)
    if job.customer is None:
        raise JobNotFound
    return job.customer, jobs.for_customer(session, id, job.customer, now=now)


def _form(
    request: Req, id: UUID, fields: Fields | None, *, status: int, refusal: Refused | None = None
) -> Response[str]:
    here, now = home(), clock.now()
    formatter = formatter_for(request.user.language, here)
    with transaction() as session:
        customer, mine = _job(session, request, id)
        first = first_day(mine, today=local_day(now, here.time_zone))
        again = None if fields is None else Fields(fields.typed, fields.language)
        wish = Wish() if again is None else plan_forms.read(again, formatter, here.currency).wish
        price, cannot = price_of(session, request, mine, first, wish)
        service = catalogue.titles(session, [mine.service]).get(mine.service)
    said = cannot if refusal is None else answers.answer(refusal, request).sentence
    values = plan_forms.suggested(formatter, first) if fields is None else plan_forms.values(fields)
    errors = {} if fields is None else answers.beside(fields.errors, request)
    return page(
        request, "pages/desk/plan.html", status_code=status, mine=mine, customer=customer, service=service,
        price=price, said=said, cannot=bool(cannot), form=Filled(values, errors), offered=plan_forms.OFFERED,
        weekdays=WEEKDAYS,
    )  # fmt: skip
