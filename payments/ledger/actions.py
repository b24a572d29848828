"""The one door, as Python calls it: each verb is one round trip to the function of the same name in the database.

One ledger call per transaction, as its last statement (two could deadlock with a mirror image of themselves); for
many transfers there is `post_many`. A refusal leaves the transaction aborted, as the database does: a caller who wants
to go on after one opens a savepoint (`session.begin_nested()`). Every call may be repeated, by anyone, with its key.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Executable, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Session
from sqlalchemy.types import BigInteger, Uuid

from marketplace.foundation.database import driver
from payments.ledger import queries
from payments.ledger.queries import Head
from payments.ledger.refusals import refusing
from payments.ledger.rules import AccountName, Leg, Posted, Posting, Purpose, TransferCode, one_currency
from payments.ledger.tables import PublishedHead

_LEGS = (
    bindparam("accounts", type_=ARRAY(BigInteger)),
    bindparam("amounts", type_=ARRAY(BigInteger)),
    bindparam("spills", type_=ARRAY(BigInteger)),
)
_HOLDS = bindparam("holds", type_=ARRAY(Uuid()))
_META = bindparam("meta", type_=JSONB(none_as_null=True))
_NOTE = "CAST(:reason AS text), CAST(:actor AS uuid)"

_POST = text(
    "SELECT ledger.post(:key, :kind, :currency, CAST(:accounts AS bigint[]), CAST(:amounts AS bigint[]),"
    " CAST(:spills AS bigint[]), CAST(:subject AS uuid), CAST(:reason AS text), CAST(:actor AS uuid),"
    " CAST(:approver AS uuid), CAST(:effective_at AS timestamptz), :now, CAST(:meta AS jsonb))"
).bindparams(*_LEGS, _META)
# Two plain legs, which nearly all transfers are, by the driver's own words and with no more values than are given.
_POST_TWO = "SELECT ledger.post_two(%s, %s, %s, %s::bigint, %s::bigint, %s::bigint, told_at => %s"
_GIVEN = {
    "subject": ", subject => %s::uuid", "reason": ", reason => %s::text", "actor": ", actor => %s::uuid",
    "approver": ", approver => %s::uuid", "effective_at": ", effective_at => %s::timestamptz",
    "meta": ", meta => %s::jsonb",
}  # fmt: skip
_HOLD = text(
    "SELECT ledger.hold(:key, :currency, :account, :amount, CAST(:spill AS bigint), :purpose, :subject,"
    f" CAST(:expires_at AS timestamptz), {_NOTE}, :now, CAST(:meta AS jsonb))"
).bindparams(_META)
_CAPTURE = text(
    "SELECT ledger.capture(:key, :kind, :currency, CAST(:accounts AS bigint[]), CAST(:amounts AS bigint[]),"
    " CAST(:spills AS bigint[]), CAST(:keeps AS bigint[]), CAST(:keeps_as AS text), CAST(:holds AS uuid[]),"
    " CAST(:closes AS text), :last, CAST(:subject AS uuid), CAST(:expires_at AS timestamptz), CAST(:reason AS text),"
    " CAST(:actor AS uuid), CAST(:approver AS uuid), CAST(:effective_at AS timestamptz), :now, CAST(:meta AS jsonb))"
).bindparams(*_LEGS, bindparam("keeps", type_=ARRAY(BigInteger)), _HOLDS, _META)
_RELEASE = text(
    "SELECT ledger.release(:key, :kind, CAST(:holds AS uuid[]), CAST(:closes AS text), CAST(:subject AS uuid),"
    f" {_NOTE}, :now, CAST(:meta AS jsonb))"
).bindparams(_HOLDS, _META)
_REVERSE = text(
    "SELECT ledger.reverse(:key, :original, CAST(:debtors AS bigint[]), CAST(:debts AS bigint[]),"
    " CAST(:reason AS text), CAST(:actor AS uuid), CAST(:approver AS uuid), :now, CAST(:meta AS jsonb))"
).bindparams(bindparam("debtors", type_=ARRAY(BigInteger)), bindparam("debts", type_=ARRAY(BigInteger)), _META)
_OFFSET = text(
    "SELECT ledger.offset(:key, :currency, :wallet, :receivable, CAST(:subject AS uuid),"
    f" {_NOTE}, :now, CAST(:meta AS jsonb))"
).bindparams(_META)
_POST_MANY = text("SELECT key, replayed FROM ledger.post_many(:acts)").bindparams(bindparam("acts", type_=JSONB))
_OPEN = text("SELECT ledger.open_account(:kind, :owner_kind, :owner, :currency, CAST(:hold_floor AS bigint))")
_SET_LIMIT = text("SELECT ledger.set_limit(:account, :hold_floor)")
_CLOSE = text("SELECT ledger.close_account(:account, :now)")
_SEAL = text("SELECT ledger.seal(:most)")

Meta = Mapping[str, str] | None


def open_account(session: Session, name: AccountName, *, limit: int | None = None) -> int:
    """The id of the account of this name, opened if it did not exist; floor, ceiling and stripes follow from its kind.

    `limit`: how far below zero promises may take a receivable, in minor units (0 unless said).
    """
    facts = {"kind": name.kind, "owner_kind": name.owner_kind, "owner": name.owner, "currency": name.currency}
    with refusing():
        return int(session.execute(_OPEN, facts | {"hold_floor": None if limit is None else -limit}).scalar_one())


def set_limit(session: Session, account: int, *, limit: int) -> None:
    """From now on promises may take this receivable to −limit (minor units); facts may pass it (payments.md §4)."""
    with refusing():
        session.execute(_SET_LIMIT, {"account": account, "hold_floor": -limit})


def close_account(session: Session, account: int, *, now: datetime) -> None:
    """No leg touches it any more. Raises AccountNotEmpty."""
    with refusing():
        session.execute(_CLOSE, {"account": account, "now": now})


def post(
    session: Session,
    key: UUID,
    kind: TransferCode,
    legs: Sequence[Leg],
    *,
    now: datetime,
    subject: UUID | None = None,
    reason: str | None = None,
    actor: UUID | None = None,
    approver: UUID | None = None,
    effective_at: datetime | None = None,
    meta: Meta = None,
) -> Posted:
    """Move money between accounts, once; nothing held is touched.

    `effective_at` is a business date and part of the request; without it the transfer is effective `now`, which a
    repeat need not know. `meta` holds ids and words of ours, never a personal value. Raises InsufficientFunds,
    OverRepaid, KeyReused, AccountClosed, CurrencyDiffers, PeriodLocked, SecondPersonNeeded; Unbalanced and
    KindForbids are mistakes of ours.
    """
    if len(legs) == 2:
        lower, upper = legs if legs[0].account < legs[1].account else (legs[1], legs[0])
        if lower.spill is None and upper.spill is None and lower.amount.minor == -upper.amount.minor:
            pair = (key, kind, one_currency(legs), lower.account, upper.account, lower.amount.minor, now)
            words = None if meta is None else json.dumps(dict(meta))
            rest = {"subject": subject, "reason": reason, "actor": actor, "approver": approver}
            return _posted_two(session, pair, rest | {"effective_at": effective_at, "meta": words})
    note = _note(kind, now, subject=subject, reason=reason, actor=actor, meta=meta)
    note |= {"approver": approver, "effective_at": effective_at}
    facts = _facts(legs)
    del facts["keeps"]
    return _called(session, _POST, key, facts | note)


def hold(
    session: Session,
    key: UUID,
    leg: Leg,
    *,
    purpose: Purpose,
    subject: UUID,
    now: datetime,
    expires_at: datetime | None = None,
    reason: str | None = None,
    actor: UUID | None = None,
    meta: Meta = None,
) -> Posted:
    """Set `leg.amount` (positive) of an account aside for a subject; what it cannot cover, on `leg.spill`.

    Raises InsufficientFunds without a spill account, DebtLimitReached with one; KeyReused, AccountClosed,
    CurrencyDiffers.
    """
    facts = {
        "account": leg.account,
        "amount": leg.amount.minor,
        "currency": leg.amount.currency,
        "spill": leg.spill,
        "purpose": purpose,
        "expires_at": expires_at,
    }
    return _called(
        session, _HOLD, key, facts | _note("hold", now, subject=subject, reason=reason, actor=actor, meta=meta)
    )


def capture(
    session: Session,
    key: UUID,
    kind: TransferCode,
    legs: Sequence[Leg],
    *,
    subject: UUID,
    now: datetime,
    closes: Purpose | None = None,
    holds: Sequence[UUID] | None = None,
    keeps_as: Purpose | None = None,
    last: bool = True,
    expires_at: datetime | None = None,
    reason: str | None = None,
    actor: UUID | None = None,
    approver: UUID | None = None,
    effective_at: datetime | None = None,
    meta: Meta = None,
) -> Posted:
    """Take from what was set aside: from all open holds of the subject with purpose `closes`, or from those named.

    With `last` the rest goes back in the same transfer. `Leg.keep` becomes held in turn for `keeps_as`, until
    `expires_at`. Raises HoldClosed, HoldTooSmall, and all that `post` raises.
    """
    facts: dict[str, Any] = _facts(legs) | {
        "approver": approver,
        "effective_at": effective_at,
        "expires_at": expires_at,
        "closes": closes,
        "holds": None if holds is None else list(holds),
        "keeps_as": keeps_as,
        "last": last,
    }
    return _called(
        session, _CAPTURE, key, facts | _note(kind, now, subject=subject, reason=reason, actor=actor, meta=meta)
    )


def release(
    session: Session,
    key: UUID,
    *,
    now: datetime,
    subject: UUID | None = None,
    closes: Purpose | None = None,
    holds: Sequence[UUID] | None = None,
    kind: Literal["release", "expire"] = "release",
    reason: str | None = None,
    actor: UUID | None = None,
    meta: Meta = None,
) -> Posted:
    """Give back what was set aside, whole. Raises HoldClosed, KeyReused, AccountClosed."""
    facts: dict[str, Any] = {"closes": closes, "holds": None if holds is None else list(holds)}
    return _called(
        session, _RELEASE, key, facts | _note(kind, now, subject=subject, reason=reason, actor=actor, meta=meta)
    )


def reverse(
    session: Session,
    key: UUID,
    original: UUID,
    *,
    reason: str,
    now: datetime,
    debts: Mapping[int, int] | None = None,
    actor: UUID | None = None,
    approver: UUID | None = None,
    meta: Meta = None,
) -> Posted:
    """Mirror a whole transfer, at most once; holds that it made and that are still open are closed with it.

    `debts`: which receivable pays the rest for which wallet (payments.md §3.8). Raises AlreadyReversed,
    InsufficientFunds; KindForbids for a hold or a reversal.
    """
    debts = debts or {}
    facts: dict[str, Any] = {
        "original": original,
        "debtors": list(debts),
        "debts": list(debts.values()),
        "approver": approver,
    }
    note = _note("reversal", now, reason=reason, actor=actor, meta=meta)
    return _called(session, _REVERSE, key, facts | note)


def offset(
    session: Session,
    key: UUID,
    *,
    wallet: int,
    receivable: int,
    currency: str,
    now: datetime,
    subject: UUID | None = None,
    reason: str | None = None,
    actor: UUID | None = None,
    meta: Meta = None,
) -> Posted | None:
    """Pay a debt from a wallet, as far as it reaches. None when there is nothing to pay, or nothing to pay it with."""
    facts = {"wallet": wallet, "receivable": receivable, "currency": currency} | _note(
        "debt_offset", now, subject=subject, reason=reason, actor=actor, meta=meta
    )
    with refusing():
        replayed = session.execute(_OFFSET, {"key": key} | facts).scalar_one()
    return None if replayed is None else Posted(key, bool(replayed))


def post_many(session: Session, postings: Sequence[Posting], *, now: datetime) -> list[Posted]:
    """Many transfers in one call and one order of locks; all of them, or none. Answers come in the order asked.

    Raises what `post` and `capture` raise, for the first that is refused.
    """
    acts = [_act(posting, now) for posting in postings]
    with refusing():
        rows = session.execute(_POST_MANY, {"acts": acts}).all()
    return [Posted(key, replayed) for key, replayed in rows]


def seal(session: Session, *, most: int = 10_000) -> int:
    """Seal the next stretch of history that no open writer can still reach; how many transfers that was."""
    return int(session.execute(_SEAL, {"most": most}).scalar_one())


def publish_head(session: Session, *, day: date, now: datetime) -> Head | None:
    """Keep the head of the chain as it is told outside today; the first of a day stays. None when nothing is sealed,

    or when the head has not moved since it was published last.
    """
    head, last = queries.head(session), next(iter(queries.published(session, limit=1)), None)
    if head is None or (last is not None and (last.no == head.no or last.day >= day)):
        return None
    row = PublishedHead(
        day=day, no=head.no, count=head.count, hash=bytes.fromhex(head.hash), sealed_at=head.sealed_at,
        published_at=now,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return head


def _called(session: Session, statement: Executable, key: UUID, facts: dict[str, Any]) -> Posted:
    with refusing():
        return Posted(key, bool(session.execute(statement, {"key": key} | facts).scalar_one()))


def _posted_two(session: Session, pair: tuple[Any, ...], rest: Mapping[str, object]) -> Posted:
    given = {name: value for name, value in rest.items() if value is not None}
    words = "".join([_POST_TWO, *map(_GIVEN.__getitem__, given), ")"])
    with refusing(), driver(session) as connection:
        answer = connection.execute(words, (*pair, *given.values())).fetchone()
    return Posted(pair[0], bool(answer and answer[0]))


def _facts(legs: Sequence[Leg]) -> dict[str, Any]:
    return {
        "currency": one_currency(legs),
        "accounts": [leg.account for leg in legs],
        "amounts": [leg.amount.minor for leg in legs],
        "spills": [leg.spill for leg in legs],
        "keeps": [0 if leg.keep is None else leg.keep.minor for leg in legs],
    }


def _note(kind: str, now: datetime, **facts: Any) -> dict[str, Any]:
    meta = facts["meta"]
    return {"kind": kind, "now": now} | facts | {"meta": None if meta is None else dict(meta)}


def _act(posting: Posting, now: datetime) -> dict[str, Any]:
    holds = None if posting.holds is None else [str(hold_id) for hold_id in posting.holds]
    return _facts(posting.legs) | {
        "key": str(posting.key),
        "kind": posting.kind,
        "subject": posting.subject and str(posting.subject),
        "reason": posting.reason,
        "actor": posting.actor and str(posting.actor),
        "approver": posting.approver and str(posting.approver),
        "effective_at": posting.effective_at and posting.effective_at.isoformat(),
        "told_at": now.isoformat(),
        "meta": dict(posting.meta) or None,
        "closes": posting.closes,
        "holds": holds,
        "keeps_as": posting.keeps_as,
        "last": posting.last,
    }
