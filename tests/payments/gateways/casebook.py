"""The book of the contract kit's cases: how a function joins it, and what most of them look at in the end."""

from collections.abc import Callable
from functools import partial

from tests.payments.gateways.kit import Case, Named, Payer, World

CASES: dict[str, Named] = {}
SETTLED_NOT = {"failed", "expired", "pending", "unknown"}  # what may be said of a payment that nobody made


def case(*needs: str) -> Callable[[Case], Case]:
    """Take a function into the kit; `needs` is what a subject must be able to do for it."""

    def taken(play: Case) -> Case:
        CASES[play.__name__] = Named(play, frozenset(needs))
        return play

    return taken


def with_each(
    name: str, values: dict[str, object], *needs: str
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Take a function into the kit once for each value of one of its arguments."""

    def taken(play: Callable[..., None]) -> Callable[..., None]:
        for word, value in values.items():
            one = partial(play, **{name: value})
            one.__name__ = f"{play.__name__}_{word}"  # type: ignore[attr-defined]
            CASES[f"{play.__name__}_{word}"] = Named(one, frozenset(needs))
        return play

    return taken


def is_paid(payer: Payer) -> None:
    assert payer.state == "paid"
    assert payer.wallet == (payer.world.amount.minor, 0)


def is_unpaid(payer: Payer, *states: str) -> None:
    assert payer.wallet == (0, 0)
    assert payer.state in (set(states) or SETTLED_NOT)


def paid(world: World) -> Payer:
    payer = world.payer().starts().pays()
    world.ask(payer)
    is_paid(payer)
    return payer
