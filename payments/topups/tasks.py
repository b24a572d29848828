"""What happens later: ask the gateway about an attempt, and once an hour look for what was missed."""

from datetime import timedelta
from uuid import UUID

from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.ids import AttemptId
from marketplace.foundation.tasks import task
from payments.gateways import directory
from payments.gateways.protocol import Gateway, Verdict
from payments.gateways.rules import AnswerNotUnderstood, GatewayUnreachable
from payments.topups import actions, returns

LOOK_BACK = timedelta(hours=25)


@task("topups.verify", in_steps=True)
def verify(id: str) -> None:
    """Ask the gateway about one attempt, between two transactions."""
    _ask(AttemptId(UUID(id)), also_credited=False)


@task("topups.look_again", in_steps=True)
def look_again(id: str) -> None:
    """Ask about one attempt although it is credited, and book what its bank took back or returned, case by case."""
    attempt = AttemptId(UUID(id))
    verdict = _ask(attempt, also_credited=True)
    more = verdict is not None
    while verdict is not None and more:
        with transaction() as session:
            more = returns.follow_case(session, attempt, verdict, now=clock.now())


def _ask(attempt: AttemptId, *, also_credited: bool) -> Verdict | None:
    with transaction() as session:
        claim = actions.claim(session, attempt, now=clock.now(), also_credited=also_credited)
    if claim is None:
        return None
    verdict = directory.by_name(claim.gateway).verify(claim.ask, claim.refs)
    with transaction() as session:
        actions.apply_verdict(session, attempt, verdict, now=clock.now())
    return verdict


@task("topups.sweep", in_steps=True)
def sweep() -> None:
    """Ask each gateway what it holds that we may not know of, wake whatever is overdue, and plan the next sweep."""
    now = clock.now()
    with transaction() as session:
        actions.plan_sweep(session, now=now + actions.SWEEP_EVERY)
    for gateway in directory.connected():
        held = _held(gateway)
        with transaction() as session:
            actions.wake(session, gateway=gateway.name, ours=[each.refs.ours for each in held], now=now)
            returns.wake_returned(session, gateway=gateway.name, held=held, now=now)
    with transaction() as session:
        actions.wake_overdue(session, now=now)
        actions.forget_old_notices(session, now=now)


def _held(gateway: Gateway) -> list[Verdict]:
    """What the gateway holds; nothing when it does not answer: the next sweep asks again."""
    if not gateway.can.sweep:
        return []
    now = clock.now()
    try:
        return list(gateway.sweep(now - LOOK_BACK, now))
    except (GatewayUnreachable, AnswerNotUnderstood):
        return []
