"""What the clock does to rounds. Each task is a hint: the round says by the database's clock whether it is time."""

from uuid import UUID

from sqlalchemy.orm import Session

from booking.dispatch import bid_rounds
from booking.dispatch.bid_rules import CLOSES_AFTER, StillOpen
from marketplace.foundation import vault
from marketplace.foundation.database import moment
from marketplace.foundation.outbox import enqueue
from marketplace.foundation.tasks import task


@task("dispatch.open_round")
def open_round(session: Session, *, id: str) -> None:
    """Bidding begins."""
    bid_rounds.open_round(session, UUID(id), now=moment(session))


@task("dispatch.close_round")
def close_round(session: Session, *, id: str) -> None:
    """Bidding is over."""
    try:
        bid_rounds.close(session, UUID(id), now=moment(session))
    except StillOpen as early:
        enqueue(session, "dispatch.close_round", due_at=early.closes_at + CLOSES_AFTER, id=id)


@task("dispatch.decide_round")
def decide_round(session: Session, *, id: str) -> None:
    """Nobody has decided in time: the rule does."""
    bid_rounds.decide(session, UUID(id), now=moment(session))


@task("dispatch.destroy_round_key", in_steps=True)
def destroy_round_key(*, id: str) -> None:
    """The key that sealed the amounts of a round, once they are opened or gone. Harmless to repeat."""
    vault.destroy(UUID(id))
