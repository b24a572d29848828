"""The policy in force, to be accepted before anything else is done (O7, O49); declining leads to what stays open."""

from litestar import Response, get, post
from litestar.response import Redirect

from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.privacy import actions as privacy
from marketplace.privacy import queries
from marketplace.privacy.words import PURPOSES
from web import answers, ways
from web.forms import FormBody
from web.forms.fields import Fields, NotTicked
from web.identity import Req
from web.parts import Filled
from web.respond import home_of, page, see_other

HERE = "/policy/acceptance"


@get(HERE, opt={"policy": "own.read"}, sync_to_thread=True)
def ask(request: Req) -> Response[str] | Redirect:
    """What is accepted, with its purposes; whoever has accepted it goes on."""
    return _page(request, ways.wanted(request.query_params), ticked=True)


@post(HERE, opt={"policy": "own.write"}, sync_to_thread=True)
def accept(request: Req, data: FormBody) -> Response[str] | Redirect:
    """Write down the acceptance of this version with the purposes it lists now."""
    wanted = ways.wanted(request.query_params, data)
    if not Fields(data, request.user.language).ticked("policy"):
        return _page(request, wanted, ticked=False)
    with transaction() as session:
        privacy.accept(session, person=request.user.person_id, language=request.user.language, now=clock.now())
    return see_other(wanted or home_of(request.user))


routes = [ask, accept]


def _page(request: Req, wanted: str, *, ticked: bool) -> Response[str] | Redirect:
    with transaction() as session:
        policy = queries.must_accept(session, request.user.person_id, now=clock.now())
    if policy is None:
        return see_other(wanted or home_of(request.user))
    errors = {} if ticked else answers.beside({"policy": NotTicked()}, request)
    return page(
        request, "pages/account/acceptance.html", policy=policy, onwards=wanted, form=Filled(errors=errors),
        purposes=[PURPOSES[key] for key in policy.purposes if key in PURPOSES], status_code=200 if ticked else 422,
    )  # fmt: skip
