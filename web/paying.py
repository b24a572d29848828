"""The road to a gateway's page and back: intent, COMMIT, call, outcome. Pages and API take the same one."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.ids import AttemptId, TopUpId
from marketplace.foundation.settings import Settings
from payments.gateways import directory
from payments.gateways.protocol import Go, RawRequest
from payments.gateways.rules import AnswerNotUnderstood, GatewayUnreachable
from payments.topups import actions as topups
from payments.topups import queries as topup_queries

RETURN_PATH = "/top-ups/returns/{attempt}"
NOTICE_PATH = "/gateways/{gateway}/notices"


@dataclass(frozen=True)
class Opened:
    """Where the payer goes now; None when the gateway did not answer: the attempt is asked about on schedule."""

    topup: TopUpId
    attempt: AttemptId
    go: Go | None


def open_page(started: topups.Started, settings: Settings, *, gateway: str, label: str) -> Opened:
    """Ask the gateway for its page; called after the COMMIT of `topups.start`, with no transaction open.

    An attempt whose page was opened before, by the same form sent twice, is asked again: the gateway knows our number.
    """
    attempt = started.attempt
    with transaction() as session:
        question = topup_queries.question(
            session,
            attempt,
            return_url=settings.base_url + RETURN_PATH.format(attempt=attempt),
            notify_url=settings.base_url + NOTICE_PATH.format(gateway=gateway),
            label=label,
        )
    try:
        go = directory.by_name(question.gateway).start(question.ask)
    except (GatewayUnreachable, AnswerNotUnderstood):
        with transaction() as session:
            topups.record_not_started(session, attempt, now=clock.now())
        return Opened(started.topup, attempt, None)
    with transaction() as session:
        topups.record_go(session, attempt, go, now=clock.now())
    return Opened(started.topup, attempt, go)


def came_back(attempt: UUID) -> TopUpId:
    """The payer's browser is back: a reason to ask the gateway, and no more. Refuses TopUpNotFound."""
    with transaction() as session:
        return topups.record_return(session, AttemptId(attempt), now=clock.now())


def take_notice(gateway: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
    """A gateway rang: into the inbox with it, and back goes the gateway's own reply.

    Refuses GatewaySwitchedOff. Raises KeyError for a gateway that this process does not speak to.
    """
    now = clock.now()
    notice = directory.demand_on(gateway).read(RawRequest(dict(headers), body, now))
    with transaction() as session:
        topups.receive_notice(session, gateway=gateway, notice=notice, now=now)
    return notice.reply
