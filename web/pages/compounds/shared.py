"""What the pages of compounds have in common: whose compound it is, who was meant, and what people are called."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from marketplace.foundation import audit
from marketplace.foundation.ids import PersonId
from marketplace.foundation.scripts import LANGUAGES
from marketplace.foundation.vault import Erased
from marketplace.organizations import sites
from marketplace.organizations.site_rules import (
    AlreadyLivesThere,
    BuildingNameTaken,
    DoesNotLiveThere,
    LabelRefused,
    NotInTeam,
    SiteNameRefused,
    UnknownTrade,
)
from marketplace.organizations.sites import Compound
from marketplace.people import queries as people
from marketplace.people.rules import NotAContact
from marketplace.privacy import actions as privacy
from marketplace.privacy.actions import Reader
from marketplace.privacy.rules import BudgetSpent, NothingGiven
from marketplace.specialists.rules import NotASpecialist
from web.identity import Req

PURPOSE = "manage_requests"
WHO_LONGEST = 254
SAID_BESIDE = (
    AlreadyLivesThere, BuildingNameTaken, DoesNotLiveThere, LabelRefused, NotASpecialist, NotInTeam,
    SiteNameRefused, UnknownTrade,
)  # fmt: skip


def reached(session: Session, request: Req, id: UUID, *, now: datetime) -> Compound:
    """The compound, of those that whoever asks manages. Refuses CompoundNotFound."""
    return sites.compound(session, id, manager=request.user.person_id, at=now)


def meant(session: Session, request: Req, typed: str, region: str, *, now: datetime) -> PersonId | None:
    """Whose account name, number or e-mail this is; None for nobody's.

    The look-up goes to the journal, without what was typed: it is committed before anything is done with it.
    """
    try:
        found = people.find_by_contact(session, typed, region)
    except NotAContact:
        found = people.find_by_username(session, typed)
    if found is not None and not people.person(session, found).is_active:
        found = None
    audit.record(
        session, action="compound.looked_up", actor=request.user.person_id, subject=found, reason=None, now=now,
        found=found is not None,
    )  # fmt: skip
    return found


def may_look(request: Req) -> bool:
    """Names are for managers, of the house or of a part of it; its administrators see marks, here as elsewhere."""
    user = request.user
    return user.has("manager") or ("manager" in user.parts and not user.has("administrator"))


@dataclass(frozen=True)
class Looked:
    """What people are called; `spent` when whoever looks has looked at too many by now, and the others stay marks."""

    names: Mapping[PersonId, str]
    spent: BudgetSpent | None = None


NOT_LOOKED = Looked({})


def look_at(session: Session, request: Req, wanted: Iterable[PersonId], *, now: datetime) -> Looked:
    """The names of these people, each look written down; who has none that can be opened is left out."""
    reader = Reader(request.user.person_id, "manager", device=request.user.session)
    found: dict[PersonId, str] = {}
    for person in dict.fromkeys(wanted):
        try:
            found[person] = privacy.reveal(
                session, subject=person, field="name", reader=reader, purpose=PURPOSE, now=now
            )
        except BudgetSpent as refusal:
            return Looked(found, refusal)
        except (NothingGiven, Erased):
            continue
    return Looked(found)


def in_every_language(name: str) -> dict[str, str]:
    """A name of one's own stands in every language as it was written."""
    return dict.fromkeys(LANGUAGES, name)
