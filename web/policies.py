"""Who may call what: every route names one of these policies in `opt={"policy": …}` (reliability.md §6.1).

A policy says which principals may try. Whose row it is, is a predicate of the query itself, never a check after
loading: what is another's is not found (404).
"""

from collections.abc import Iterable
from dataclasses import dataclass

EVERYONE = frozenset({"everyone"})
SIGNED_IN = frozenset({"signed_in"})
STAFF = frozenset({"agent", "dispatcher", "manager", "finance", "compliance", "administrator"})


@dataclass(frozen=True)
class Policy:
    """Who may try a route: everyone, anybody signed in, or holders of one of these roles.

    `form_token` is demanded from every unsafe request that is authenticated by a cookie; only doors that other
    machines knock at (a gateway's notice) go without. `development` routes do not exist in production. Routes of an
    `accepted` policy wait until whoever is signed in has accepted the version of the rules that is in force. `parts`
    admits also who holds the role for a part of the house alone; that it is theirs, the query asks.
    """

    who: frozenset[str]
    form_token: bool = True
    development: bool = False
    accepted: bool = False
    parts: bool = False

    def admits(self, roles: Iterable[str], *, signed_in: bool) -> bool:
        if "everyone" in self.who or (signed_in and "signed_in" in self.who):
            return True
        return not self.who.isdisjoint(roles)


POLICIES: dict[str, Policy] = {
    "public.read": Policy(EVERYONE),
    "public.act": Policy(EVERYONE),
    "public.ask": Policy(EVERYONE, form_token=False),
    "public.assets": Policy(EVERYONE),
    "public.components": Policy(EVERYONE, development=True),
    "public.letters": Policy(EVERYONE, development=True),
    "session.begin": Policy(EVERYONE),
    "session.end": Policy(SIGNED_IN),
    "session.token": Policy(EVERYONE, form_token=False),
    "own.read": Policy(SIGNED_IN),
    "own.write": Policy(SIGNED_IN),
    "draft.read": Policy(EVERYONE, accepted=True),
    "draft.write": Policy(EVERYONE, accepted=True),
    "job.own.read": Policy(SIGNED_IN, accepted=True),
    "job.own.write": Policy(SIGNED_IN, accepted=True),
    "wallet.own.read": Policy(SIGNED_IN, accepted=True),
    "wallet.own.write": Policy(SIGNED_IN, accepted=True),
    "specialist.read": Policy(frozenset({"specialist"}), accepted=True),
    "specialist.write": Policy(frozenset({"specialist"}), accepted=True),
    "desk.read": Policy(frozenset({"agent"}), accepted=True),
    "desk.write": Policy(frozenset({"agent"}), accepted=True),
    "finance.read": Policy(frozenset({"finance"}), accepted=True),
    "finance.write": Policy(frozenset({"finance"}), accepted=True),
    "books.read": Policy(frozenset({"finance", "manager", "administrator"}), accepted=True),
    "books.sign": Policy(frozenset({"finance"}), accepted=True),
    "books.open": Policy(frozenset({"manager", "administrator"}), accepted=True),
    "house.read": Policy(frozenset({"administrator", "manager", "dispatcher", "compliance"}), accepted=True),
    "board.read": Policy(frozenset({"dispatcher", "manager"}), accepted=True),
    "board.write": Policy(frozenset({"dispatcher", "manager"}), accepted=True),
    "rounds.read": Policy(frozenset({"administrator", "manager", "dispatcher", "compliance"}), accepted=True),
    "rounds.write": Policy(frozenset({"manager", "dispatcher"}), accepted=True),
    "rules.read": Policy(frozenset({"administrator", "manager", "dispatcher", "compliance"}), accepted=True),
    "rules.write": Policy(frozenset({"manager", "dispatcher"}), accepted=True),
    "rules.publish": Policy(frozenset({"manager"}), accepted=True),
    "conduct.read": Policy(frozenset({"administrator", "manager", "dispatcher", "compliance"}), accepted=True),
    "conduct.write": Policy(frozenset({"manager", "dispatcher", "compliance"}), accepted=True),
    "conduct.decide": Policy(frozenset({"manager", "compliance"}), accepted=True),
    "plans.read": Policy(frozenset({"administrator", "manager", "dispatcher"}), accepted=True),
    "plans.write": Policy(frozenset({"manager", "dispatcher"}), accepted=True),
    "compounds.read": Policy(frozenset({"manager", "administrator"}), accepted=True, parts=True),
    "compounds.write": Policy(frozenset({"manager", "administrator"}), accepted=True, parts=True),
    "case.read": Policy(frozenset({"finance", "manager"}), accepted=True),
    "case.write": Policy(frozenset({"finance", "manager"}), accepted=True),
    "admin.read": Policy(frozenset({"administrator"}), accepted=True),
    "admin.write": Policy(frozenset({"administrator"}), accepted=True),
    "gateway.notice": Policy(EVERYONE, form_token=False),
    "machine.health": Policy(EVERYONE),
}
