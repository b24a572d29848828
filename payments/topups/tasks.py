"""What happens later: ask the gateway about an attempt, and once an hour look for what was missed."""

from datetime import timedelta
from uuid import UUID

from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.ids import AttemptId
from marketplace.foundation.tasks import task
from payments.gateways import directory
from payments.gateways.protocol import Gateway
from payments.gateways.rules import AnswerNotUnderstood, GatewayUnreachable
from payments.topups import actions

LOOK_BACK = timedelta(hours=25)


@task("topups.verify", in_steps=True)
def verify(id: str) -> None:
    """Ask the gateway about one attempt, between two transactions."""
    attempt = AttemptId(UUID(id))
    with transaction() as session:
        claim = actions.claim(session, attempt, now=clock.now())
    if claim is None:
        return
    verdict = directory.by_name(claim.gateway).verify(claim.ask, claim.refs)
    with transaction() as session:
        actions.apply_verdict(session, attempt, verdict, now=clock.now())


@task("topups.sweep", in_steps=True)
def sweep() -> None:
    """Ask each gateway what it holds that we may not know of, wake whatever is overdue, and plan the next sweep."""
    now = clock.now()
    with transaction() as session:
        actions.plan_sweep(session, now=now + actions.SWEEP_EVERY)
    for gateway in directory.connected():
        held = _held(gateway)
        with transaction() as session:
            actions.wake(session, gateway=gateway.name, ours=held, now=now)
    with transaction() as session:
        actions.wake_overdue(session, now=now)
        actions.forget_old_notices(session, now=now)


def _held(gateway: Gateway) -> list[str]:
    """Our order numbers of payments the gateway holds; none when it does not answer: the next sweep asks again."""
    if not gateway.can.sweep:
        return []
    now = clock.now()
    try:
        return [verdict.refs.ours for verdict in gateway.sweep(now - LOOK_BACK, now)]
    except (GatewayUnreachable, AnswerNotUnderstood):
        return []
