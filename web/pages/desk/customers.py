"""One caller: masked until a reason is chosen; with the reason "they want to book", the entry of a request."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from marketplace.catalogue import queries as catalogue
from marketplace.catalogue.queries import Category, Zone
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.organizations.queries import Organization
from web import answers
from web.forms import FormBody
from web.forms.fields import NotOffered
from web.home import home
from web.identity import Req
from web.pages.desk import callers, reasons
from web.pages.desk.callers import Caller
from web.pages.desk.filling import ANOTHER, Filling, fill
from web.pages.desk.reasons import REASONS, Seen
from web.pages.desk.script import CANCELLING_FEE, CANCELLING_FREE, NO_CARD, PRICE, Aloud, aloud, policy_sentence
from web.pages.specialist.names import Names, read_names
from web.parts import Filled
from web.respond import formatter_for, page, see_other


@dataclass(frozen=True)
class Entry:
    """The entry as it stands, with what is read out."""

    filling: Filling
    policy: Aloud | None
    card: Aloud
    price: Aloud | None
    fee: Aloud | None
    another: str = ANOTHER


@dataclass(frozen=True)
class Screen:
    """All that the screen of a caller shows."""

    caller: Caller
    areas: tuple[str, ...]
    zones: tuple[Zone, ...]
    services: tuple[Category, ...]
    names: Names
    seen: Seen | None = None
    reason: str = ""
    filling: Filling | None = None
    form: Filled = field(default_factory=Filled)
    said: str = ""
    command: str = ""


@get("/desk/customers/{id:uuid}", opt={"policy": "desk.read"}, sync_to_thread=True)
def show(request: Req, id: FromPath[UUID]) -> Response[str]:
    """The caller, masked, with the four reasons and the last jobs."""
    now = clock.now()
    with transaction() as session:
        caller = callers.find(session, request, id, now=now)
    return screen(request, caller, now=now)


@post("/desk/customers/{id:uuid}/looks", opt={"policy": "desk.write"}, status_code=200, sync_to_thread=True)
def look(request: Req, id: FromPath[UUID], data: FormBody) -> Response[str]:
    """Open what the reason needs. Each value shown is a row that the customer can read."""
    now, reason = clock.now(), str(data.get("reason", ""))
    if reason not in REASONS:
        with transaction() as session:
            caller = callers.find(session, request, id, now=now)
        said = answers.answer(NotOffered(), request)
        return screen(request, caller, said=said.sentence, status=said.status, now=now)
    with transaction() as session:
        caller = callers.find(session, request, id, now=now)
        seen = reasons.look(session, request, caller.id, reason, now=now)
    return screen(request, caller, seen=seen, reason=reason, now=now)


@get(
    ["/desk/customers/{id:uuid}/looks", "/desk/customers/{id:uuid}/entry", "/desk/customers/{id:uuid}/bookings"],
    opt={"policy": "desk.read"},
    sync_to_thread=False,
)
def back(id: FromPath[UUID]) -> Redirect:
    """A look that is reloaded, or read in another language, is no new look."""
    return see_other(f"/desk/customers/{id}")


routes = [show, look, back]


def screen(
    request: Req,
    caller: Caller,
    *,
    now: datetime,
    seen: Seen | None = None,
    reason: str = "",
    filling: Filling | None = None,
    typed: Mapping[str, object] | None = None,
    errors: Mapping[str, str] | None = None,
    said: str = "",
    status: int = 200,
) -> Response[str]:
    """The caller's screen; `filling` is the entry as it stands, and an empty one begins with the reason for it."""
    here, language = home(), request.user.language
    with transaction() as session:
        if filling is None and reason == "booking":
            filling = fill(session, {}, caller, here, language=language, now=now)
        zones = tuple(catalogue.zones(session, here.id, language=language))
        services = tuple(catalogue.categories(session, now=now)) if filling else ()
        names = read_names(session, here.id, now=now)
    values = {"address": str(caller.addresses[0].id) if caller.addresses else ANOTHER, "method": "", **(typed or {})}
    shown = Screen(
        caller, tuple(callers.areas(caller, zones, language)), zones, services, names,
        seen, reason, filling, Filled(values, dict(errors or {})), said, str((typed or {}).get("command_id", "")),
    )  # fmt: skip
    return page(
        request, "pages/desk/customer.html", status_code=status, form=shown.form, screen=shown, reasons=REASONS,
        entry=entry_of(filling, caller, here) if filling else None,
    )  # fmt: skip


def entry_of(filling: Filling, caller: Caller, organization: Organization) -> Entry:
    """The entry with its sentences to read out, in the caller's language."""
    language = caller.person.language
    return Entry(
        filling,
        policy=policy_sentence(language, caller.policy.number) if caller.policy else None,
        card=aloud(language, NO_CARD),
        price=_price_sentence(filling, language, organization),
        fee=_fee_sentence(filling, language),
    )


def _price_sentence(filling: Filling, language: str, organization: Organization) -> Aloud | None:
    if filling.terms is None or filling.slot is None:
        return None
    show, window = formatter_for(language, organization), filling.slot.period
    return aloud(
        language, PRICE, total=filling.terms.quote.total, day=show.date(window.start, "long"),
        hours=show.time_range(window.start, window.end),
    )  # fmt: skip


def _fee_sentence(filling: Filling, language: str) -> Aloud | None:
    if not filling.fees:
        return None
    split = filling.fees[0].split
    if split.fee.is_zero:
        return aloud(language, CANCELLING_FREE)
    return aloud(language, CANCELLING_FEE, fee=split.fee, back=split.back)
