"""Accounts: one contact is one account; the young leave no trace; the forgotten are found no more."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from sqlalchemy import Engine, func, select, text
from sqlalchemy.orm import Session

from marketplace.foundation import vault
from marketplace.foundation.database import transaction
from marketplace.foundation.ids import PersonId, ZoneId, uuid7
from marketplace.foundation.places import Point
from marketplace.people import actions, queries
from marketplace.people.actions.contacts import prove
from marketplace.people.rules import (
    AddressRefused,
    AgeNotStated,
    ContactTaken,
    LastContact,
    NameRefused,
    NoSuchAddress,
    NoSuchPerson,
    NoSuchRole,
    NotAContact,
    NotEnrolled,
    NotOnYourself,
    TooYoung,
    UsernameRefused,
    UsernameTaken,
)
from marketplace.people.tables import Contact, PersonRow
from tests.marketplace.people.conftest import NOON, a_phone, an_address, registers

ZONE = ZoneId(uuid7())


def opened(values: list[queries.SealedValue]) -> list[str]:
    return [vault.unseal(each.person_id, each.place, each.value) for each in values]


def of(session: Session, person: PersonId, field: str) -> list[str]:
    return opened(list(queries.sealed_values(session, person, field)))


@pytest.mark.parametrize(
    ("region", "spellings"),
    [
        ("BD", ["01712345678", "০১৭১২৩৪৫৬৭৮", "۰۱۷۱۲۳۴۵۶۷۸", "٠١٧١٢٣٤٥٦٧٨", "+880 1712-345678", "8801712345678"]),
        ("IR", ["09123456789", "۰۹۱۲۳۴۵۶۷۸۹", "+989123456789", "٠٩١٢٣٤٥٦٧٨٩", "০৯১২৩৪৫৬৭৮৯"]),
        ("QA", ["33123456", "٣٣١٢٣٤٥٦", "+974 3312 3456"]),
    ],
)
def test_every_spelling_of_a_number_is_one_account(session: Session, region: str, spellings: list[str]) -> None:
    people = {
        actions.register(session, name="R", contact=each, region=region, stated_age=20, now=NOON).person_id
        for each in spellings
    }
    assert len(people) == 1
    assert {queries.find_by_contact(session, each, region) for each in spellings} == people


def test_an_account_needs_a_name_and_one_contact_only(session: Session) -> None:
    done = actions.register(
        session, name="  রহিমা   খাতুন ", contact="Rahima@Example.COM ", region="BD", stated_age=20, now=NOON
    )
    assert done.is_new
    assert of(session, done.person_id, "name") == ["রহিমা খাতুন"]
    assert of(session, done.person_id, "email") == ["rahima@example.com"]
    assert of(session, done.person_id, "phone") == []
    assert [held.role for held in queries.roles_of(session, done.person_id, now=NOON)] == ["customer"]


def test_registering_a_known_contact_changes_nothing_of_its_owner(session: Session) -> None:
    phone = a_phone()
    owner = registers(session, "Rahima", phone)
    again = actions.register(session, name="Somebody", contact=phone, region="BD", stated_age=20, now=NOON)
    assert (again.person_id, again.is_new) == (owner, False)
    assert of(session, owner, "name") == ["Rahima"]


def test_somebody_too_young_leaves_no_row(session: Session) -> None:
    before = session.scalar(select(func.count()).select_from(PersonRow))
    phone = a_phone()
    for born_on, stated, refusal in (
        (date(2013, 11, 22), None, TooYoung(13)),
        (None, 12, TooYoung(13)),
        (None, None, AgeNotStated(13)),
    ):
        with pytest.raises(type(refusal)) as refused:
            actions.register(
                session, name="A", contact=phone, region="BD", born_on=born_on, stated_age=stated, now=NOON
            )
        assert refused.value == refusal
    assert session.scalar(select(func.count()).select_from(PersonRow)) == before
    assert queries.find_by_contact(session, phone, "BD") is None
    birthday = date(2013, 11, 21)
    assert actions.register(session, name="A", contact=phone, region="BD", born_on=birthday, now=NOON).is_new


def test_an_organization_may_ask_for_more_years(session: Session) -> None:
    with pytest.raises(TooYoung) as refused:
        actions.register(session, name="A", contact=a_phone(), region="BD", stated_age=15, age_min=16, now=NOON)
    assert refused.value.age_min == 16


@pytest.mark.parametrize("contact", ["", "hello", "12", "a@b", "@x.com", "a b@x.com", "017123", "a@@x.com", "a@x..com"])
def test_what_reaches_nobody_is_refused(session: Session, contact: str) -> None:
    with pytest.raises(NotAContact):
        actions.register(session, name="A", contact=contact, region="BD", stated_age=20, now=NOON)


@pytest.mark.parametrize("name", ["", "   ", "123", "x" * 121, "a\x00b"])
def test_what_names_nobody_is_refused(session: Session, name: str) -> None:
    with pytest.raises(NameRefused):
        actions.register(session, name=name, contact=a_phone(), region="BD", stated_age=20, now=NOON)


def test_two_at_once_register_one_phone_as_one_account(database: Engine) -> None:
    def register(n: int) -> tuple[PersonId, bool]:
        with transaction() as session:
            done = actions.register(
                session, name=f"Name {chr(65 + n)}", contact="01712345678", region="BD", stated_age=20, now=NOON
            )
        return done.person_id, done.is_new

    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(register, range(12)))
    assert len({person for person, _ in answers}) == 1
    assert sum(is_new for _, is_new in answers) == 1
    with transaction() as session:
        assert session.scalar(select(func.count()).select_from(PersonRow)) == 1
        assert session.scalar(select(func.count()).select_from(Contact)) == 1


def test_an_agent_makes_an_account_for_somebody_who_telephones(session: Session, karim: PersonId) -> None:
    done = actions.register(
        session, name="Caller", contact=a_phone(), region="BD", stated_age=13, entered_by=karim, now=NOON
    )
    account = queries.person(session, done.person_id)
    assert (account.entered_by, account.has_password) == (karim, False)


def test_a_user_name_is_optional_and_once(session: Session, rahima: PersonId, karim: PersonId) -> None:
    actions.set_username(session, person=rahima, username=" Rahima.K ", now=NOON)
    assert of(session, rahima, "username") == ["rahima.k"]
    with pytest.raises(UsernameTaken):
        actions.set_username(session, person=karim, username="rahima.k", now=NOON)
    with pytest.raises(UsernameRefused):
        actions.set_username(session, person=karim, username="১২৩", now=NOON)
    actions.set_username(session, person=rahima, username=None, now=NOON)
    actions.set_username(session, person=karim, username="rahima.k", now=NOON)


def test_a_name_is_corrected_by_its_owner(session: Session, rahima: PersonId) -> None:
    actions.change_name(session, person=rahima, name="Rahima Begum", by=rahima, now=NOON)
    assert of(session, rahima, "name") == ["Rahima Begum"]


def test_working_roles_are_for_adults(session: Session, karim: PersonId) -> None:
    young = registers(session, "Young", age=16)
    with pytest.raises(TooYoung):
        actions.grant_role(session, person=young, role="specialist", by=karim, now=NOON)
    actions.state_age(session, person=young, stated_age=18, now=NOON)
    with pytest.raises(NotEnrolled):
        actions.grant_role(session, person=young, role="specialist", by=karim, now=NOON)
    actions.grant_role(session, person=young, role="specialist", by=karim, now=NOON, enrolled=True)
    actions.grant_role(session, person=young, role="specialist", by=karim, now=NOON, enrolled=True)
    assert [held.role for held in queries.roles_of(session, young, now=NOON)] == ["customer", "specialist"]
    assert young in queries.people_with_role(session, "specialist", now=NOON)
    with pytest.raises(NoSuchRole):
        actions.grant_role(session, person=young, role="king", by=karim, now=NOON)


def test_nobody_changes_their_own_roles(session: Session, rahima: PersonId, karim: PersonId) -> None:
    with pytest.raises(NotOnYourself):
        actions.grant_role(session, person=rahima, role="administrator", by=rahima, now=NOON)
    actions.grant_role(session, person=rahima, role="administrator", by=karim, now=NOON)
    with pytest.raises(NotOnYourself):
        actions.end_role(session, person=rahima, role="administrator", by=rahima, now=NOON)
    assert rahima in queries.people_with_role(session, "administrator", now=NOON)


def test_a_role_that_ends_is_no_longer_held(session: Session, rahima: PersonId, karim: PersonId) -> None:
    actions.grant_role(session, person=rahima, role="agent", by=karim, now=NOON, reason="joins the call centre")
    actions.end_role(session, person=rahima, role="agent", by=karim, now=NOON)
    assert rahima not in queries.people_with_role(session, "agent", now=NOON)
    with pytest.raises(NoSuchRole):
        actions.end_role(session, person=rahima, role="agent", by=karim, now=NOON)


def test_agents_find_by_the_last_four_digits_in_any_script(session: Session) -> None:
    person = registers(session, contact="01798764321")
    assert queries.find_by_last_digits(session, "৪৩২১") == [person]
    assert queries.find_by_last_digits(session, "432") == []
    assert queries.find_by_last_digits(session, "*") == []


def test_an_address_shows_zone_and_cell_and_seals_the_rest(session: Session, rahima: PersonId, karim: PersonId) -> None:
    pin = Point(90.4125, 23.8103)
    id = actions.add_address(
        session, person=rahima, line="House 12, Road 5", unit="4B", directions="blue gate", zone=ZONE, pin=pin, now=NOON
    )
    (card,) = queries.addresses_of(session, rahima)
    assert (card.id, card.zone_id, card.cell) == (id, ZONE, "1190.4520")
    assert of(session, rahima, "address") == ["House 12, Road 5", "4B", "blue gate"]
    assert of(session, rahima, "pin") == ["90.4125,23.8103"]
    actions.change_address(session, person=rahima, address=id, unit="5C", directions=None)
    assert of(session, rahima, "address") == ["House 12, Road 5", "5C"]
    with pytest.raises(NoSuchAddress):
        actions.change_address(session, person=karim, address=id, unit="9")
    with pytest.raises(NoSuchAddress):
        queries.address(session, id, owner=karim)
    with pytest.raises(AddressRefused):
        actions.add_address(session, person=rahima, line="  ", zone=ZONE, now=NOON)
    actions.end_address(session, person=rahima, address=id, now=NOON)
    assert queries.addresses_of(session, rahima) == []


def test_of_several_addresses_one_must_be_named(session: Session, rahima: PersonId) -> None:
    for line in ("one", "two"):
        last = actions.add_address(session, person=rahima, line=line, zone=ZONE, now=NOON)
    with pytest.raises(NoSuchAddress):
        queries.sealed_values(session, rahima, "address")
    assert opened(list(queries.sealed_values(session, rahima, "address", address=last))) == ["two"]


def proves(session: Session, person: PersonId, contact: str, browser: actions.Started) -> object:
    asked = actions.request_code(
        session, contact=contact, region="BD", purpose="confirm_contact", bound_to=browser.id,
        network_address=an_address(), now=NOON, person=person,
    )  # fmt: skip
    typed = actions.code_text(session, asked.id, now=NOON)
    assert typed is not None
    return actions.confirm_code(
        session, id=asked.id, purpose="confirm_contact", bound_to=browser.id, typed=typed, now=NOON
    )


def test_a_number_that_was_only_typed_takes_nothing_from_its_owner(
    session: Session, karim: PersonId, browser: actions.Started
) -> None:
    phone = a_phone()
    actions.add_contact(session, person=karim, contact=phone, region="BD", now=NOON)  # not his
    assert queries.find_by_contact(session, phone, "BD") is None
    owner = registers(session, contact=phone)
    assert queries.find_by_contact(session, phone, "BD") == owner
    proves(session, owner, phone, browser)
    typed_only = session.scalars(select(Contact.id).where(Contact.person_id == karim, ~Contact.is_active)).one()
    with pytest.raises(ContactTaken):
        prove(session, typed_only, now=NOON)


def test_whoever_proves_a_number_takes_it_from_an_account_that_only_claimed_it(
    session: Session, karim: PersonId, browser: actions.Started
) -> None:
    phone = a_phone()
    claimed = registers(session, "Squatter", contact=phone)
    actions.add_contact(session, person=karim, contact=phone, region="BD", now=NOON)
    proves(session, karim, phone, browser)
    assert queries.find_by_contact(session, phone, "BD") == karim
    assert claimed != karim


def test_the_last_way_to_reach_a_person_stays(session: Session, browser: actions.Started) -> None:
    phone = a_phone()
    person = registers(session, contact=phone)
    (only,) = queries.contacts_of(session, person)
    with pytest.raises(LastContact):
        actions.end_contact(session, person=person, contact=only.id, now=NOON)
    email = actions.add_contact(session, person=person, contact="new@example.com", region="BD", now=NOON)
    with pytest.raises(LastContact):
        actions.end_contact(session, person=person, contact=only.id, now=NOON)
    proves(session, person, "new@example.com", browser)
    signed_in = actions.start_session(session, person=person, now=NOON)
    actions.end_contact(session, person=person, contact=only.id, now=NOON)
    assert actions.touch(session, signed_in.token, now=NOON) is None
    assert queries.find_by_contact(session, phone, "BD") is None
    assert email in {card.id for card in queries.contacts_of(session, person)}


def test_a_dump_of_the_database_holds_nothing_planted(database: Engine) -> None:
    planted = [
        "Plantedname",
        "8801755512345",
        "planted.mail@example.com",
        "Planted Road",
        "plantedlabel",
        "plantedphone-os",
    ]
    with transaction() as session:
        person = registers(session, "Plantedname Khatun", "01755512345")
        actions.add_contact(session, person=person, contact="planted.mail@example.com", region="BD", now=NOON)
        actions.add_address(
            session,
            person=person,
            line="12 Planted Road",
            label="plantedlabel",
            zone=ZONE,
            pin=Point(90.123456, 23.654321),
            now=NOON,
        )
        actions.start_session(session, person=person, device="planted-os", now=NOON)
    with database.connect() as connection:
        tables = connection.scalars(text("select tablename from pg_tables where schemaname = 'public'")).all()
        everything = "".join(
            str(row[0]) for table in tables for row in connection.execute(text(f'select t::text from "{table}" t'))
        )
    for value in [*planted, "90.123456", "01755512345"]:
        assert value not in everything
        assert value.encode().hex() not in everything  # bytea is printed in hex


def test_a_forgotten_person_is_found_no_more(session: Session) -> None:
    phone = a_phone()
    person = registers(session, contact=phone)
    actions.set_username(session, person=person, username="soon.gone", now=NOON)
    actions.add_address(session, person=person, line="x", zone=ZONE, now=NOON)
    signed_in = actions.start_session(session, person=person, now=NOON, device="phone")
    actions.forget(session, person, now=NOON)
    session.expire_all()
    assert queries.find_by_contact(session, phone, "BD") is None
    assert actions.touch(session, signed_in.token, now=NOON) is None
    assert queries.addresses_of(session, person) == []
    assert queries.roles_of(session, person, now=NOON) == []
    assert of(session, person, "name") == []
    with pytest.raises(NoSuchPerson):
        queries.person(session, person)
    with pytest.raises(NoSuchPerson):
        actions.change_name(session, person=person, name="Back", by=person, now=NOON)
    newcomer = registers(session, contact=phone)
    assert newcomer != person
