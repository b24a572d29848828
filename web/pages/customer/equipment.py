"""What a customer keeps at home that work is done on, and the history of each piece."""

from datetime import date
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from booking.availability.windows import local_day
from booking.jobs.rules import JobNotFound
from booking.plans import equipment as keeping
from booking.plans import queries
from booking.plans.equipment import Described
from booking.plans.rules import EquipmentInPlan, FirstDayRefused, TooMuchKept
from marketplace.catalogue.content import equipment_kinds
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.ids import AddressId
from marketplace.people import queries as people
from marketplace.privacy import actions as privacy
from web import answers, once
from web.forms import FormBody
from web.forms.fields import Fields, NotOffered
from web.home import home
from web.identity import Req
from web.pages.customer import plan_view
from web.pages.customer.jobs import reader_of
from web.parts import Filled
from web.respond import formatter_for, page, see_other

HERE = "/equipment"
OLDEST = date(1950, 1, 1)
LONGEST = {"name": 60, "maker": 60, "model": 60}


@get(HERE, opt={"policy": "job.own.read"}, sync_to_thread=True)
def show(request: Req) -> Response[str]:
    """What is kept, newest first, with the day on which a plan comes back to it."""
    me = request.user.person_id
    with transaction() as session:
        kept = queries.equipment_of(session, me)
        due = {each.id: queries.next_due(session, each.id, me) for each in kept}
    return page(request, "pages/customer/equipment.html", kept=kept, due=due, kinds=equipment_kinds())


@get(HERE + "/new", opt={"policy": "job.own.read"}, sync_to_thread=True)
def ask(request: Req) -> Response[str]:
    """An empty form; with `?job=` the piece is about that job at once."""
    return _form(request, Filled({"job": request.query_params.get("job", "")}), 200)


@post(HERE, opt={"policy": "job.own.write"}, sync_to_thread=True)
def add(request: Req, data: FormBody) -> Response[str] | Response[None]:
    """Keep a piece of equipment."""
    fields, me, now = Fields(data, request.user.language), request.user.person_id, clock.now()
    described = _read(request, fields)
    job = fields.raw("job")
    try:
        if not fields.errors:
            with transaction() as session:
                made = once.form_once(
                    session, request, data,
                    lambda: keeping.add(
                        session, described, customer=me, command_id=once.command_id(request, data), now=now
                    ),
                )  # fmt: skip
                if job:
                    keeping.name_visit(session, made, _id(job), customer=me, now=now)
            return see_other(f"{HERE}/{made}")
    except TooMuchKept as refusal:
        fields.refuse("name", refusal)
    return _form(request, _again(request, fields), 422)


@get(HERE + "/{equipment:uuid}", opt={"policy": "job.own.read"}, sync_to_thread=True)
def one(request: Req, equipment: FromPath[UUID]) -> Response[str]:
    """One piece with its history. Refuses EquipmentNotFound."""
    return _page(request, equipment)


@get(HERE + "/{equipment:uuid}/description", opt={"policy": "job.own.read"}, sync_to_thread=True)
def describe(request: Req, equipment: FromPath[UUID]) -> Response[str]:
    """What is said of it, to be corrected. Refuses EquipmentNotFound."""
    with transaction() as session:
        kept = queries.equipment(session, equipment, request.user.person_id)
    formatter = formatter_for(request.user.language, home())
    installed = formatter.date(kept.installed_on, "numeric") if kept.installed_on else ""
    values = {
        "kind": kept.kind, "name": kept.name, "maker": kept.maker, "model": kept.model, "installed_on": installed,
        "address": str(kept.address or ""),
    }  # fmt: skip
    return _form(request, Filled(values), 200, id=equipment)


@post(HERE + "/{equipment:uuid}/description", opt={"policy": "job.own.write"}, sync_to_thread=True)
def change(request: Req, equipment: FromPath[UUID], data: FormBody) -> Response[str] | Response[None]:
    """Correct what is said of it. Refuses EquipmentNotFound."""
    fields, me = Fields(data, request.user.language), request.user.person_id
    described = _read(request, fields)
    if fields.errors:
        with transaction() as session:
            queries.equipment(session, equipment, me)  # what is somebody else's is not there, whatever was typed
        return _form(request, _again(request, fields), 422, id=equipment)
    with transaction() as session:
        keeping.change(session, equipment, described, customer=me)
    return see_other(f"{HERE}/{equipment}")


