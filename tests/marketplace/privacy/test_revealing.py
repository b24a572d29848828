"""Looking at a person's data: by the right role, for the right purpose, in the window, and never unwritten."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from marketplace.foundation.database import transaction
from marketplace.foundation.ids import JobId, PersonId, ZoneId, uuid7
from marketplace.people import actions as people
from marketplace.people.rules import ROLES, NoSuchAddress
from marketplace.privacy import actions, queries
from marketplace.privacy.rules import (
    BUDGETS,
    MAY_READ,
    BudgetSpent,
    CaseNeeded,
    ContactExpired,
    Needs,
    NothingGiven,
    NotReleased,
    PurposeNotAllowed,
    Span,
    check_window,
)
from marketplace.privacy.tables import DisclosureRow, Window
from tests.marketplace.people.conftest import NOON, registers
from tests.marketplace.privacy.conftest import Story, tell

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ALL_FIELDS = ("name", "phone", "email", "address", "pin", "born_on", "username")


def opens(session: Session, story: Story, *, until: datetime | None = NOON + DAY, now: datetime = NOON) -> None:
    actions.open_window(session, subject=story.rahima, reader=story.karim, job=story.job, until=until, now=now)


def looks(
    session: Session, story: Story, field: str = "phone", *, now: datetime = NOON, job: JobId | None = None,
    role: str = "specialist",
) -> str:  # fmt: skip
    reader = actions.Reader(story.karim, role, device=uuid4())
    return actions.reveal(
        session, subject=story.rahima, field=field, reader=reader, purpose="provide", job=job or story.job, now=now
    )


def test_the_crew_sees_exactly_three_fields_in_the_window(session: Session, story: Story) -> None:
    opens(session, story)
    assert looks(session, story, "name") == "Rahima Khatun"
    assert looks(session, story, "phone") == story.phone
    assert looks(session, story, "address") == "House 12, Road 5\n4B"
    assert looks(session, story, "pin") == "90.4,23.8"
    for field in ("email", "born_on", "username"):
        with pytest.raises(PurposeNotAllowed):
            looks(session, story, field)


def test_every_look_is_a_row_that_the_subject_reads(session: Session, story: Story, policy: None) -> None:
    opens(session, story)
    for minute in range(3):
        looks(session, story, now=NOON + timedelta(minutes=minute))
    found = queries.disclosures_of(session, story.rahima)
    assert [(each.reader_id, each.role, each.field, each.purpose, each.job_id, each.channel) for each in found] == [
        (story.karim, "specialist", "phone", "provide", story.job, "page")
    ] * 3
    assert [each.at for each in found] == [NOON + timedelta(minutes=minute) for minute in (2, 1, 0)]
    assert session.scalars(select(DisclosureRow.policy_id)).all()[0] is not None


def test_before_the_window_and_without_it_nothing_is_released(session: Session, story: Story) -> None:
    with pytest.raises(NotReleased):
        looks(session, story)
    actions.open_window(
        session, subject=story.rahima, reader=story.karim, job=story.job, until=NOON + DAY, opens_at=NOON + HOUR,
        now=NOON,
    )  # fmt: skip
    with pytest.raises(NotReleased) as refused:
        looks(session, story)
    assert refused.value.opens_at == NOON + HOUR
    assert looks(session, story, now=NOON + HOUR)
    assert queries.open_windows(session, reader=story.karim, now=NOON) == []


def test_after_the_window_it_is_gone_and_no_row_is_written(session: Session, story: Story) -> None:
    opens(session, story)
    assert looks(session, story, now=NOON + DAY - timedelta(seconds=1))
    with pytest.raises(ContactExpired) as refused:
        looks(session, story, now=NOON + DAY)
    assert refused.value.closed_at == NOON + DAY
    assert len(queries.disclosures_of(session, story.rahima)) == 1


def test_another_job_or_another_reader_has_no_window(session: Session, story: Story) -> None:
    opens(session, story)
    with pytest.raises(NotReleased):
        looks(session, story, job=JobId(uuid7()))
    other = registers(session, "Other")
    with pytest.raises(NotReleased):
        actions.reveal(
            session, subject=story.rahima, field="phone", reader=actions.Reader(other, "specialist"),
            purpose="provide", job=story.job, now=NOON,
        )  # fmt: skip
    with pytest.raises(NotReleased):
        actions.reveal(
            session, subject=story.rahima, field="phone", reader=actions.Reader(story.karim, "specialist"),
            purpose="provide", now=NOON,
        )  # fmt: skip


def test_reassigning_closes_the_old_crew_at_once_and_a_new_window_may_open_again(
    session: Session, story: Story
) -> None:
    opens(session, story)
    actions.close_windows(session, job=story.job, now=NOON + HOUR, reader=story.karim)
    with pytest.raises(ContactExpired):
        looks(session, story, now=NOON + HOUR)
    opens(session, story, now=NOON + 2 * HOUR)  # a warranty visit
    assert looks(session, story, now=NOON + 2 * HOUR)


def test_the_end_of_the_windows_of_a_job_moves(session: Session, story: Story) -> None:
    opens(session, story, until=None)
    actions.set_window_end(session, job=story.job, until=NOON + HOUR, now=NOON)
    with pytest.raises(ContactExpired):
        looks(session, story, now=NOON + HOUR)
    actions.set_window_end(session, job=story.job, until=NOON + 2 * HOUR, now=NOON)
    assert looks(session, story, now=NOON + HOUR)


def test_opening_twice_is_one_window(session: Session, story: Story) -> None:
    opens(session, story)
    opens(session, story, until=NOON + HOUR)
    (window,) = queries.open_windows(session, reader=story.karim, now=NOON, job=story.job)
    assert (window.until, window.fields) == (NOON + HOUR, ("address", "name", "phone"))


def test_a_visit_that_moves_leaves_the_looks_before_inside_a_window(session: Session, story: Story) -> None:
    def moved(opens_at: datetime, now: datetime) -> list[tuple[datetime, datetime | None]]:
        actions.open_window(
            session, subject=story.rahima, reader=story.karim, job=story.job, until=None, opens_at=opens_at, now=now
        )
        session.expire_all()
        rows = session.scalars(select(Window).where(Window.job_id == story.job).order_by(Window.opens_at))
        return [(row.opens_at, row.closed_at) for row in rows]

    assert moved(NOON + HOUR, NOON) == [(NOON + HOUR, None)]
    assert moved(NOON + 2 * HOUR, NOON) == [(NOON + 2 * HOUR, None)]  # it had not begun
    looks(session, story, now=NOON + 2 * HOUR)
    first = (NOON + 2 * HOUR, NOON + 3 * HOUR)
    assert moved(NOON + DAY, NOON + 3 * HOUR) == [first, (NOON + DAY, None)]
    with pytest.raises(NotReleased):
        looks(session, story, now=NOON + 4 * HOUR)
    assert moved(NOON + 5 * HOUR, NOON + 5 * HOUR) == [first, (NOON + 5 * HOUR, None)]
    assert moved(NOON + HOUR, NOON + 6 * HOUR) == [first, (NOON + 5 * HOUR, None)]


def test_a_window_shows_the_address_of_the_job_and_no_other(session: Session, story: Story) -> None:
    office = people.add_address(session, person=story.rahima, line="Office", zone=ZoneId(uuid7()), now=NOON + HOUR)
    opens(session, story)
    with pytest.raises(NoSuchAddress):
        looks(session, story, "address")
    actions.open_window(
        session, subject=story.rahima, reader=story.karim, job=story.job, until=None, address=office, now=NOON
    )
    assert looks(session, story, "address") == "Office"
    reader = actions.Reader(story.karim, "specialist")
    asked = actions.reveal(
        session, subject=story.rahima, field="address", reader=reader, purpose="provide", job=story.job,
        address=story.home, now=NOON,
    )  # fmt: skip
    assert asked == "Office"  # the window decides, not who asks


def test_what_was_never_given_is_no_look(session: Session, story: Story) -> None:
    agent = actions.Reader(story.karim, "agent")
    with pytest.raises(NothingGiven):
        actions.reveal(session, subject=story.rahima, field="email", reader=agent, purpose="support", now=NOON)
    card = actions.reveal_card(
        session, subject=story.rahima, fields=("name", "phone", "email"), reader=agent, purpose="support", now=NOON
    )
    assert card == {"name": "Rahima Khatun", "phone": story.phone}
    assert len(queries.disclosures_of(session, story.rahima)) == 2


def test_the_closed_list_of_who_reads_what_for_which_purpose(session: Session, story: Story) -> None:
    """Every role × field × purpose: what is not declared is refused."""
    opens(session, story)
    purposes = ("provide", "contact", "pay", "legal", "security", "quality", "support", "improve", "personalise", "x")
    for role in (*ROLES, "stranger"):
        for purpose in purposes:
            allowed = MAY_READ.get(role, {}).get(purpose)
            for field in (*ALL_FIELDS, "password_hash"):
                if allowed is not None and field in allowed.fields:
                    continue
                with pytest.raises(PurposeNotAllowed):
                    actions.reveal(
                        session, subject=story.rahima, field=field, reader=actions.Reader(story.karim, role),
                        purpose=purpose, job=story.job, case=uuid4(), now=NOON,
                    )  # fmt: skip
    assert queries.disclosures_of(session, story.rahima) == []


def test_what_is_declared_is_among_the_purposes_of_its_column() -> None:
    from marketplace.privacy.actions.revealing import _purposes_of

    for purposes in MAY_READ.values():
        for purpose, access in purposes.items():
            for field in access.fields:
                assert purpose in _purposes_of(field), (field, purpose)


def test_compliance_needs_a_case_and_an_agent_a_reason(session: Session, story: Story) -> None:
    compliance = actions.Reader(story.karim, "compliance")
    with pytest.raises(CaseNeeded):
        actions.reveal(session, subject=story.rahima, field="phone", reader=compliance, purpose="legal", now=NOON)
    case = uuid4()
    actions.reveal(
        session, subject=story.rahima, field="phone", reader=compliance, purpose="legal", case=case, now=NOON,
        secret_until=NOON + DAY, channel="export",
    )  # fmt: skip
    agent = actions.Reader(story.karim, "agent", on_behalf_of=story.rahima)
    actions.reveal(session, subject=story.rahima, field="name", reader=agent, purpose="support", now=NOON)
    assert [each.role for each in queries.disclosures_of(session, story.rahima)] == ["agent"]
    assert [each.role for each in queries.disclosures_of(session, story.rahima, now=NOON)] == ["agent"]
    later = queries.disclosures_of(session, story.rahima, now=NOON + DAY)
    assert {(each.role, each.case_id, each.on_behalf_of) for each in later} == {
        ("compliance", case, None), ("agent", None, story.rahima),
    }  # fmt: skip


def test_dispatchers_managers_and_administrators_see_nothing_without_a_grant(session: Session, story: Story) -> None:
    for role in ("dispatcher", "manager", "administrator"):
        purpose = "security" if role == "administrator" else "provide"
        reader = actions.Reader(story.karim, role)
        with pytest.raises(NotReleased):
            actions.reveal(
                session, subject=story.rahima, field="phone", reader=reader, purpose=purpose, job=story.job, now=NOON
            )


def test_the_customer_sees_the_specialist_alike(session: Session, story: Story) -> None:
    actions.open_window(
        session, subject=story.karim, reader=story.rahima, job=story.job, fields=("name", "phone"),
        until=NOON + DAY, now=NOON,
    )  # fmt: skip
    reader = actions.Reader(story.rahima, "customer")
    seen = actions.reveal(
        session, subject=story.karim, field="name", reader=reader, purpose="provide", job=story.job, now=NOON
    )
    assert seen == "Karim Uddin"
    assert [each.reader_id for each in queries.disclosures_of(session, story.karim)] == [story.rahima]


def test_ones_own_data_is_no_look(session: Session, story: Story) -> None:
    assert actions.own(session, person=story.rahima, field="phone") == story.phone
    assert actions.own(session, person=story.rahima, field="email") is None
    assert actions.own(session, person=story.rahima, field="address", address=story.home) == "House 12, Road 5\n4B"
    parts = actions.own_address(session, person=story.rahima, address=story.home)
    assert parts == {"line": "House 12, Road 5", "unit": "4B", "pin": "90.4,23.8"}
    with pytest.raises(NoSuchAddress):
        actions.own_address(session, person=story.karim, address=story.home)
    assert queries.disclosures_of(session, story.rahima) == []


def crowd(session: Session, count: int, reader: PersonId, job: JobId) -> list[PersonId]:
    people_ = [registers(session, "One of many") for _ in range(count)]
    for each in people_:
        actions.open_window(session, subject=each, reader=reader, job=job, until=None, now=NOON)
    return people_


def test_harvesting_contacts_is_blocked_and_ordinary_work_is_not(session: Session, story: Story) -> None:
    budget = BUDGETS["specialist"]
    many = crowd(session, budget.a_day + 1, story.karim, story.job)
    reader = actions.Reader(story.karim, "specialist")

    def look(subject: PersonId, now: datetime) -> None:
        actions.reveal(
            session, subject=subject, field="phone", reader=reader, purpose="provide", job=story.job, now=now
        )

    for each in many[: budget.a_minute]:
        look(each, NOON)
    with pytest.raises(BudgetSpent) as refused:
        look(many[budget.a_minute], NOON)
    assert refused.value.again_at == NOON + timedelta(minutes=1)
    look(many[0], NOON)  # somebody already seen costs nothing
    for n, each in enumerate(many[budget.a_minute : budget.a_day]):
        look(each, NOON + timedelta(minutes=n + 1))
    with pytest.raises(BudgetSpent):
        look(many[budget.a_day], NOON + 12 * HOUR)
    look(many[budget.a_day], NOON + DAY + HOUR)
    assert queries.busiest_readers(session, since=NOON)[0] == (story.karim, "specialist", budget.a_day + 1)
    assert len(queries.looks_of(session, story.karim, since=NOON)) == budget.a_day + 2


def test_a_budget_holds_on_many_screens_at_once(database: Engine) -> None:
    with transaction() as session:
        story = tell(session, "01811223344")
        many = crowd(session, 20, story.karim, story.job)
    reader = actions.Reader(story.karim, "specialist")

    def look(subject: PersonId) -> bool:
        try:
            with transaction() as session:
                actions.reveal(
                    session, subject=subject, field="name", reader=reader, purpose="provide", job=story.job, now=NOON
                )
        except BudgetSpent:
            return False
        return True

    with ThreadPoolExecutor(20) as pool:
        assert sum(pool.map(look, many)) == BUDGETS["specialist"].a_minute


def test_a_look_that_is_not_committed_is_neither_row_nor_answer(database: Engine) -> None:
    with transaction() as session:
        story = tell(session, "01811223344")
        opens(session, story)
    with database.begin() as connection:
        connection.execute(text("set role none"))
        connection.execute(text("alter table disclosure add constraint never check (field <> 'phone')"))
    with pytest.raises(IntegrityError), transaction() as session:
        looks(session, story)
    with transaction() as session:
        assert queries.disclosures_of(session, story.rahima) == []


def test_closing_waits_for_the_look_that_is_being_written_down(database: Engine) -> None:
    with transaction() as session:
        story = tell(session, "01811223344")
        opens(session, story)
    closed = threading.Event()

    def close() -> None:
        with transaction() as session:
            actions.close_windows(session, job=story.job, now=NOON + HOUR)
        closed.set()

    with transaction() as session:
        looks(session, story)
        thread = threading.Thread(target=close)
        thread.start()
        assert not closed.wait(0.3)
    thread.join()
    with transaction() as session, pytest.raises(ContactExpired):
        looks(session, story, now=NOON + HOUR)


def test_rows_of_the_log_cannot_be_changed_nor_removed_before_their_time(database: Engine) -> None:
    with transaction() as session:
        story = tell(session, "01811223344")
        opens(session, story)
        looks(session, story)

    def as_owner(statement: str) -> None:
        with database.begin() as connection:
            connection.execute(text("set role none"))
            connection.execute(text(statement))

    for statement in ("update disclosure set purpose = 'pay'", "delete from disclosure", "truncate disclosure"):
        with pytest.raises(IntegrityError):
            as_owner(statement)
    with transaction() as session:
        assert session.scalar(select(func.count()).select_from(DisclosureRow)) == 1


MOMENTS = st.integers(min_value=0, max_value=100).map(lambda n: NOON + timedelta(minutes=n))


@given(opens_at=MOMENTS, until=st.none() | MOMENTS, closed_at=st.none() | MOMENTS, now=MOMENTS)
def test_a_field_is_readable_exactly_in_its_window(
    opens_at: datetime, until: datetime | None, closed_at: datetime | None, now: datetime
) -> None:
    span = Span(opens_at, until, closed_at, frozenset({"phone"}))
    inside = opens_at <= now and (until is None or now < until) and (closed_at is None or now < closed_at)
    try:
        check_window([span], "phone", now=now)
    except (NotReleased, ContactExpired):
        assert not inside
    else:
        assert inside


def test_needs_are_as_the_roles_ask() -> None:
    assert all(access.needs is Needs.WINDOW for access in MAY_READ["specialist"].values())
    assert all(access.needs is Needs.CASE for access in MAY_READ["compliance"].values())
    assert set(MAY_READ) == set(ROLES) == set(BUDGETS)
    assert UUID(int=0) not in MAY_READ
