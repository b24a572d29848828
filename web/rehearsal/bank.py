"""The payer in front of the bank's own page, and the bank's weather: notices twice, late, lost, forged, wrong."""

import itertools
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from web.rehearsal.stage import Actor, Play, Stage

MERCHANT = "karigar"
CHANGES_SECONDS = 2.5
WEATHER: tuple[Mapping[str, object], ...] = (
    {},
    {"duplicate": 5},
    {"late_seconds": 2},
    {"forged": True},
    {},
    {"lost": True},
    {"timeout": "after", "only": "verify", "hang_seconds": 1},
    {"duplicate": 3, "late_seconds": 1, "forged": True},
    {},
    {"amount_off": -1},
    {"garbled": "truncated", "only": "verify"},
    {"amount_off": 1, "duplicate": 2},
)


@dataclass(frozen=True)
class Bank:
    """The sandbox bank. Without its merchant's secret nobody changes its weather."""

    url: str
    secret: str = ""


def pay(stage: Stage, play: Play, opened: dict[str, Any]) -> None:
    """Walk through the hosted page: most pay and come back, some close it, a few decline or call off."""
    roll = play.chance.random()
    decision = "pay" if roll < 0.78 else "pay_and_close" if roll < 0.9 else "decline" if roll < 0.95 else "cancel"
    try:
        stage.line.client.get(opened["url"])
        told = stage.line.client.post(opened["url"], data={"decision": decision, "account": "plenty"})
    except httpx.TransportError:
        stage.tally.count("retries")
        return
    back = told.headers.get("location", "")
    if back:
        stage.line.look(play.customer.token, back)


def change_weather(stage: Stage, bank: Bank) -> threading.Thread:
    """A thread that turns the bank's switches until the stage closes; afterwards the sky is clear."""
    thread = threading.Thread(target=_change, args=(stage, bank), name="weather", daemon=True)
    thread.start()
    return thread


def _change(stage: Stage, bank: Bank) -> None:
    chance = stage.chance("weather")
    skies = itertools.cycle(chance.sample(WEATHER, len(WEATHER)))
    while not stage.closing.is_set():
        _turn(stage, bank, next(skies))
        stage.closing.wait(CHANGES_SECONDS)
    _turn(stage, bank, {})


def _turn(stage: Stage, bank: Bank, faults: Mapping[str, object]) -> None:
    body = {"merchant": MERCHANT, "faults": dict(faults)}
    try:
        stage.line.client.post(f"{bank.url}/-/faults", json=body, headers={"authorization": f"Bearer {bank.secret}"})
    except httpx.TransportError:
        stage.tally.count("retries")


def top_up(stage: Stage, play: Play, minor: int, currency: str) -> str:
    """Top up by so much and pay for it; the id of the top-up, or nothing where it was refused."""
    body: dict[str, object] = {"amount": {"minor": minor, "currency": currency}}
    if play.chance.random() < 0.5:
        body["job"] = play.job
    send = stage.line.twice if play.chance.random() < 0.2 else stage.line.post
    opened = send(play.customer.token, "/top-ups", body, play.key())
    if not opened.good:
        return ""
    stage.tally.count("topups")
    if opened.body["url"]:
        pay(stage, play, opened.body)
    return str(opened.body["id"])


def came(stage: Stage, customer: Actor, top_up_id: str) -> str:
    """How a top-up stands now."""
    told = stage.line.get(customer.token, f"/top-ups/{top_up_id}")
    return str(told.body["state"]) if told.good else "unknown"