@post(HERE + "/{equipment:uuid}/visits", opt={"policy": "job.own.write"}, sync_to_thread=True)
def name_visit(request: Req, equipment: FromPath[UUID], data: FormBody) -> Response[None]:
    """Say that a job of one's own was about it. Refuses EquipmentNotFound, JobNotFound."""
    with transaction() as session:
        job = _id(Fields(data).raw("job"))
        keeping.name_visit(session, equipment, job, customer=request.user.person_id, now=clock.now())
    return see_other(f"{HERE}/{equipment}")


@post(HERE + "/{equipment:uuid}/ending", opt={"policy": "job.own.write"}, sync_to_thread=True)
def end(request: Req, equipment: FromPath[UUID]) -> Response[str] | Response[None]:
    """It is kept no longer; its history stays. Refuses EquipmentNotFound."""
    try:
        with transaction() as session:
            keeping.give_up(session, equipment, customer=request.user.person_id, now=clock.now())
    except EquipmentInPlan as refusal:
        said = answers.answer(refusal, request)
        return _page(request, equipment, said=said.sentence, status=said.status)
    return see_other(HERE)


@get(
    [HERE + "/{equipment:uuid}/visits", HERE + "/{equipment:uuid}/ending"],
    opt={"policy": "job.own.read"},
    sync_to_thread=False,
)
def back(equipment: FromPath[UUID]) -> Response[None]:
    """What is reloaded, or read in another language, is the piece as it stands."""
    return see_other(f"{HERE}/{equipment}")


routes = [show, ask, add, one, describe, change, name_visit, end, back]


def _read(request: Req, fields: Fields) -> Described:
    kind = fields.choice("kind", equipment_kinds())
    words = {name: fields.text(name, longest=longest, required=name == "name") for name, longest in LONGEST.items()}
    formatter = formatter_for(request.user.language, home())
    installed = fields.day("installed_on", formatter.calendar) if fields.raw("installed_on") else None
    today = local_day(clock.now(), home().time_zone)
    if installed is not None and installed > today:
        fields.refuse("installed_on", FirstDayRefused(OLDEST, today))
    address = fields.identity("address") if fields.raw("address") else None
    if address is not None and address not in {each for each, _ in _addresses(request)}:
        fields.refuse("address", NotOffered())
    return Described(
        kind, words["name"], words["maker"], words["model"], installed, None if address is None else AddressId(address)
    )


def _addresses(request: Req) -> list[tuple[UUID, str]]:
    me = request.user.person_id
    with transaction() as session:
        cards = people.addresses_of(session, me)
        return [(card.id, privacy.own_address(session, person=me, address=card.id).get("line", "")) for card in cards]


def _again(request: Req, fields: Fields) -> Filled:
    values = {name: fields.raw(name) for name in (*LONGEST, "kind", "installed_on", "address", "job")}
    return Filled(values, answers.beside(fields.errors, request))


def _form(request: Req, form: Filled, status: int, *, id: UUID | None = None) -> Response[str]:
    kept = []
    if form.values.get("job"):
        with transaction() as session:
            kept = queries.equipment_of(session, request.user.person_id)
    return page(
        request, "pages/customer/equipment_form.html", status_code=status, form=form, kinds=equipment_kinds(),
        addresses=_addresses(request), id=id, kept=kept,
    )  # fmt: skip


def _page(request: Req, id: UUID, *, said: str = "", status: int = 200) -> Response[str]:
    me, now = request.user.person_id, clock.now()
    with transaction() as session:
        kept = queries.equipment(session, id, me)
        done = plan_view.history(session, id, reader_of(request), now=now)
        due = queries.next_due(session, id, me)
        place = plan_view.place(session, me, kept.address) if kept.address else ""
        plans = [each for each in queries.plans_of(session, me) if each.equipment == id]
    return page(
        request, "pages/customer/equipment_one.html", status_code=status, kept=kept, done=done, due=due, place=place,
        plans=plans, kinds=equipment_kinds(), said=said,
    )  # fmt: skip


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise JobNotFound from None
