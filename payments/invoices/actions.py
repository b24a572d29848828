"""Verbs of documents: issue what a transfer or a month calls for, and give something back with a credit note.

The counter of the series is locked first, until COMMIT: whoever issues in the same series waits, so numbers have no gap
and what has been documented, or given back, is read behind the lock. A document's id follows from its source; issuing
it again changes nothing and uses no number.
"""

from collections.abc import Mapping
from datetime import date, datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from marketplace.foundation.ids import derived
from marketplace.foundation.money import Money
from payments.invoices import queries
from payments.invoices.drafting import commission_drafts, drafts
from payments.invoices.rules import (
    About,
    Draft,
    Issuer,
    Kind,
    Line,
    Movement,
    Reason,
    Tax,
    What,
    check_credit,
    fiscal_year,
    month_of,
    reference,
    tax_back,
)
from payments.invoices.tables import Document, DocumentCounter, DocumentLine, DocumentTax
from payments.ledger import actions as ledger
from payments.ledger import queries as books
from payments.ledger.rules import Leg, SecondPersonNeeded
from payments.wallets import record
from payments.wallets.rules import Owner, tax_of, wallet_of

_SEAL = text("INSERT INTO document_seal (document_id, digest) SELECT :id, document_digest(:id)")


def issue_for(
    session: Session, transfer: UUID, *, issuer: Issuer, about: About | None, now: datetime, by: UUID | None = None
) -> list[UUID]:
    """Issue what a transfer calls for: a receipt, a fee invoice, a top-up's receipt, credit notes; the new ones' ids.

    `about`: what is known of its subject. A transfer that calls for nothing, or has its document, changes nothing.
    """
    moved = queries.movement(session, transfer)
    if moved is None:
        return []
    kind = _series_of(moved)
    if kind is None:
        return []
    _lock(session, kind, issuer=issuer, now=now)
    if kind is Kind.CREDIT_NOTE and _credited(session, transfer):
        return []
    open_ones = queries.correctable(session, moved) if kind is Kind.CREDIT_NOTE else []
    found = drafts(moved, about, open_ones, queries.CODES)
    return [each.id for each in found if issue(session, each, issuer=issuer, now=now, by=by)]


def issue_commission(
    session: Session,
    *,
    specialist: UUID,
    currency: str,
    month: date,
    issuer: Issuer,
    words: Mapping[UUID, About],
    now: datetime,
) -> list[UUID]:
    """The invoice of a month's commission to a specialist, and credit notes of earlier ones; the new ones' ids.

    `month`: any day of it, in the issuer's time zone. `words`: about each job. Issued once, however often asked for.
    """
    _lock(session, Kind.COMMISSION, issuer=issuer, now=now)
    _lock(session, Kind.CREDIT_NOTE, issuer=issuer, now=now)
    period = month_of(month)
    zone = ZoneInfo(issuer.time_zone)
    since, until = (datetime.combine(day, time(), zone) for day in period)
    charged = queries.charged(session, specialist, currency, since=since, until=until)
    invoiced = queries.invoiced(session, [each.subject for each in charged], owner=specialist)
    ours = derived("document", specialist, currency, Kind.COMMISSION, period[0])
    earlier = {subject: id for subject, id in invoiced.items() if id != ours}
    found = commission_drafts(specialist, currency, period, charged, invoiced=earlier, words=words)
    return [each.id for each in found if issue(session, each, issuer=issuer, now=now)]


def issue(session: Session, draft: Draft, *, issuer: Issuer, now: datetime, by: UUID | None = None) -> bool:
    """Give a document the next number of its series and write it down. False when it has been issued before."""
    counter = _lock(session, draft.kind, issuer=issuer, now=now)
    if queries.issued(session, draft.id):
        return False
    number = counter + 1
    year = fiscal_year(now, region=issuer.region, time_zone=issuer.time_zone)
    session.execute(update(DocumentCounter).where(*_series(draft.kind, year, issuer)).values(last=number))
    period_from, period_until = draft.period or (None, None)
    row = {
        "id": draft.id, "organization_id": issuer.id, "kind": draft.kind, "fiscal_year": year, "number": number,
        "reference": reference(draft.kind, year, number), "owner_id": draft.owner, "owner_kind": draft.owner_kind,
        "supplier_id": draft.supplier, "currency": draft.currency, "total": draft.total.minor,
        "tax": draft.tax.minor, "corrects": draft.corrects, "reason": draft.reason, "period_from": period_from,
        "period_until": period_until, "issued_at": now, "issued_by": by, "issuer": dict(issuer.name),
    }  # fmt: skip
    session.execute(insert(Document).values(row))
    session.execute(insert(DocumentLine), _lines(draft))
    if draft.taxes:
        taxes = [{"code": each.code, "net": each.net.minor, "tax": each.tax.minor} for each in draft.taxes]
        session.execute(insert(DocumentTax), [{"document_id": draft.id} | each for each in taxes])
    session.execute(_SEAL, {"id": draft.id})
    return True


