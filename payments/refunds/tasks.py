"""What refunds do later: ask the gateway, between two transactions."""

from uuid import UUID

from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.tasks import task
from payments.gateways import directory
from payments.gateways.protocol import Verdict
from payments.gateways.rules import AnswerNotUnderstood, GatewayUnreachable, Outcome
from payments.refunds import actions
from payments.refunds.actions import Sending


@task("refunds.send", in_steps=True)
def send(id: str) -> None:
    """Ask the gateway to give the money back, or how that stands."""
    refund = UUID(id)
    with transaction() as session:
        claim = actions.claim(session, refund, now=clock.now())
    if claim is None:
        return
    verdict = _told(claim)
    with transaction() as session:
        actions.settle(session, refund, verdict, now=clock.now())


def _told(claim: Sending) -> Verdict:
    try:
        return directory.by_name(claim.gateway).refund(claim.id, claim.amount, claim.refs)
    except (GatewayUnreachable, AnswerNotUnderstood):
        return Verdict(Outcome.UNKNOWN, claim.refs)
