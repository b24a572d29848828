"""Paydays of the demo town: specialists have named their accounts, and two of finance have paid them out, twice.

The first batch went all its way, and one item of it came back; of the second the bank refused one; what has been
earned since waits to be put into a third.
"""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.ids import derived
from marketplace.foundation.tasks import run_all_due
from marketplace.organizations import queries as organizations
from marketplace.people import actions as people
from payments.ledger.rules import AccountName
from payments.payouts import actions, queries
from payments.payouts.account_numbers import IBAN_LENGTHS, AccountNumber, iban_is_sound, read_account
from payments.payouts.rules import Form, HouseAccount, Reason, State
from web.cast import Cast
from web.paying_out import FORM_OF, demo_account, facts_here, facts_of, terms_of

FIRST, SECOND, LAST = 6, 2, 0  # days ago
BODIES: Final = {"IR": "054010518002{:010d}", "QA": "DOHB{:021d}"}
BRANCHES: Final = ("060270426", "095261733", "225261732")


def open_accounts(cast: Cast) -> None:
    """Everybody who works names an account; the manager of the town helps finance out."""
    now = clock.now()
    with transaction() as session:
        here = organizations.home(session)
        people.grant_role(session, person=cast.named("manager").id, role="finance", by=None, now=now)
        for number, each in enumerate(cast.specialists):
            actions.set_destination(
                session, owner=each.id, owner_kind="specialist", number=account_of(here.region, number + 1),
                holder=each.name, name_matches=True, wait=terms_of(here).wait, now=now,
            )  # fmt: skip


def live_through(cast: Cast, *, days_ago: int) -> None:
    """What happened about payouts on that day."""
    if days_ago not in (FIRST, SECOND, LAST):
        return
    _ask(cast)
    if days_ago == LAST:
        return
    batch = _send(cast)
    if batch is None:
        return
    with transaction() as session:
        items = [each.id for each in queries.items_of(session, batch)]
    refused, accepted = (items[:1], items[1:]) if days_ago == SECOND and len(items) > 1 else ([], items)
    maker = cast.named("finance").id
    for some, outcome in ((refused, State.REJECTED), (accepted, State.ACCEPTED)):
        if some:
            with transaction() as session:
                actions.record_outcomes(
                    session, batch, some, outcome, by=maker, now=clock.now(),  # type: ignore[arg-type]  # one of three
                    reason=Reason.ACCOUNT_WRONG if some is refused else None,
                )  # fmt: skip
    if days_ago == FIRST:
        _read_statement(items)
    run_all_due()


def _ask(cast: Cast) -> None:
    """Everybody who has enough asks for all of it."""
    with transaction() as session:
        here, now = organizations.home(session), clock.now()
        due = queries.due(session, currency=here.currency, least=terms_of(here).least, now=now)
    for each in due:
        with transaction() as session:
            facts = facts_of(session, each.owner, "specialist", currency=here.currency)
            if not facts.frozen:
                actions.request(
                    session, owner=each.owner, owner_kind="specialist", amount=each.payable, terms=terms_of(here),
                    command=derived("payday", cast.town.key, each.owner, now.date()), facts=facts, now=now,
                )  # fmt: skip


def _send(cast: Cast) -> UUID | None:
    """One prepares, the other approves, the file is made and brought to the bank; None when nobody asked."""
    maker, checker, now = cast.named("finance").id, cast.named("manager").id, clock.now()
    with transaction() as session:
        here = organizations.home(session)
        if queries.ready(session, here.currency)[0] == 0:
            return None
        terms, facts = terms_of(here), facts_here(session, here.currency)
        batch = actions.prepare(
            session, currency=here.currency, form=FORM_OF.get(here.region, Form.CSV), by=maker, terms=terms,
            command=derived("payday", now.date()), facts_of=facts, now=now,
        )  # fmt: skip
        seen = queries.batch(session, batch).digest
        actions.approve(session, batch, by=checker, digest=seen, terms=terms, facts_of=facts, now=now)
        house = HouseAccount(here.name["en"], demo_account(here.currency))
        actions.make_file(session, batch, house=house, by=maker, terms=terms, facts_of=facts, now=now)
        actions.hand_over(session, batch, by=maker, now=now)
    return batch


def _read_statement(items: Sequence[UUID]) -> None:
    """The statement has them all, and the first came back."""
    for number, id in enumerate(items):
        with transaction() as session:
            paid = queries.payout(session, id)
            bank = _bank(session)
            actions.seen_on_statement(session, paid.reference, paid.amount, bank=bank, now=clock.now())
        if number == 0 and len(items) > 1:
            with transaction() as session:
                actions.returned(session, id, reason=Reason.ACCOUNT_CLOSED, bank=bank, now=clock.now())


def _bank(session: Session) -> AccountName:
    currency = organizations.home(session).currency
    return AccountName("bank", currency, "bank", derived("bank", demo_account(currency)))


def account_of(region: str, number: int) -> AccountNumber:
    """An invented account of the right form."""
    if region not in IBAN_LENGTHS:
        return read_account("BD", f"15012{number:08d}", BRANCHES[number % len(BRANCHES)])
    body = BODIES[region].format(number)
    ibans = (f"{region}{check:02d}{body}" for check in range(2, 99))
    return read_account(region, next(each for each in ibans if iban_is_sound(each)))
