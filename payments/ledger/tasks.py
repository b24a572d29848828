"""What the ledger does later: seal history, off the hot path (payments.md §3.7)."""

from sqlalchemy.orm import Session

from marketplace.foundation.tasks import task
from payments.ledger import actions

MOST_AT_ONCE = 10_000


@task("ledger.seal")
def seal(session: Session) -> None:
    """Seal what no open writer can still reach; what is left is the next round's."""
    actions.seal(session, most=MOST_AT_ONCE)
