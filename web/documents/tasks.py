"""What is issued later: the document of a transfer soon after it, the commission of a month when the month is over."""

from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from marketplace.foundation import clock
from marketplace.foundation.ids import derived
from marketplace.foundation.outbox import enqueue
from marketplace.foundation.tasks import task
from marketplace.organizations import queries as organizations
from payments.invoices import actions, queries
from payments.invoices.rules import month_of
from web.documents.about import about, issuer

LOOK_BACK = timedelta(days=3)


@task("documents.issue")
def issue(session: Session, *, transfer: str) -> None:
    """The receipt, fee invoice, top-up's receipt or credit note that a transfer calls for."""
    key = UUID(transfer)
    moved = queries.movement(session, key)
    if moved is None:
        return
    subjects = [] if moved.subject is None else [moved.subject]
    known = about(session, subjects)
    here = issuer(organizations.home(session))
    words = None if moved.subject is None else known.get(moved.subject)
    actions.issue_for(session, key, issuer=here, about=words, now=clock.now())


@task("documents.sweep")
def sweep(session: Session) -> None:
    """Ask once more for what was not issued, and for the commission of the month that is over."""
    now = clock.now()
    for transfer in queries.undocumented(session, since=now - LOOK_BACK):
        enqueue(session, "documents.issue", key=derived(transfer, "document", "sweep", now.date()), transfer=transfer)
    here = organizations.home(session)
    first = month_of(now.astimezone(ZoneInfo(here.time_zone)).date())[0]
    before = month_of(first - timedelta(days=1))[0]
    since, until = (datetime.combine(day, time(), ZoneInfo(here.time_zone)) for day in (before, first))
    for specialist, currency in queries.charged_specialists(session, since=since, until=until):
        key = derived("documents-month", specialist, currency, before)
        enqueue(session, "documents.month", key=key, specialist=specialist, currency=currency, month=str(before))


@task("documents.month")
def month(session: Session, *, specialist: str, currency: str, month: str) -> None:
    """The invoice of a month's commission to one specialist, with credit notes of earlier ones."""
    day, who = date.fromisoformat(month), UUID(specialist)
    here = organizations.home(session)
    first, after = (datetime.combine(each, time(), ZoneInfo(here.time_zone)) for each in month_of(day))
    charged = queries.charged(session, who, currency, since=first, until=after)
    words = about(session, {each.subject for each in charged})
    actions.issue_commission(
        session, specialist=who, currency=currency, month=day, issuer=issuer(here), words=words, now=clock.now()
    )
