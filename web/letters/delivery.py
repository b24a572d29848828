"""The task that delivers: it makes the letter's words and hands them to the channel, once.

The channel is called between two transactions: `sending` is committed before, what became of it after. Where no
channel is set up, a demo keeps the letter for `/-/letters`; production writes down that it could not be sent.
"""

from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID

from sqlalchemy.orm import Session

from marketplace.foundation import clock, vault
from marketplace.foundation.database import forbid_open_transaction, transaction
from marketplace.foundation.settings import SettingRefused, Settings
from marketplace.foundation.tasks import task
from marketplace.notices import actions, queries
from marketplace.notices.queries import Delivery
from marketplace.organizations.queries import Organization, home
from marketplace.people.queries import person, sealed_contact
from marketplace.people.rules import NoSuchPerson
from web.letters.facts import Gone, NoLoader, load_facts
from web.letters.rendering import Rendered, Site, render
from web.respond import formatter_for

TO, DIGITS = "{to}", "{digits}"
_SAMPLE: Final = "+8801700000000"


@dataclass(frozen=True)
class Channels:
    """How letters leave: an apprise URL for each channel, in which `{to}` is the reader's number or address and
    `{digits}` the number without its plus; and whether letters that cannot leave are kept to be looked at."""

    sms_url: str = ""
    email_url: str = ""
    base_url: str = "http://127.0.0.1:8000"
    keep_copies: bool = False

    def url(self, channel: str) -> str:
        return {"sms": self.sms_url, "email": self.email_url}[channel]


class _Process:
    channels = Channels()


def open_channels(settings: Settings) -> None:
    """Tell this process how letters leave, once at its start.

    Raises SettingRefused: apprise itself says nothing about a URL that it does not understand.
    """
    channels = Channels(settings.sms_url, settings.email_url, settings.base_url, keep_copies=not settings.production)
    for name, url in (("SMS_URL", channels.sms_url), ("EMAIL_URL", channels.email_url)):
        if url and TO not in url and DIGITS not in url:
            raise SettingRefused(name, "names nobody to write to", f"Put {TO} or {DIGITS} where the reader stands")
        if url and not _apprise().add(_addressed(url, _SAMPLE)):
            raise SettingRefused(name, "is no URL that apprise knows", "See apprise's list of services")
    use_channels(channels)


def use_channels(channels: Channels) -> None:
    """As `open_channels`, with what is known already: tests and simulations."""
    _Process.channels = channels


@dataclass(frozen=True, repr=False)
class _Ready:
    """A letter with its words and whom it goes to: personal, so it never prints itself."""

    delivery: Delivery
    letter: Rendered
    url: str
    to: str


@task("notices.deliver", in_steps=True)
def deliver(id: str) -> None:
    """Write and send one delivery; harmless to repeat."""
    with transaction() as session:
        ready = _prepare(session, UUID(id), _Process.channels)
    if ready is None:
        return
    taken = _hand_over(ready)
    with transaction() as session:
        if taken:
            actions.mark_sent(session, ready.delivery.id, now=clock.now())
        else:
            actions.mark_failed(session, ready.delivery.id, problem="refused", now=clock.now())


def _prepare(session: Session, id: UUID, channels: Channels) -> _Ready | None:
    """The letter in its words, claimed for sending; None when there is nothing to hand over."""
    now = clock.now()
    found = queries.delivery(session, id)
    if found is None or found.state != "queued":
        actions.begin(session, id, now=now)  # one that was interrupted becomes unknown
        return None
    try:
        letter = _written(session, found, channels)
        to = _contact(session, found)
    except Gone:
        actions.mark_failed(session, id, problem="gone", now=now)
        return None
    except NoLoader:
        actions.mark_failed(session, id, problem="no_loader", now=now)
        return None
    except (vault.Erased, NoSuchPerson):
        actions.mark_failed(session, id, problem="erased", now=now)
        return None
    if to is None:
        actions.mark_failed(session, id, problem="no_contact", now=now)
        return None
    url = channels.url(found.channel)
    if not url:
        _without_channel(session, found, letter, channels)
        return None
    begun = actions.begin(session, id, now=now)
    return _Ready(begun, letter, url, to) if begun else None


def _written(session: Session, delivery: Delivery, channels: Channels) -> Rendered:
    here: Organization = home(session)
    language = person(session, delivery.person_id).language
    facts = load_facts(session, delivery, now=clock.now())
    site = Site(house=here.name[language], base_url=channels.base_url)
    return render(delivery.letter, formatter_for(language, here), facts, site=site)


def _contact(session: Session, delivery: Delivery) -> str | None:
    """The number or address itself: told to the channel and to nobody else. Raises Erased."""
    sealed = sealed_contact(session, delivery.contact_id) if delivery.contact_id else None
    return None if sealed is None else vault.unseal(sealed.person_id, sealed.place, sealed.value)


def _without_channel(session: Session, delivery: Delivery, letter: Rendered, channels: Channels) -> None:
    now = clock.now()
    if not channels.keep_copies:
        actions.mark_failed(session, delivery.id, problem="no_channel", now=now)
        return
    actions.keep_copy(
        session, delivery, subject=letter.subject, short=letter.short, plain=letter.plain, html=letter.html, now=now
    )
    actions.begin(session, delivery.id, now=now)
    actions.mark_sent(session, delivery.id, now=now)


def _hand_over(ready: _Ready) -> bool:
    """Whether the channel took it. Blocks for as long as the channel does; never inside a transaction."""
    forbid_open_transaction()
    channel = _apprise()
    if not channel.add(_addressed(ready.url, ready.to)):
        return False
    if ready.delivery.channel == "sms":
        return bool(channel.notify(body=ready.letter.short, body_format="text"))
    return bool(channel.notify(title=ready.letter.subject, body=ready.letter.html, body_format="html"))


def _apprise() -> Any:
    """Imported when a letter leaves, or has a channel to: it knows a hundred services, and takes its time."""
    return import_module("apprise").Apprise()


def _addressed(url: str, to: str) -> str:
    return url.replace(TO, quote(to, safe="")).replace(DIGITS, quote(to.lstrip("+"), safe=""))
