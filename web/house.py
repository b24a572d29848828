"""The house's recurring work: sealing the journal, publishing the head of the books, dropping what nobody needs."""

from datetime import timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from marketplace.foundation import audit, clock, repeats
from marketplace.foundation.ids import derived
from marketplace.foundation.outbox import Outbox
from marketplace.foundation.tasks import task
from marketplace.notices import actions as notices
from marketplace.organizations.queries import home
from marketplace.people.queries import contacts_of, people_with_role
from marketplace.specialists.queries import local_day
from payments.ledger import actions as ledger

DONE_KEPT = timedelta(days=7)
MOST_ROUNDS = 20  # of ten thousand transfers; what is left is the next hour's, and the next day's head covers it


@task("house.seal")
def seal(session: Session) -> None:
    """Chain the journal's new rows."""
    audit.seal_journal(session)


@task("house.publish_seal")
def publish_seal(session: Session) -> None:
    """Once a day: seal the ledger, keep the head of its chain, and mail it to finance (payments.md §3.7).

    Whoever could change the books and their seals could not change what lies in other people's mail.
    """
    now = clock.now()
    for _ in range(MOST_ROUNDS):
        if not ledger.seal(session):
            break
    head = ledger.publish_head(session, day=local_day(now, home(session).time_zone), now=now)
    if head is None:
        return
    for person in people_with_role(session, "finance", now=now):
        mail = next((each for each in contacts_of(session, person) if each.kind == "email" and each.is_active), None)
        notices.send(
            session, to=person, letter="seal_head", key=derived("letter", "seal_head", head.no), now=now,
            contact=None if mail is None else mail.id, seal=str(head.no),
        )  # fmt: skip


@task("house.tidy")
def tidy(session: Session) -> None:
    """Drop answered commands and finished work after their time."""
    now = clock.now()
    repeats.forget_old(session, now=now)
    session.execute(delete(Outbox).where(Outbox.state == "done", Outbox.done_at < now - DONE_KEPT))
