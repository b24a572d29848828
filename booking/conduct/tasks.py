"""What happens to proceedings by the clock. Each task is a hint: the row says whether its time has really come."""

from uuid import UUID

from sqlalchemy.orm import Session

from booking.conduct import actions, clockwork, money, outages, telling
from marketplace.foundation import clock
from marketplace.foundation.tasks import task


@task("conduct.look")
def look(session: Session, *, id: str) -> None:
    """Something happened to a job that may count."""
    actions.look(session, UUID(id), now=clock.now())


@task("conduct.due")
def due(session: Session, *, id: str) -> None:
    """A time of a proceeding has come."""
    clockwork.due(session, UUID(id), now=clock.now())


@task("conduct.outage")
def outage(session: Session, *, id: str) -> None:
    """An outage was written down."""
    outages.look_through(session, UUID(id), now=clock.now())


@task("conduct.reconsider")
def reconsider(session: Session, *, id: str) -> None:
    """What an outage explains may count no more in this proceeding."""
    outages.reconsider(session, UUID(id), now=clock.now())


@task("conduct.money")
def move(session: Session, *, id: str, kind: str) -> None:
    """A fee, or what goes back, or the pay of days without work."""
    money.move(session, UUID(id), kind, now=clock.now())


@task("conduct.tell_rules")
def tell_rules(session: Session, *, id: str) -> None:
    """A new version was published: everybody whom it will concern reads of it now."""
    telling.tell_rules(session, UUID(id), now=clock.now())
