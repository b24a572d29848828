"""What happens to searches later. Each task is a hint: the job and its offers say whether anything is to be done."""

from uuid import UUID

from sqlalchemy.orm import Session

from booking.dispatch import actions, batches, bid_rounds, matching, presence, relief, replaying
from marketplace.foundation import clock
from marketplace.foundation.ids import PersonId
from marketplace.foundation.outbox import enqueue
from marketplace.foundation.tasks import task


@task("dispatch.match")
def match(session: Session, *, id: str) -> None:
    """An open job looks for somebody."""
    matching.match(session, UUID(id), now=clock.now())


@task("dispatch.batch")
def batch(session: Session, *, after: str | None = None) -> None:
    """Jobs that begin soon are matched together."""
    batches.run(session, after=None if after is None else UUID(after), now=clock.now())


@task("dispatch.expire_offer")
def expire_offer(session: Session, *, id: str) -> None:
    """An offer's time is over; the next is asked."""
    matching.expire_offer(session, UUID(id), now=clock.now())


@task("dispatch.withdraw")
def withdraw(session: Session, *, id: str) -> None:
    """The job was called off or gave up: its offers go, and a round of bids is over."""
    actions.withdraw_all(session, UUID(id), now=clock.now())
    bid_rounds.call_off(session, UUID(id), now=clock.now())


@task("dispatch.presence")
def look(session: Session, *, person: str) -> None:
    """Something changed in somebody's day: from where and when could they take the next job?"""
    presence.refresh(session, [PersonId(UUID(person))], now=clock.now())


@task("dispatch.tend")
def tend(session: Session) -> None:
    """Shifts and work that began or ended, positions nobody sent for a while; comes round every minute."""
    if presence.tend(session, now=clock.now()) == presence.AT_ONCE:
        enqueue(session, "dispatch.tend")  # a whole town begins at eight


@task("dispatch.replay")
def replay(session: Session) -> None:
    """Once a night: a hundredth of the day's decisions, and every disputed one, must come out again."""
    replaying.nightly(session, now=clock.now())


@task("dispatch.relieve")
def relieve(session: Session) -> None:
    """Jobs whose specialist is still at work elsewhere go to others before the promise breaks; comes every minute."""
    relief.relieve(session, now=clock.now())
