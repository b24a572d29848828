"""What the edge does when a lower floor has news: the floors below know no letters of one another."""

from uuid import UUID

from sqlalchemy.orm import Session

from booking.care import region
from marketplace.foundation import clock
from marketplace.foundation.ids import PersonId, derived
from marketplace.foundation.news import announce
from marketplace.foundation.tasks import task
from marketplace.notices import actions as notices
from marketplace.people.queries import contacts_of
from payments.payouts import queries as payouts
from payments.refunds import queries as refunds
from payments.topups import queries as topups
from payments.wallets import debts


@task("refunds.done")
def show_a_refund(session: Session, *, id: str) -> None:
    """Money has gone back through its gateway: its owner is told, and an open page of its top-up hears it."""
    done = refunds.refund(session, UUID(id))
    _write(session, done.owner, "refund_done", id, refund=id)
    announce(session, "topup", topups.top_up_of(session, done.attempt))


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


@task("topups.case_moved")
def tell_of_a_bank_case(session: Session, *, id: str, turn: str) -> None:
    """The payer's bank took money back, or it came back: its owner is told, and so are open pages of what it paid."""
    case = topups.case(session, UUID(id))
    _write(session, case.owner, "chargeback" if case.away else "chargeback_back", (id, turn), case=id)
    announce(session, "topup", case.topup)
    for job in region.paid_from(session, case):
        announce(session, "job", job)


@task("topups.reviewed")
def tell_of_a_review(session: Session, *, id: str) -> None:
    """What a gateway found risky has been looked at and is free: its owner is told."""
    checked = topups.credited(session, UUID(id))
    _write(session, checked.owner, "topup_checked", id, topup=id)
    announce(session, "topup", checked.id)


@task("wallets.debt_turned")
def tell_of_debt(session: Session, *, specialist: str, currency: str, turn: str) -> None:
    """A specialist has come to the limit of what may be owed for cash jobs, or away from it: once for each turn."""
    stands = debts.turn(session, specialist=UUID(specialist), currency=currency)
    if stands.turns == int(turn):  # what has turned again since is told by its own turn
        letter = "debt_limit" if stands.at_limit else "debt_lifted"
        _write(session, UUID(specialist), letter, (specialist, currency, turn), currency=currency)


@task("payouts.accepted")
def tell_of_a_payout(session: Session, *, id: str) -> None:
    """Money is on its way to somebody's account: they are told."""
    _tell_of_payout(session, UUID(id), "payout")


@task("payouts.failed")
def tell_of_a_failed_payout(session: Session, *, id: str) -> None:
    """A payout was refused, or its money came back: its owner is told why."""
    _tell_of_payout(session, UUID(id), "payout_failed")


@task("payouts.destination_changed")
def tell_of_a_changed_account(session: Session, *, id: str) -> None:
    """Payouts go to another account now: told on every contact that was theirs before the change (payments.md §7)."""
    changed, owner = payouts.destination(session, UUID(id)), payouts.owner_of_destination(session, UUID(id))
    if changed is None or owner is None:
        return
    now = clock.now()
    for card in contacts_of(session, owner):
        if card.ended_at is None and card.added_at <= changed.made_at:
            notices.send(
                session, to=PersonId(owner), letter="payout_account", contact=card.id, now=now,
                key=derived("letter", id, "payout_account", card.id), destination=id,
            )  # fmt: skip


def _write(session: Session, to: UUID, letter: str, about: object, **ids: str) -> None:
    key = derived("letter", letter, str(about))
    notices.send(session, to=PersonId(to), letter=letter, key=key, now=clock.now(), contact=None, **ids)


def _tell_of_payout(session: Session, id: UUID, letter: str) -> None:
    paid = payouts.payout(session, id)
    notices.send(
        session, to=PersonId(paid.owner), letter=letter, key=derived("letter", id, letter), now=clock.now(), payout=id
    )
    announce(session, "payout", id)
