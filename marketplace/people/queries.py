"""Questions about people. Personal values come out sealed: only `privacy` opens them, writing down for whom."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session

from marketplace.foundation import vault
from marketplace.foundation.ids import AddressId, OrganizationId, PersonId, ZoneId
from marketplace.foundation.languages import ascii_digits, parse_phone
from marketplace.foundation.reading import NotAPhoneNumber
from marketplace.foundation.sealed import Sealed
from marketplace.people.rules import NoSuchAddress, NoSuchPerson, NotAContact, clean_email
from marketplace.people.tables import Address, Contact, PersonRow, RoleGrant, Totp, WebSession

FIELDS = ("name", "phone", "email", "address", "pin", "born_on", "username")
ADDRESS_PARTS = ("line", "unit", "directions")


@dataclass(frozen=True)
class Person:
    """What is known of an account without opening anything."""

    id: PersonId
    language: str
    stated_age: int
    created_at: datetime
    entered_by: PersonId | None
    has_password: bool
    disabled_at: datetime | None
    erased_at: datetime | None

    @property
    def is_active(self) -> bool:
        return self.disabled_at is None and self.erased_at is None


@dataclass(frozen=True)
class ContactCard:
    """A way to reach a person, without the number or address itself."""

    id: UUID
    kind: str
    is_active: bool
    verified_at: datetime | None
    added_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True)
class AddressCard:
    """A place of a person: only what may be seen before acceptance (promises.md M6)."""

    id: AddressId
    zone_id: ZoneId | None
    cell: str | None
    added_at: datetime


@dataclass(frozen=True)
class Held:
    """A role that is held now."""

    role: str
    organization_id: OrganizationId | None
    until: datetime | None


@dataclass(frozen=True)
class Device:
    """A session as its owner sees it in the list of devices (T12); `device` is opened with `device_of`."""

    id: UUID
    person_id: PersonId
    device: Sealed | None
    started_at: datetime
    last_seen_at: datetime


@dataclass(frozen=True)
class SealedValue:
    """One stored value: whose key opens it, and the place it was sealed for."""

    person_id: PersonId
    place: str
    value: Sealed


@dataclass(frozen=True)
class Reference:
    """A contact as it was typed, understood: its kind, its normal form and its blind index."""

    kind: str
    value: str
    blind: bytes


def find_person(session: Session, id: UUID) -> Person | None:
    """The account, or None."""
    row = session.get(PersonRow, id)
    if row is None:
        return None
    entered_by = None if row.entered_by is None else PersonId(row.entered_by)
    return Person(
        PersonId(row.id), row.language, row.stated_age, row.created_at, entered_by, row.password_hash is not None,
        row.disabled_at, row.erased_at,
    )  # fmt: skip


def person(session: Session, id: UUID) -> Person:
    """The account. Raises NoSuchPerson, also for one that was erased."""
    found = find_person(session, id)
    if found is None or found.erased_at is not None:
        raise NoSuchPerson()
    return found


def understand_contact(text: str, region: str) -> Reference:
    """A phone in any script and spelling, or an e-mail. Raises NotAContact."""
    if "@" in text:
        email = clean_email(text)
        return Reference("email", email, vault.blind("email", email))
    try:
        phone = parse_phone(text, region)
    except NotAPhoneNumber:
        raise NotAContact() from None
    return Reference("phone", phone, vault.blind("phone", phone))


def find_by_contact(session: Session, text: str, region: str) -> PersonId | None:
    """Whose contact this is; None for nobody's. Raises NotAContact. For agents' look-ups and the edge of sign-in."""
    return find_by_blind(session, understand_contact(text, region).blind)


def find_by_blind(session: Session, blind: bytes) -> PersonId | None:
    """Whose active contact has this blind index."""
    found = session.scalar(select(Contact.person_id).where(Contact.blind == blind, Contact.is_active))
    return None if found is None else PersonId(found)


def find_by_username(session: Session, username: str) -> PersonId | None:
    """The account of a user name, whatever its case."""
    blind = vault.blind("username", username.strip().lower())
    wanted = select(PersonRow.id).where(PersonRow.username_blind == blind, PersonRow.erased_at.is_(None))
    found = session.scalar(wanted)
    return None if found is None else PersonId(found)


def find_by_last_digits(session: Session, digits: str, *, limit: int = 20) -> list[PersonId]:
    """People whose phone ends in these four digits, in any script: an agent's search, limited and logged above."""
    last4 = ascii_digits(digits.strip())
    if len(last4) != 4 or not last4.isdecimal():
        return []
    wanted = select(Contact.person_id).where(Contact.last4_blind == vault.blind("last4", last4), Contact.is_active)
    return [PersonId(each) for each in session.scalars(wanted.order_by(Contact.person_id).limit(limit))]


def contacts_of(session: Session, person: UUID) -> list[ContactCard]:
    """The person's contacts, oldest first, ended ones too."""
    rows = session.scalars(select(Contact).where(Contact.person_id == person).order_by(Contact.added_at, Contact.id))
    return [
        ContactCard(row.id, row.kind, row.is_active, row.verified_at, row.added_at, row.ended_at) for row in rows
    ]  # fmt: skip


def addresses_of(session: Session, person: UUID) -> list[AddressCard]:
    """The person's addresses in use, newest first, as coarse as others may see them."""
    rows = session.scalars(_addresses(person))
    return [_card(row) for row in rows]


def address(session: Session, id: AddressId, *, owner: UUID) -> AddressCard:
    """One address of this person. Raises NoSuchAddress, also for one that is another's."""
    row = session.scalar(select(Address).where(Address.id == id, Address.person_id == owner))
    if row is None:
        raise NoSuchAddress()
    return _card(row)


