"""What payouts are told from above: the organization's terms, what is open against somebody, the house's own account.

Also the schedule: on the organization's day of the week every specialist's free earnings are asked for, one by one.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from booking.care import queries as care
from marketplace.foundation import clock
from marketplace.foundation.errors import Refused
from marketplace.foundation.ids import PersonId, derived
from marketplace.foundation.money import Money
from marketplace.foundation.outbox import enqueue
from marketplace.foundation.scripts import search_text
from marketplace.foundation.settings import Settings
from marketplace.foundation.tasks import task
from marketplace.organizations import queries as organizations
from marketplace.organizations.queries import Organization
from marketplace.people import queries as people
from marketplace.privacy import actions as privacy
from marketplace.privacy.actions import Reader
from marketplace.specialists import queries as specialists
from marketplace.specialists.rules import Standing
from payments.gateways.sandbox import OUR_TERMINAL
from payments.ledger.rules import AccountName
from payments.payouts import actions, queries
from payments.payouts.queries import BatchView
from payments.payouts.rules import Facts, Form, HouseAccount, Terms
from payments.wallets import queries as wallets
from payments.wallets.rules import Owner

FORM_OF = {"BD": Form.CSV, "IR": Form.PAIN_001, "QA": Form.PAIN_001}  # how the banks of a country take a batch


@dataclass(frozen=True)
class ConfirmFirst(Refused):
    """Before money finds another way, the person confirms once more that it is them."""


def terms_of(here: Organization) -> Terms:
    """The organization's rules for payouts in its currency."""
    said, currency = here.settings, here.currency
    return Terms(
        least=Money(said["payout_minimum"], currency),
        most_a_day=Money(said["payout_day_limit"], currency),
        second_person_above=Money(said["payout_second_person_above"], currency),
        wait=timedelta(hours=said["payout_wait_hours"]),
    )


def facts_of(session: Session, owner: UUID, owner_kind: Owner, *, currency: str) -> Facts:
    """What is open against somebody now.

    A pause takes nothing that was earned: a paused specialist is paid out like anybody (dispatch.md §11). A case is
    open on this money as far as what is disputed is not set aside for it; a specialist's identity was proved at
    enrolment, a customer's by a contact that was proved.
    """
    disputed = [
        case
        for case in care.open_cases_of(session, owner)
        if wallets.held_for_job(session, case.job, currency, purpose="dispute") < case.disputed
    ]
    if owner_kind == "customer":
        proved = any(card.is_active and card.verified_at for card in people.contacts_of(session, owner))
        return Facts(identity_proved=proved)
    standing = specialists.standing(session, PersonId(owner))
    return Facts(
        case_open=bool(disputed),
        identity_proved=standing is not Standing.APPLICANT,
    )


def facts_here(session: Session, currency: str) -> actions.FactsOf:
    """`facts_of` for the verbs that look at many."""
    return lambda owner, kind: facts_of(session, owner, kind, currency=currency)


def name_matches(session: Session, person: PersonId, holder: str) -> bool | None:
    """Whether the account's holder is called as its owner is here; None where no name is known."""
    name = privacy.own(session, person=person, field="name")
    if not name:
        return None
    return sorted(search_text(name).split()) == sorted(search_text(holder).split())


def fetched(session: Session, batch: UUID, *, reader: Reader, now: datetime) -> tuple[BatchView, bytes]:
    """The bank's file of a batch, and in the same transaction a line for each account's owner: who looked, and why.

    Refuses BatchNotFound, NotHandedOver.
    """
    found, content = queries.batch(session, batch), queries.file_of(session, batch)
    owners = {PersonId(each.owner) for each in queries.items_of(session, batch)}
    privacy.note_file(session, subjects=owners, field="account", reader=reader, purpose="pay", now=now)
    return found, content


def house_account(settings: Settings, here: Organization) -> HouseAccount:
    """The account that payouts leave from; in a demo one of its own, for the sandbox states only what gateways pay."""
    account = settings.payout_account
    if not account and not settings.production:
        account = demo_account(here.currency)
    return HouseAccount(here.name["en"], account, settings.payout_bank)


def demo_account(currency: str) -> str:
    """The invented account that a demo pays out from."""
    return f"{OUR_TERMINAL}-{currency}-OUT"


def bank_of(account: HouseAccount, currency: str) -> AccountName:
    """The ledger's name of that account, as reconciliation names it by its statement."""
    return AccountName("bank", currency, "bank", derived("bank", account.account))


@task("payouts.schedule")
def schedule(session: Session) -> None:
    """On the organization's day, ask once for everybody whose earnings reach the least payout."""
    here, now = organizations.home(session), clock.now()
    day = now.astimezone(ZoneInfo(here.time_zone)).date()
    if day.isoweekday() != here.settings["payout_weekday"]:
        return
    terms = terms_of(here)
    for each in queries.due(session, currency=here.currency, least=terms.least, now=now):
        key = derived("payouts", "schedule", each.owner, day.isoformat())
        enqueue(session, "payouts.pay_out", key=key, owner=each.owner, day=day.isoformat())


@task("payouts.pay_out")
def pay_out(session: Session, *, owner: str, day: str) -> None:
    """Ask for what a specialist has free above their debt, within the limit of a day; nothing when a rule says no."""
    here, now = organizations.home(session), clock.now()
    terms, person = terms_of(here), UUID(owner)
    free = wallets.balance(session, owner=person, owner_kind="specialist", currency=here.currency).available
    owed = wallets.debt(session, owner=person, owner_kind="specialist", currency=here.currency).owed
    payable = free - owed
    if terms.most_a_day:
        payable = min(payable, terms.most_a_day)
    try:
        with session.begin_nested():
            actions.request(
                session, owner=person, owner_kind="specialist", amount=payable, terms=terms, because="schedule",
                facts=facts_of(session, person, "specialist", currency=here.currency), now=now,
                command=derived("payouts", "schedule", owner, day),
            )  # fmt: skip
    except Refused:
        return  # asked for by hand meanwhile, or no longer to be paid: the next week asks again
