"""One event, one notice on a channel; money and safety always, the rest as the person wishes."""

import threading
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from marketplace.foundation.database import transaction
from marketplace.foundation.ids import PersonId, uuid7
from marketplace.foundation.outbox import Outbox
from marketplace.notices import actions, queries
from marketplace.notices.rules import (
    LETTERS,
    NoSuchChannel,
    NoSuchLetter,
    NotOptional,
    first_channel,
    next_channel,
)
from marketplace.people.actions.accounts import register
from marketplace.people.actions.contacts import add_contact, end_contact, prove
from marketplace.people.queries import contacts_of

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
OPTIONAL, ALWAYS = LETTERS["on_the_way"], LETTERS["payout"]
BOTH = {"phone", "email"}


def somebody(session: Session, contact: str = "01711000001") -> PersonId:
    return register(session, name="Rahima", contact=contact, region="BD", stated_age=30, now=NOW).person_id


def with_email(session: Session, person: PersonId, email: str = "rahima@example.org") -> UUID:
    added = add_contact(session, person=person, contact=email, region="BD", now=NOW)
    prove(session, added, now=NOW)
    return added


def send(session: Session, to: PersonId, letter: str = "on_the_way", key: UUID | None = None) -> list[queries.Delivery]:
    ids = actions.send(session, to=to, letter=letter, key=key or uuid7(), now=NOW, job=uuid7())
    return [delivery for id in ids if (delivery := queries.delivery(session, id)) is not None]


def test_sms_goes_first_and_email_where_there_is_no_phone() -> None:
    assert first_channel(OPTIONAL, reachable=BOTH, unwanted=()) == "sms"
    assert first_channel(OPTIONAL, reachable={"email"}, unwanted=()) == "email"
    assert first_channel(OPTIONAL, reachable=(), unwanted=()) is None


def test_a_wish_moves_an_optional_letter_and_never_one_about_money() -> None:
    assert first_channel(OPTIONAL, reachable=BOTH, unwanted={"sms"}) == "email"
    assert first_channel(OPTIONAL, reachable=BOTH, unwanted={"sms", "email"}) is None
    assert first_channel(ALWAYS, reachable=BOTH, unwanted={"sms", "email"}) == "sms"


def test_a_refused_letter_goes_on_and_never_back() -> None:
    assert next_channel(OPTIONAL, failed="sms", reachable=BOTH, unwanted=()) == "email"
    assert next_channel(OPTIONAL, failed="sms", reachable=BOTH, unwanted={"email"}) is None
    assert next_channel(OPTIONAL, failed="sms", reachable={"phone"}, unwanted=()) is None
    assert next_channel(OPTIONAL, failed="email", reachable=BOTH, unwanted=()) is None


def test_a_letter_is_queued_with_its_ids_and_its_task(session: Session) -> None:
    (sent,) = send(session, somebody(session))
    assert (sent.channel, sent.state, set(sent.ids)) == ("sms", "queued", {"job"})
    task = session.scalars(select(Outbox).where(Outbox.task == "notices.deliver")).one()
    assert task.arguments == {"id": str(sent.id)}


def test_asking_twice_with_one_key_is_asking_once(session: Session) -> None:
    person, key = somebody(session), uuid7()
    first = send(session, person, key=key)
    with_email(session, person)
    actions.prefer(session, person=person, letter="on_the_way", channel="sms", wanted=False, now=NOW)
    assert send(session, person, key=key) == first
    assert len(queries.deliveries_of(session, person)) == 1


def test_opting_out_of_everything_leaves_money_and_safety(session: Session) -> None:
    person = somebody(session)
    with_email(session, person)
    for wish in queries.wishes(session, person):
        if wish.always is None:
            actions.prefer(session, person=person, letter=wish.letter, channel=wish.channel, wanted=False, now=NOW)
    arrived = {name for name in LETTERS if send(session, person, name)}
    about_money = {name for name, letter in LETTERS.items() if letter.always == "money"}
    assert {"done_please_confirm", "cancelled", "topup_credited", "payout", "chargeback", "tip_received"} <= about_money
    always = {"code", "reset", "booking_by_phone", "plan_by_phone", "plan_paused", "payout_account", "seal_head"}
    assert arrived == always | about_money
    assert {wish.letter for wish in queries.wishes(session, person) if wish.wanted} == arrived


def test_a_wish_can_be_taken_back(session: Session) -> None:
    person = somebody(session)
    for wanted in (False, True):
        actions.prefer(session, person=person, letter="offer", channel="sms", wanted=wanted, now=NOW)
    assert send(session, person, "offer")


