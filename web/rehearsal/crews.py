"""Specialists with their telephones: they look for offers and answer them at once."""

import threading
from collections.abc import Sequence
from typing import Any
from uuid import uuid5

from web.rehearsal.line import NobodyAnswers
from web.rehearsal.stage import SPACE, Actor, Play, Stage

WATCHERS = 3
LOOK_SECONDS = 0.06  # between two looks of one thread: what looking costs is taken from those who book
EVERYBODY = 5  # every so many rounds all of them look; else those whose trade is asked for
DECLINES, STRANGERS, DOUBLE = 0.12, 0.05, 0.25  # how often


def watch(stage: Stage) -> list[threading.Thread]:
    """Threads that share the specialists among them, until the stage closes."""
    threads = [
        threading.Thread(
            target=_watch, args=(stage, stage.specialists[each::WATCHERS]), name=f"crew {each}", daemon=True
        )
        for each in range(WATCHERS)
    ]
    for thread in threads:
        thread.start()
    return threads


def _watch(stage: Stage, mine: Sequence[Actor]) -> None:
    """Whoever was once asked for a service looks whenever it is wanted; nobody does while nobody waits."""
    trades: dict[str, set[str]] = {each.username: set() for each in mine}
    rounds = 0
    while mine and not stage.closing.wait(LOOK_SECONDS):
        rounds += 1
        for specialist in mine:
            wanted = stage.waiting()
            if not wanted or (rounds % EVERYBODY and trades[specialist.username].isdisjoint(wanted)):
                continue
            if stage.closing.wait(LOOK_SECONDS):
                return
            try:
                offers = stage.line.get(specialist.token, "/offers")
                for offer in offers.body if offers.good else ():
                    trades[specialist.username].add(offer["service"])
                    _answer(stage, specialist, offer)
            except NobodyAnswers:
                stage.tally.count("given_up")


def _answer(stage: Stage, specialist: Actor, offer: dict[str, Any]) -> None:
    play = stage.plays.get(offer["job"])
    if play is None or not offer["is_open"]:
        return
    chance = stage.chance("offer", play.number, specialist.username)
    key = uuid5(SPACE, f"{offer['id']} {stage.seed}")
    path = f"/offers/{offer['id']}"
    if chance.random() < STRANGERS:
        _try_anothers(stage, specialist, path, offer)
    if chance.random() < DECLINES and not play.goes_well:
        stage.line.post(specialist.token, f"{path}/refusal", {"reason": chance.choice(["busy", "too_far"])}, key)
        return
    send = stage.line.twice if chance.random() < DOUBLE else stage.line.post
    taken = send(specialist.token, f"{path}/acceptance", None, key)
    if taken.good:
        _won(play, specialist)


def _won(play: Play, specialist: Actor) -> None:
    play.crew = specialist
    play.taken.set()


def _try_anothers(stage: Stage, specialist: Actor, path: str, offer: dict[str, Any]) -> None:
    """Somebody who was not asked takes what is not theirs: it must not be there for them."""
    stranger = next((each for each in stage.specialists if each is not specialist), None)
    if stranger is None:
        return
    told = stage.line.post(stranger.token, f"{path}/acceptance", None, uuid5(SPACE, f"stranger {offer['id']}"))
    if told.status != 404:
        stage.tally.violation("anothers_offer_was_answered")
