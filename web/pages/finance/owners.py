"""Whose an exception is: taken over by oneself, or given to a named colleague of finance."""

from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect
from sqlalchemy.orm import Session

from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from payments.reconciliation import queries, solving
from web import answers
from web.forms import FormBody
from web.forms.fields import Fields
from web.identity import Req
from web.pages.finance import colleagues, words
from web.pages.finance.exception import ROOT, done
from web.parts import Filled
from web.respond import page, see_other


@get(f"{ROOT}/{{id:uuid}}/owner", opt={"policy": "finance.read"}, sync_to_thread=True)
def choose(request: Req, id: FromPath[UUID]) -> Response[str] | Redirect:
    """Everybody of finance by their name, to choose from. What is settled is given to nobody."""
    return _page(request, id, Filled())


@post(f"{ROOT}/{{id:uuid}}/owner", opt={"policy": "finance.write"}, sync_to_thread=True)
def give(request: Req, id: FromPath[UUID], data: FormBody) -> Response[str] | Redirect:
    """It is somebody's from now on; without a name it is mine. Refuses NotOfFinance, ExceptionClosed in words."""
    now, me = clock.now(), request.user.person_id
    fields = Fields(data, request.user.language)
    to = fields.identity("to") if "to" in data else me
    if to is None:
        return _page(request, id, Filled(fields.typed, answers.beside(fields.errors, request)))

    def act(session: Session) -> None:
        among = colleagues.of_finance(session, now=now)
        solving.assign(session, id, to=to, among=among, by=me, now=now)

    return done(request, id, "taken" if to == me else "given", act, now)


routes = [choose, give]


def _page(request: Req, id: UUID, form: Filled) -> Response[str] | Redirect:
    now = clock.now()
    with transaction() as session:
        found = queries.facts_of(session, id, now=now)
        if found.closed_at is not None:
            return see_other(f"{ROOT}/{id}")
        called = colleagues.names(session, request, colleagues.of_finance(session, now=now), case=id, now=now)
    return page(
        request, "pages/finance/owner.html", status_code=422 if form.errors else 200, about=found.about, form=form,
        called=sorted(called.items(), key=lambda each: each[1].casefold()), kinds=words.KINDS,
        me=request.user.person_id,
    )  # fmt: skip
