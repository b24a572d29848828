"""The payer in front of a gateway's page, and the thread that makes the banks' weather."""

import html
import re
import threading
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

import httpx

from web.rehearsal.stage import Play, Stage

CHANGES_SECONDS = 2.5
FIELD = re.compile(r'<input type="hidden" name="([^"]*)" value="([^"]*)">')
BACK = re.compile(r'<form method="post" action="([^"]*)" id="back">')


@dataclass(frozen=True)
class Payment:
    """One top-up by one gateway: whether its payer paid, when that was."""

    id: str
    gateway: str
    paid: bool
    at: float


def pay(stage: Stage, play: Play, url: str) -> bool:
    """Walk through the hosted page: most pay and come back, some close it, a few decline or call off. Whether paid."""
    roll = 0.0 if play.goes_well else play.chance.random()
    decision = "pay" if roll < 0.78 else "pay_and_close" if roll < 0.9 else "decline" if roll < 0.95 else "cancel"
    client = stage.line.client
    try:
        page = client.get(url)
        if page.is_redirect:
            url = urljoin(url, page.headers["location"])
        told = client.post(url, data={"decision": decision, "account": "plenty"})
        back, fields = BACK.search(told.text), dict(FIELD.findall(told.text))
        if back and decision != "pay_and_close":
            client.post(html.unescape(back[1]), data={name: html.unescape(value) for name, value in fields.items()})
    except httpx.TransportError:
        stage.tally.count("retries")
        return True  # who cannot tell has perhaps paid
    if "location" in told.headers:
        stage.line.look(play.customer.token, told.headers["location"])
    return decision.startswith("pay")


def top_up(stage: Stage, play: Play, minor: int) -> Payment | None:
    """Top up by so much at one of the gateways and pay for it; None where it was refused."""
    gateway = play.chance.choice(stage.gateways)
    body: dict[str, object] = {"amount": stage.money(minor), "gateway": gateway}
    if play.chance.random() < 0.5:
        body["job"] = play.job
    send = stage.line.twice if play.chance.random() < 0.2 else stage.line.post
    opened = send(play.customer.token, "/top-ups", body, play.key())
    if not opened.good:
        return None
    stage.tally.count("topups")
    return _opened(stage, play, opened.body, gateway)


def again(stage: Stage, play: Play, before: Payment) -> Payment | None:
    """The same top-up by another gateway, after it came to nothing at the first; None where it was refused."""
    others = [each for each in stage.gateways if each != before.gateway] or stage.gateways
    gateway = play.chance.choice(others)
    path = f"/top-ups/{before.id}/attempts"
    opened = stage.line.post(play.customer.token, path, {"gateway": gateway}, play.key())
    if not opened.good:
        return None
    stage.tally.flow("second_try_of_a_top_up")
    return _opened(stage, play, opened.body, gateway)


def _opened(stage: Stage, play: Play, opened: dict[str, Any], gateway: str) -> Payment:
    stage.tally.flow(f"top_up_{gateway}")
    paid = pay(stage, play, opened["url"]) if opened["url"] else True
    return Payment(str(opened["id"]), gateway, paid, time.monotonic())


def change_weather(stage: Stage) -> threading.Thread:
    """A thread that turns the banks' switches until the stage closes; afterwards the sky is clear."""
    thread = threading.Thread(target=_change, args=(stage,), name="weather", daemon=True)
    thread.start()
    return thread


def _change(stage: Stage) -> None:
    for skies in stage.bank.weather(stage.chance("weather")):
        for gateway, faults in skies.items():
            _turn(stage, gateway, faults)
        if stage.closing.wait(CHANGES_SECONDS):
            break
    for each in stage.bank.counters:
        _turn(stage, each.gateway, {})


def _turn(stage: Stage, gateway: str, faults: Any) -> None:
    try:
        stage.bank.turn(stage.line.client, gateway, faults)
    except httpx.TransportError:
        stage.tally.count("retries")