def test_wishes_about_what_always_goes_are_refused_by_name(session: Session) -> None:
    person = somebody(session)
    with pytest.raises(NotOptional) as refusal:
        actions.prefer(session, person=person, letter="payout", channel="sms", wanted=False, now=NOW)
    assert refusal.value.why == "money"
    with pytest.raises(NoSuchLetter):
        actions.prefer(session, person=person, letter="spam", channel="sms", wanted=False, now=NOW)
    with pytest.raises(NoSuchChannel):
        actions.prefer(session, person=person, letter="offer", channel="pigeon", wanted=False, now=NOW)
    with pytest.raises(NoSuchLetter):
        send(session, person, "spam")


def test_a_code_goes_to_the_contact_that_is_proved_by_it(session: Session) -> None:
    person = somebody(session)
    email = add_contact(session, person=person, contact="new@example.org", region="BD", now=NOW)
    (id,) = actions.send(session, to=person, letter="code", key=uuid7(), now=NOW, contact=email, code=uuid7())
    sent = queries.delivery(session, id)
    assert sent is not None
    assert (sent.channel, sent.contact_id) == ("email", email)


def test_a_person_without_a_contact_leaves_a_failure_in_sight(session: Session) -> None:
    person = somebody(session)
    phone = contacts_of(session, person)[0].id
    email = with_email(session, person)
    end_contact(session, person=person, contact=phone, now=NOW)
    (id,) = actions.send(session, to=person, letter="code", key=uuid7(), now=NOW, contact=phone, code=uuid7())
    lost = queries.delivery(session, id)
    assert lost is not None
    assert (lost.channel, lost.state, lost.problem) == ("none", "failed", "no_contact")
    assert send(session, person)[0].contact_id == email


def test_a_delivery_is_begun_once_and_an_interrupted_one_is_never_sent_again(session: Session) -> None:
    (sent,) = send(session, somebody(session))
    begun = actions.begin(session, sent.id, now=NOW)
    assert begun is not None
    assert begun.state == "sending"
    assert actions.begin(session, sent.id, now=NOW) is None
    found = queries.delivery(session, sent.id)
    assert found is not None
    assert (found.state, found.problem) == ("unknown", "interrupted")
    assert actions.begin(session, sent.id, now=NOW) is None


def test_a_channel_that_refuses_is_followed_by_the_next(session: Session) -> None:
    person = somebody(session)
    with_email(session, person)
    (sent,) = send(session, person)
    actions.begin(session, sent.id, now=NOW)
    second = actions.mark_failed(session, sent.id, problem="refused", now=NOW)
    assert second is not None
    states = {delivery.channel: delivery.state for delivery in queries.deliveries_of(session, person)}
    assert states == {"sms": "failed", "email": "queued"}
    actions.begin(session, second, now=NOW)
    assert actions.mark_failed(session, second, problem="refused", now=NOW) is None


def test_what_is_over_goes_over_no_channel(session: Session) -> None:
    person = somebody(session)
    with_email(session, person)
    (sent,) = send(session, person)
    actions.begin(session, sent.id, now=NOW)
    assert actions.mark_failed(session, sent.id, problem="gone", now=NOW) is None


def test_kept_letters_are_read_back_and_go_with_the_person(session: Session) -> None:
    person = somebody(session)
    (sent,) = send(session, person)
    actions.keep_copy(session, sent, subject="On the way", short="পথে", plain="p", html="<p>", now=NOW)
    (copy,) = queries.copies(session, person=person)
    assert (copy.subject, copy.short, copy.delivery.letter) == ("On the way", "পথে", "on_the_way")
    actions.forget_person(session, person)
    assert queries.copies(session, person=person) == []


def test_old_deliveries_are_forgotten_with_their_copies(session: Session) -> None:
    person = somebody(session)
    (sent,) = send(session, person)
    actions.keep_copy(session, sent, subject="s", short="s", plain="p", html="h", now=NOW)
    assert actions.forget_old(session, now=NOW + timedelta(days=29)) == 0
    assert actions.forget_old(session, now=NOW + timedelta(days=31)) == 1
    assert queries.copies(session, person=person) == []


def test_counts_tell_how_each_channel_does(session: Session) -> None:
    (sent,) = send(session, somebody(session))
    actions.begin(session, sent.id, now=NOW)
    actions.mark_sent(session, sent.id, now=NOW)
    assert queries.counts(session, since=NOW)[("sms", "sent")] == 1
    assert sent.id in {delivery.id for delivery in queries.recent(session, state="sent")}


def test_two_workers_at_one_event_make_one_notice(database: Engine) -> None:
    with transaction() as session:
        person = somebody(session)
    key, start = uuid7(), threading.Barrier(8)

    def ask() -> None:
        start.wait()
        with transaction() as session:
            send(session, person, key=key)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with transaction() as session:
        assert len(queries.deliveries_of(session, person)) == 1
        assert len(session.scalars(select(Outbox).where(Outbox.task == "notices.deliver")).all()) == 1
