"""What the edge does when a lower floor has news: the floors below know no letters of one another."""

from uuid import UUID

from sqlalchemy.orm import Session

from marketplace.foundation import clock
from marketplace.foundation.ids import PersonId, derived
from marketplace.foundation.news import announce
from marketplace.foundation.tasks import task
from marketplace.notices import actions as notices
from payments.topups import queries as topups


@task("topups.credited")
def tell_of_a_credit(session: Session, *, id: str) -> None:
    """Money has arrived in a wallet: its owner is told, and an open page hears it."""
    credited = topups.credited(session, UUID(id))
    notices.send(
        session,
        to=PersonId(credited.owner),
        letter="topup_credited",
        key=derived("letter", id, "topup_credited"),
        now=clock.now(),
        topup=credited.id,
    )
    announce(session, "topup", credited.id)
