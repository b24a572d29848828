"""A customer withdraws what is in the wallet: asks, names the account, sees what became of it."""

from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from web import withdrawing
from web.forms import FormBody
from web.identity import Req
from web.respond import see_other
from web.withdrawing import CUSTOMER, Answer


@get("/wallet/payouts", opt={"policy": "wallet.own.read"}, sync_to_thread=True)
def show(request: Req) -> Response[str]:
    """What is free, where it goes, every payout."""
    return withdrawing.show(request, CUSTOMER)


@post("/wallet/payouts", opt={"policy": "wallet.own.write"}, sync_to_thread=True)
def ask(request: Req, data: FormBody) -> Answer:
    """Ask for one."""
    return withdrawing.ask(request, CUSTOMER, data)


@get("/wallet/payouts/{id:uuid}", opt={"policy": "wallet.own.read"}, sync_to_thread=True)
def one(request: Req, id: FromPath[UUID]) -> Response[str]:
    """One of one's own."""
    return withdrawing.one(request, CUSTOMER, id)


@post("/wallet/payouts/{id:uuid}/cancellation", opt={"policy": "wallet.own.write"}, sync_to_thread=True)
def cancel(request: Req, id: FromPath[UUID]) -> Redirect:
    """Take it back, as long as no bank file names it."""
    return withdrawing.cancel(request, CUSTOMER, id)


@get("/wallet/payouts/{id:uuid}/cancellation", opt={"policy": "wallet.own.read"}, sync_to_thread=False)
def back(id: FromPath[UUID]) -> Redirect:
    """The answer to the button, reloaded."""
    return see_other(f"/wallet/payouts/{id}")


@get("/wallet/payouts/account", opt={"policy": "wallet.own.read"}, sync_to_thread=True)
def account(request: Req) -> Answer:
    """The account, to be told or changed."""
    return withdrawing.account_form(request, CUSTOMER)


@post("/wallet/payouts/account", opt={"policy": "wallet.own.write"}, sync_to_thread=True)
def take_account(request: Req, data: FormBody) -> Answer:
    """This is the account from now on."""
    return withdrawing.take_account(request, CUSTOMER, data)


routes = [show, ask, one, cancel, back, account, take_account]
