"""Delivering: one message leaves for one event, whatever refuses, dies or is repeated."""

import json
import re
import threading
from collections.abc import Iterator
from datetime import timedelta
from email import message_from_string
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import Engine

from marketplace.foundation import clock, outbox, tasks
from marketplace.foundation.database import transaction
from marketplace.foundation.ids import PersonId, uuid7
from marketplace.foundation.settings import SettingRefused, Settings
from marketplace.notices import actions, queries
from marketplace.organizations.actions import found
from marketplace.people.actions.accounts import register
from marketplace.people.actions.codes import CodeRequested, request_code
from marketplace.people.actions.passwords import link_is_open, request_reset
from web.commands.process import free_port
from web.letters import delivery, facts
from web.letters.delivery import Channels, open_channels, use_channels

# apprise looks through all its plugins, and one of them asks for a module that Python will drop
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")


class Recorder:
    """An SMS vendor on this machine: keeps what it is sent, and refuses when told to."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, str]] = []
        self.status = 200
        recorder = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                to = parse_qs(urlsplit(self.path).query)["to"][0]
                recorder.messages.append((to, body["message"]))
                self.send_response(recorder.status)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"json://127.0.0.1:{self.server.server_port}/sms?-to={{to}}"


@pytest.fixture
def vendor() -> Iterator[Recorder]:
    recorder = Recorder()
    yield recorder
    recorder.server.shutdown()
    recorder.server.server_close()


@pytest.fixture(autouse=True)
def _channels_closed() -> Iterator[None]:
    yield
    use_channels(Channels())


def rahima(contact: str = "০১৭১১০০০০০১", language: str = "bn") -> PersonId:
    with transaction() as session:
        return register(
            session, name="Rahima", contact=contact, region="BD", stated_age=30, language=language, now=clock.now()
        ).person_id


def ask_for_code(person: PersonId, contact: str = "01711000001") -> tuple[CodeRequested, UUID]:
    now = clock.now()
    with transaction() as session:
        asked = request_code(
            session, contact=contact, region="BD", purpose="sign_in", bound_to=uuid7(), network_address="a", now=now
        )
        (id,) = actions.send(
            session, to=person, letter="code", key=asked.id, now=now, contact=asked.contact_id, code=asked.id
        )
    return asked, id


def state_of(id: UUID) -> tuple[str, str | None]:
    with transaction() as session:
        found_again = queries.delivery(session, id)
        assert found_again is not None
        return found_again.state, found_again.problem


@pytest.fixture
def _town(database: Engine) -> None:
    with transaction() as session:
        found(
            session, town="dhaka", name={"en": "Karigar", "bn": "কারিগর", "fa": "کاریگر", "ar": "كاريغر"}, region="BD",
            currency="BDT", time_zone="Asia/Dhaka", language="bn", calendar="gregorian", weekend=(5, 6),
            phone="+8801700000000", settings={}, now=clock.now(),
        )  # fmt: skip


@pytest.mark.usefixtures("_town")
def test_a_code_leaves_once_for_the_number_it_was_asked_for(vendor: Recorder) -> None:
    use_channels(Channels(sms_url=vendor.url))
    _, id = ask_for_code(rahima())
    tasks.run_all_due()
    ((to, text),) = vendor.messages
    assert to == "+8801711000001"
    assert "কোড" in text
    assert state_of(id) == ("sent", None)
    delivery.deliver(str(id))
    assert len(vendor.messages) == 1


@pytest.mark.usefixtures("_town")
def test_a_used_or_old_code_is_not_sent(vendor: Recorder) -> None:
    use_channels(Channels(sms_url=vendor.url))
    _, id = ask_for_code(rahima())
    with clock.moved(timedelta(minutes=6)):
        tasks.run_all_due()
    assert (vendor.messages, state_of(id)) == ([], ("failed", "gone"))


@pytest.mark.usefixtures("_town")
def test_a_refusal_of_the_vendor_is_written_down_and_a_code_goes_nowhere_else(vendor: Recorder) -> None:
    vendor.status = 500
    use_channels(Channels(sms_url=vendor.url))
    _, id = ask_for_code(rahima())
    tasks.run_all_due()
    assert state_of(id) == ("failed", "refused")
    assert len(vendor.messages) == 1


@pytest.mark.usefixtures("_town")
def test_a_worker_killed_while_sending_leaves_an_unknown_and_no_second_message(vendor: Recorder) -> None:
    use_channels(Channels(sms_url=vendor.url))
    _, id = ask_for_code(rahima())
    with transaction() as session:
        actions.begin(session, id, now=clock.now())  # and then nothing: the process died
    tasks.run_all_due()
    assert (vendor.messages, state_of(id)) == ([], ("unknown", "interrupted"))


@pytest.mark.usefixtures("_town")
def test_a_demo_keeps_the_letter_and_production_says_that_it_has_no_channel() -> None:
    person = rahima()
    use_channels(Channels(keep_copies=True))
    _, id = ask_for_code(person)
    tasks.run_all_due()
    with transaction() as session:
        (copy,) = queries.copies(session, person=person)
    assert "কোড" in copy.short
    assert (copy.delivery.id, state_of(id)) == (id, ("sent", None))
    use_channels(Channels())
    with clock.moved(timedelta(minutes=5)):
        _, second = ask_for_code(person)
        tasks.run_all_due()
    assert state_of(second) == ("failed", "no_channel")


@pytest.mark.usefixtures("_town")
def test_a_reset_link_goes_by_email_and_opens_the_page() -> None:
    received: list[str] = []

    class Handler:
        async def handle_DATA(self, server: object, session: object, envelope: object) -> str:  # noqa: N802
            received.append(envelope.content.decode())  # type: ignore[attr-defined]  # aiosmtpd is untyped here
            return "250 OK"

    mail = Controller(Handler(), hostname="127.0.0.1", port=free_port())
    mail.start()
    try:
        use_channels(
            Channels(
                email_url=f"mailto://127.0.0.1:{mail.port}?from=house@karigar.example&to={{to}}&mode=insecure",
                base_url="https://karigar.example",
            )
        )
        person, now = rahima("rahima@example.org", "en"), clock.now()
        with transaction() as session:
            asked = request_reset(session, account="rahima@example.org", region="BD", network_address="a", now=now)
            assert asked.id is not None
            (id,) = actions.send(
                session, to=person, letter="reset", key=asked.id, now=now, contact=asked.contact_id, link=asked.id
            )
        tasks.run_all_due()
    finally:
        mail.stop()
    assert state_of(id) == ("sent", None)
    message = message_from_string(received[0])
    assert (len(received), message["To"]) == (1, "rahima@example.org")
    html = "".join(part.get_payload(decode=True).decode() for part in message.walk() if not part.is_multipart())  # type: ignore[union-attr]  # bytes, where there are no parts below
    token = re.search(r'href="https://karigar\.example/reset/([\w-]+)"', html)
    assert token is not None
    with transaction() as session:
        assert link_is_open(session, token[1], now=clock.now())


@pytest.mark.usefixtures("_town")
def test_a_letter_that_nobody_can_write_yet_fails_in_sight(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(facts._loaders, "code")
    _, id = ask_for_code(rahima())
    tasks.run_all_due()
    assert state_of(id) == ("failed", "no_loader")


def test_a_channel_that_apprise_does_not_know_stops_the_start() -> None:
    for sms, email in (("foo://{to}", ""), ("json://127.0.0.1/sms", ""), ("", "nonsense{to}")):
        with pytest.raises(SettingRefused, match="EMAIL_URL" if email else "SMS_URL"):
            open_channels(Settings(mode="demo", sms_url=sms, email_url=email))
    open_channels(Settings(mode="demo", sms_url="json://127.0.0.1/sms?-to={to}"))


def test_the_outbox_carries_ids_alone(database: Engine) -> None:
    person = rahima()
    ask_for_code(person)
    with transaction() as session:
        rows = session.query(outbox.Outbox).filter_by(task="notices.deliver").all()
        assert all(set(row.arguments) == {"id"} for row in rows)
