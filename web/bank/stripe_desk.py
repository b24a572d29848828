"""Levers behind the simulated Stripe's counter: faults, its clock, disputes, payouts, and which events ring when."""

import json
from collections.abc import Callable
from typing import Annotated

import msgspec
from litestar import Response, post
from litestar.params import FromPath, JSONBody

from web.bank import stripe_counter as counter
from web.bank.api import BankRequest
from web.bank.stripe_api import admit, refused
from web.bank.stripe_bell import StripeBell
from web.bank.stripe_books import Act, Books
from web.bank.stripe_rules import Doc, Refusal, Switches

Id = Annotated[str, msgspec.Meta(pattern=r"^[a-z]{2,4}_[A-Za-z0-9_]{5,90}$")]


class Setting(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST /-/account: where events go from now on, and how far the clock goes ahead."""

    endpoint: str | None = None
    advance_seconds: float = 0


class Lever(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST /-/{what}: `disputes` (payment_intent, amount, reason, warning), `decisions` (dispute, won),
    `slow-payments` (payment_intent, succeeds), `payouts` (currency, automatic), `rings` (events, in this order)."""

    payment_intent: str = ""
    amount: int | None = None
    reason: str = "fraudulent"
    warning: bool = False
    dispute: str = ""
    won: bool = False
    succeeds: bool = True
    currency: str = "qar"
    automatic: bool = True
    events: list[Id] = []


@post("/-/switches", status_code=200, sync_to_thread=True)
def set_switches(request: BankRequest, data: JSONBody[Switches]) -> Response[bytes]:
    """From now on these go wrong, and nothing else."""

    def turn(act: Act) -> Doc:
        text = msgspec.json.encode(data).decode()
        act.run("UPDATE switch SET faults = ?, spoilt = 0", (text,))
        return {}

    return _pulled(request, turn)


@post("/-/account", status_code=200, sync_to_thread=True)
def set_account(request: BankRequest, data: JSONBody[Setting]) -> Response[bytes]:
    """Name the endpoint, move the clock."""

    def change(act: Act) -> Doc:
        act.run("UPDATE switch SET ahead = ahead + ?", (data.advance_seconds,))
        if data.endpoint is not None:
            act.run("UPDATE switch SET endpoint = ?", (data.endpoint,))
        return {}

    return _pulled(request, change)


@post("/-/levers/{what:str}", status_code=200, sync_to_thread=True)
def pull(request: BankRequest, what: FromPath[str], data: JSONBody[Lever]) -> Response[bytes]:
    """What happens at other banks, as `Lever` says."""

    def happen(act: Act) -> Doc:
        match what:
            case "disputes":
                return counter.dispute(
                    act, data.payment_intent, amount=data.amount, reason=data.reason, warning=data.warning
                )
            case "decisions":
                return counter.close_dispute(act, act.find(data.dispute, "dispute"), won=data.won)
            case "slow-payments":
                return counter.settle_slow(act, act.find(data.payment_intent, "payment_intent"), succeeds=data.succeeds)
            case "payouts":
                return counter.pay_out(act, data.currency, automatic=data.automatic)
            case "rings":
                return {}
        raise Refusal(404, "There is no such lever.")

    answer = _pulled(request, happen)
    if what == "rings" and answer.status_code == 200:
        bell: StripeBell = request.app.state["stripe_bell"]
        bell.ring_again(data.events)
    return answer


def _pulled(request: BankRequest, work: Callable[[Act], Doc]) -> Response[bytes]:
    books: Books = request.app.state["stripe_books"]
    try:
        admit(request)
        with books.act() as act:
            told = work(act)
    except Refusal as refusal:
        return refused(refusal)
    return Response(json.dumps(told).encode(), media_type="application/json", status_code=200)


ROUTES = [set_switches, set_account, pull]