def give_back(
    session: Session, id: UUID, *, amount: Money, alone_up_to: Money, reason: Reason, by: UUID, issuer: Issuer,
    command: UUID, now: datetime,
) -> UUID:  # fmt: skip
    """Finance gives a part of a fee back: the money goes to the wallet, and a credit note names the invoice.

    The house bears it, the specialist keeps their share. What is given back of a job goes through its refund, whose
    credit note follows by itself (`issue_for`). The same `command` again is the same credit note. Refuses
    DocumentNotFound, NothingToCredit, CreditNotPositive, CreditTooLarge, and SecondPersonNeeded beyond `alone_up_to`
    in all: then it is goodwill, by two. Returns the note's id.
    """
    _lock(session, Kind.CREDIT_NOTE, issuer=issuer, now=now)
    whole, left = queries.document(session, id), queries.open_document(session, id)
    note = derived("document", "give_back", id, command)
    if queries.issued(session, note):
        return note
    check_credit(amount, left)
    if whole.credited + amount > alone_up_to:
        raise SecondPersonNeeded
    transfer = derived("document", note, "refund")
    tax, line = tax_back(amount, left), whole.lines[0]
    back = Line(What.REFUND, amount, tax, transfer, line.subject, line.words)
    taxes = tuple(Tax(each.code, amount - tax, tax) for each in whole.taxes[:1] if tax)
    draft = Draft(
        note, Kind.CREDIT_NOTE, whole.owner, whole.owner_kind, amount.currency, (back,), taxes, corrects=id,
        reason=reason,
    )  # fmt: skip
    issue(session, draft, issuer=issuer, now=now, by=by)
    owner_kind: Owner = "specialist" if whole.owner_kind == "specialist" else "customer"
    wallet, income, owed = record.accounts(
        session, wallet_of(whole.owner, owner_kind, amount.currency), books.house("fee_income", amount.currency),
        tax_of(amount.currency),
    )  # fmt: skip
    record.offset_later(session, transfer, whole.owner, owner_kind, amount.currency)
    legs = [Leg(wallet, amount), Leg(income, tax - amount), *([Leg(owed, -tax)] if tax else [])]
    ledger.post(session, transfer, "refund_to_wallet", legs, subject=line.subject, reason=reason, actor=by, now=now)
    return note


def _lock(session: Session, kind: Kind, *, issuer: Issuer, now: datetime) -> int:
    """Lock the counter of this year's series until COMMIT; gives its last number."""
    year = fiscal_year(now, region=issuer.region, time_zone=issuer.time_zone)
    row = {"organization_id": issuer.id, "kind": kind, "fiscal_year": year, "last": 0}
    session.execute(upsert(DocumentCounter).values(row).on_conflict_do_nothing())
    return session.execute(
        select(DocumentCounter.last).where(*_series(kind, year, issuer)).with_for_update()
    ).scalar_one()


def _series(kind: Kind, year: int, issuer: Issuer) -> tuple[ColumnElement[bool], ...]:
    return (
        DocumentCounter.organization_id == issuer.id,
        DocumentCounter.kind == kind,
        DocumentCounter.fiscal_year == year,
    )


def _series_of(moved: Movement) -> Kind | None:
    match moved.kind:
        case "capture" | "tip" | "cash_commission" | "cash":
            return Kind.RECEIPT
        case "cancellation" | "penalty":
            return Kind.FEE
        case "topup":
            return Kind.TOP_UP
        case "payout_sent":
            return Kind.PAYOUT
        case "refund_to_wallet" | "reversal":
            return Kind.CREDIT_NOTE
        case _:
            return None


def _credited(session: Session, transfer: UUID) -> bool:
    said = select(DocumentLine.place).where(DocumentLine.source == transfer, DocumentLine.what == What.REFUND)
    return session.scalar(said.limit(1)) is not None


def _lines(draft: Draft) -> list[dict[str, object]]:
    return [
        {
            "document_id": draft.id, "place": place, "what": line.what, "source": line.source, "subject": line.subject,
            "amount": line.amount.minor, "tax": line.tax.minor, "words": dict(line.words),
        }
        for place, line in enumerate(draft.lines, start=1)
    ]  # fmt: skip
