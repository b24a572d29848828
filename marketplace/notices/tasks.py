"""Forgetting, later. Delivering is the edge's task, `notices.deliver`, because letters have words."""

from sqlalchemy.orm import Session

from marketplace.foundation import clock
from marketplace.foundation.tasks import task
from marketplace.notices import actions


@task("notices.tidy")
def tidy(session: Session) -> None:
    """Drop old deliveries; once a day."""
    actions.forget_old(session, now=clock.now())