def _addresses(person: UUID) -> Select[Address]:
    in_use = Address.person_id == person, Address.ended_at.is_(None)
    return select(Address).where(*in_use).order_by(Address.added_at.desc(), Address.id.desc())


def _card(row: Address) -> AddressCard:
    return AddressCard(AddressId(row.id), None if row.zone_id is None else ZoneId(row.zone_id), row.cell, row.added_at)


def roles_of(session: Session, person: UUID, *, now: datetime) -> list[Held]:
    """The roles that a person holds now, by name."""
    rows = session.scalars(select(RoleGrant).where(RoleGrant.person_id == person, _held(now)).order_by(RoleGrant.role))
    return [
        Held(row.role, None if row.organization_id is None else OrganizationId(row.organization_id), row.until)
        for row in rows
    ]


def names_in(held: Iterable[Held], house: UUID) -> frozenset[str]:
    """The roles that count for a house as a whole: what is held for a part of it alone, counts in that part."""
    return frozenset(each.role for each in held if each.organization_id in (None, house))


def people_with_role(
    session: Session, role: str, *, now: datetime, organization: OrganizationId | None = None
) -> list[PersonId]:
    """Everybody who holds a role now, in any organization or in one."""
    wanted = select(RoleGrant.person_id).where(RoleGrant.role == role, _held(now)).distinct()
    if organization is not None:
        everywhere = RoleGrant.organization_id.is_(None)
        wanted = wanted.where(or_(everywhere, RoleGrant.organization_id == organization))
    return [PersonId(each) for each in session.scalars(wanted.order_by(RoleGrant.person_id))]


def _held(now: datetime) -> ColumnElement[bool]:
    return RoleGrant.ended_at.is_(None) & (RoleGrant.until.is_(None) | (RoleGrant.until > now))


def devices_of(session: Session, person: UUID) -> list[Device]:
    """The sessions of a person that were not ended, the last used first."""
    wanted = select(WebSession).where(WebSession.person_id == person, WebSession.ended_at.is_(None))
    rows = session.scalars(wanted.order_by(WebSession.last_seen_at.desc()))
    return [Device(row.id, PersonId(person), row.device, row.started_at, row.last_seen_at) for row in rows]


def device_of(card: Device) -> str | None:
    """Type and system of the device in words, for its owner only."""
    if card.device is None:
        return None
    return vault.unseal(card.person_id, vault.place("web_session", "device", card.id), card.device)


def has_second_factor(session: Session, person: UUID) -> bool:
    """Whether an authenticator is in use."""
    asked = select(func.count()).where(Totp.person_id == person, Totp.enabled_at.is_not(None))
    return bool(session.scalar(asked))


def unproved_totp(session: Session, person: UUID) -> str | None:
    """The secret of an authenticator that was begun and is not in use yet, for its owner's page; else None."""
    row = session.get(Totp, person)
    if row is None or row.enabled_at is not None:
        return None
    return vault.unseal(PersonId(person), vault.place("totp", "secret", person), row.secret)


def sealed_values(
    session: Session, subject: UUID, field: str, *, address: AddressId | None = None
) -> Sequence[SealedValue]:
    """The stored values behind a field, sealed; for `privacy` alone. Empty where the person gave none.

    Of several phones or e-mails the one proved last counts; `address` and `pin` are of the address named, or of the
    only one in use.
    """
    if field in ("phone", "email"):
        return _sealed_contact(session, subject, field)
    if field in ("address", "pin"):
        return _sealed_address(session, subject, field, address)
    row = session.get(PersonRow, subject)
    found = None if row is None else {"name": row.name, "born_on": row.born_on, "username": row.username}[field]
    return [] if found is None else [SealedValue(PersonId(subject), vault.place("person", field, subject), found)]


def sealed_contact(session: Session, contact: UUID) -> SealedValue | None:
    """One contact's value by its id, for the letter that goes to exactly this contact."""
    row = session.get(Contact, contact)
    if row is None or row.value is None:
        return None
    return SealedValue(PersonId(row.person_id), vault.place("contact", "value", row.id), row.value)


def _sealed_contact(session: Session, subject: UUID, kind: str) -> list[SealedValue]:
    mine = select(Contact).where(Contact.person_id == subject, Contact.kind == kind, Contact.is_active)
    row = session.scalar(mine.order_by(Contact.verified_at.desc().nulls_last(), Contact.added_at.desc()).limit(1))
    if row is None or row.value is None:
        return []
    return [SealedValue(PersonId(subject), vault.place("contact", "value", row.id), row.value)]


def sealed_parts(session: Session, owner: UUID, address: AddressId) -> dict[str, SealedValue]:
    """Every part that was given of one address of this person, by name. Raises NoSuchAddress."""
    row = session.scalar(select(Address).where(Address.id == address, Address.person_id == owner))
    if row is None:
        raise NoSuchAddress()
    parts = {"line": row.line, "unit": row.unit, "directions": row.directions, "label": row.label, "pin": row.pin}
    return {
        name: SealedValue(PersonId(owner), vault.place("address", name, row.id), found)
        for name, found in parts.items()
        if found is not None
    }


def _sealed_address(session: Session, subject: UUID, field: str, address: AddressId | None) -> list[SealedValue]:
    if address is None:
        in_use = session.scalars(_addresses(subject).limit(2)).all()
        if not in_use:
            return []
        if len(in_use) > 1:
            raise NoSuchAddress()
        address = AddressId(in_use[0].id)
    parts = sealed_parts(session, subject, address)
    return [parts[name] for name in (ADDRESS_PARTS if field == "address" else ("pin",)) if name in parts]
