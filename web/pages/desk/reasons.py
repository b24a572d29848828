"""Why an agent looks: four reasons by four keys; each is a purpose of the disclosure and opens so much, no more."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from marketplace.foundation import audit
from marketplace.foundation.ids import AddressId, JobId, PersonId
from marketplace.people import queries as people
from marketplace.privacy import actions as privacy
from marketplace.privacy.actions import Reader
from marketplace.privacy.rules import NothingGiven
from web.identity import Req
from web.sentences.marking import N_

MOST_ADDRESSES: Final = 5


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason: the key that presses it, its words, the purpose it is stored as, and what it opens."""

    key: str
    words: str
    purpose: str
    fields: tuple[str, ...]
    addresses: bool = False


REASONS: Final[dict[str, Reason]] = {
    "booking": Reason("1", N_("They want to book"), "provide", ("name", "phone"), addresses=True),
    "job": Reason("2", N_("It is about a job"), "contact", ("name", "phone")),
    "complaint": Reason("3", N_("They complain"), "quality", ("name", "phone")),
    "privacy": Reason("4", N_("It is about their data"), "support", ("name", "phone", "email")),
}


@dataclass(frozen=True)
class Seen:
    """What a reason has opened, for this one answer."""

    reason: str
    name: str = ""
    phone: str = ""
    email: str = ""
    addresses: tuple[tuple[AddressId, str], ...] = ()

    def line(self, address: AddressId) -> str:
        """One address in a line; empty where it was not opened."""
        return dict(self.addresses).get(address, "").replace("\n", " · ")


def look(
    session: Session, request: Req, subject: PersonId, reason: str, *, now: datetime, job: JobId | None = None
) -> Seen:
    """Open what this reason opens; a row for each value, and the reason itself in the journal.

    Refuses BudgetSpent, Erased.
    """
    chosen, me = REASONS[reason], request.user.person_id
    reader = Reader(me, "agent", device=request.user.session)
    audit.record(
        session, action="desk.reason_given", actor=me, subject=subject, reason=None, now=now, why=reason, job=job
    )
    found = privacy.reveal_card(
        session, subject=subject, fields=chosen.fields, reader=reader, purpose=chosen.purpose, now=now, job=job,
        channel="call",
    )  # fmt: skip
    lines: list[tuple[AddressId, str]] = []
    for card in people.addresses_of(session, subject)[:MOST_ADDRESSES] if chosen.addresses else ():
        try:
            text = privacy.reveal(
                session, subject=subject, field="address", reader=reader, purpose=chosen.purpose, now=now, job=job,
                address=card.id, channel="call",
            )  # fmt: skip
        except NothingGiven:
            continue
        lines.append((card.id, text))
    return Seen(reason, found.get("name", ""), found.get("phone", ""), found.get("email", ""), tuple(lines))
