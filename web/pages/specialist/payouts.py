"""A specialist is paid out: asks, names the account, sees what became of it."""

from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from web import withdrawing
from web.forms import FormBody
from web.identity import Req
from web.respond import see_other
from web.withdrawing import SPECIALIST, Answer


@get("/work/payouts", opt={"policy": "specialist.read"}, sync_to_thread=True)
def show(request: Req) -> Response[str]:
    """What is free, where it goes, every payout."""
    return withdrawing.show(request, SPECIALIST)


@post("/work/payouts", opt={"policy": "specialist.write"}, sync_to_thread=True)
def ask(request: Req, data: FormBody) -> Answer:
    """Ask for one."""
    return withdrawing.ask(request, SPECIALIST, data)


@get("/work/payouts/{id:uuid}", opt={"policy": "specialist.read"}, sync_to_thread=True)
def one(request: Req, id: FromPath[UUID]) -> Response[str]:
    """One of one's own."""
    return withdrawing.one(request, SPECIALIST, id)


@post("/work/payouts/{id:uuid}/cancellation", opt={"policy": "specialist.write"}, sync_to_thread=True)
def cancel(request: Req, id: FromPath[UUID]) -> Redirect:
    """Take it back, as long as no bank file names it."""
    return withdrawing.cancel(request, SPECIALIST, id)


@get("/work/payouts/{id:uuid}/cancellation", opt={"policy": "specialist.read"}, sync_to_thread=False)
def back(id: FromPath[UUID]) -> Redirect:
    """The answer to the button, reloaded."""
    return see_other(f"/work/payouts/{id}")


@get("/work/payouts/account", opt={"policy": "specialist.read"}, sync_to_thread=True)
def account(request: Req) -> Answer:
    """The account, to be told or changed."""
    return withdrawing.account_form(request, SPECIALIST)


@post("/work/payouts/account", opt={"policy": "specialist.write"}, sync_to_thread=True)
def take_account(request: Req, data: FormBody) -> Answer:
    """This is the account from now on."""
    return withdrawing.take_account(request, SPECIALIST, data)


routes = [show, ask, one, cancel, back, account, take_account]
