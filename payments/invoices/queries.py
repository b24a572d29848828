"""Questions about documents: the owner's, finance's, and what a transfer or a month still has to be documented."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Select, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from marketplace.foundation.money import Money
from payments.invoices.drafting import Charged, tax_codes
from payments.invoices.rules import DocumentNotFound, Kind, Movement, Open, Side, Tax, What
from payments.invoices.tables import Document, DocumentLine, DocumentTax
from payments.ledger import queries as books
from payments.ledger.tables import Account, Entry, Transfer
from payments.topups.tables import TopUpAttempt
from payments.wallets.rules import TAX_CODE
from payments.wallets.tables import Earning, JobPayment

DOCUMENTED = ("capture", "tip", "cash_commission", "cancellation", "penalty", "topup", "refund_to_wallet", "reversal",
              "payout_sent")  # fmt: skip
CODES = tax_codes(TAX_CODE)
MOST_ROWS = 200


@dataclass(frozen=True, slots=True)
class Card:
    """A document as a row of a list. `credited`: how much its credit notes have given back."""

    id: UUID
    kind: Kind
    reference: str
    owner: UUID
    owner_kind: str
    total: Money
    credited: Money
    issued_at: datetime
    number: str  # of the job it is about; empty where it is about none, or several


@dataclass(frozen=True, slots=True)
class LineView:
    """One line as issued. `words` as frozen: number, title; of a top-up its numbers."""

    what: What
    amount: Money
    tax: Money
    source: UUID
    subject: UUID | None
    words: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class DocumentView:
    """A document, whole. `corrects` and `notes` are the references and ids of what it credits and is credited by."""

    id: UUID
    kind: Kind
    reference: str
    owner: UUID
    owner_kind: str
    supplier: UUID | None
    issuer: Mapping[str, str]
    lines: tuple[LineView, ...]
    taxes: tuple[Tax, ...]
    total: Money
    tax: Money
    credited: Money
    corrects: tuple[UUID, str] | None
    notes: tuple[tuple[UUID, str, Money], ...]
    reason: str | None
    period: tuple[date, date] | None
    issued_at: datetime
    issued_by: UUID | None

    @property
    def net(self) -> Money:
        return self.total - self.tax

    @property
    def rest(self) -> Money:
        """What may still be given back."""
        return self.total - self.credited


_note = aliased(Document)
_CREDITED = (
    select(func.coalesce(func.sum(_note.total), 0).cast(BigInteger))
    .where(_note.corrects == Document.id)
    .scalar_subquery()
)
_CREDITED_TAX = (
    select(func.coalesce(func.sum(_note.tax), 0).cast(BigInteger))
    .where(_note.corrects == Document.id)
    .scalar_subquery()
)
_NUMBER = (
    select(func.min(DocumentLine.words["number"].astext)).where(DocumentLine.document_id == Document.id)
    .having(func.count(func.distinct(DocumentLine.subject)) == 1).scalar_subquery()
)  # fmt: skip


def document(session: Session, id: UUID, *, owner: UUID | None = None) -> DocumentView:
    """A document; with `owner`, that person's only. Refuses DocumentNotFound, also for a stranger's."""
    row = session.get(Document, id)
    if row is None or (owner is not None and row.owner_id != owner):
        raise DocumentNotFound
    lines = session.scalars(select(DocumentLine).where(DocumentLine.document_id == id).order_by(DocumentLine.place))
    taxes = session.scalars(select(DocumentTax).where(DocumentTax.document_id == id).order_by(DocumentTax.code))
    notes = session.scalars(select(Document).where(Document.corrects == id).order_by(Document.issued_at)).all()
    corrected = None if row.corrects is None else session.get_one(Document, row.corrects)
    unit, zero = row.currency, Money.zero(row.currency)
    return DocumentView(
        id=row.id, kind=Kind(row.kind), reference=row.reference, owner=row.owner_id, owner_kind=row.owner_kind,
        supplier=row.supplier_id, issuer=row.issuer,
        lines=tuple(
            LineView(What(each.what), Money(each.amount, unit), Money(each.tax, unit), each.source, each.subject,
                     each.words)
            for each in lines
        ),
        taxes=tuple(Tax(each.code, Money(each.net, unit), Money(each.tax, unit)) for each in taxes),
        total=Money(row.total, unit), tax=Money(row.tax, unit),
        credited=sum((Money(each.total, unit) for each in notes), zero),
        corrects=None if corrected is None else (corrected.id, corrected.reference),
        notes=tuple((each.id, each.reference, Money(each.total, unit)) for each in notes), reason=row.reason,
        period=(row.period_from, row.period_until) if row.period_from and row.period_until else None,
        issued_at=row.issued_at, issued_by=row.issued_by,
    )  # fmt: skip


def documents_of(
    session: Session, owner: UUID, *, subject: UUID | None = None, before: datetime | None = None, limit: int = 30
) -> list[Card]:
    """Somebody's documents, newest first; of one job, when `subject` is given. `before` continues a page."""
    wanted = _cards().where(Document.owner_id == owner)
    if subject is not None:
        wanted = wanted.where(_about(subject))
    return _page(session, wanted, before, limit)


def all_documents(
    session: Session,
    *,
    kind: Kind | None = None,
    year: int | None = None,
    reference: str | None = None,
    owner: UUID | None = None,
    subject: UUID | None = None,
    before: datetime | None = None,
    limit: int = 50,
) -> list[Card]:
    """Finance's list, newest first. `reference` finds a document by its number, or a job's documents by the job's."""
    wanted = _cards()
    if kind is not None:
        wanted = wanted.where(Document.kind == kind)
    if year is not None:
        wanted = wanted.where(Document.fiscal_year == year)
    if owner is not None:
        wanted = wanted.where(Document.owner_id == owner)
    if subject is not None:
        wanted = wanted.where(_about(subject))
    if reference is not None:
        of_job = exists().where(
            DocumentLine.document_id == Document.id, DocumentLine.words["number"].astext == reference
        )
        wanted = wanted.where(or_(Document.reference == reference, of_job))
    return _page(session, wanted, before, limit)


def years(session: Session) -> list[int]:
    """The fiscal years in which something was issued, newest first."""
    return list(session.scalars(select(Document.fiscal_year).distinct().order_by(Document.fiscal_year.desc())))


def issued(session: Session, id: UUID) -> bool:
    """Whether this has been documented already."""
    return session.scalar(select(Document.number).where(Document.id == id)) is not None


def movement(session: Session, transfer: UUID) -> Movement | None:
    """What a transfer did, with what the tables around it know: a cash job's price, a top-up's numbers.

    None when neither a transfer nor an earning has this key.
    """
    found = session.execute(
        select(Transfer.kind, Transfer.subject, Transfer.effective_at, Transfer.reverses).where(Transfer.id == transfer)
    ).one_or_none()
    earning = session.get(Earning, transfer)
    gross = None if earning is None else Money(earning.gross, earning.currency)
    if found is None:
        if earning is None:
            return None
        nothing = Money.zero(earning.currency)
        sides: tuple[Side, ...] = (Side("wallet", "specialist", earning.specialist_id, nothing),)
        payer = _payer(session, earning.subject)
        return Movement(transfer, earning.kind, earning.subject, earning.earned_at, sides, gross, payer)
    kind, subject, at, reverses = found
    sides = tuple(Side(each.kind, each.owner_kind, each.owner, each.posted) for each in books.moved(session, transfer))
    numbers = _numbers(session, subject) if kind == "topup" and subject is not None else {}
    payer = None if subject is None or gross is None else _payer(session, subject)
    return Movement(transfer, kind, subject, at, sides, gross, payer, reverses, numbers)


def correctable(session: Session, moved: Movement) -> list[Open]:
    """What a transfer that gives money back may be a credit note of, oldest first, with what is left of each.

    A reversal corrects what documented the reversed transfer; a refund the receipts and fees of its subject.
    """
    wanted = select(Document, _CREDITED, _CREDITED_TAX)
    if moved.reverses is not None:
        wanted = wanted.where(
            exists().where(DocumentLine.document_id == Document.id, DocumentLine.source == moved.reverses),
            Document.kind != Kind.CREDIT_NOTE,
        )
    elif moved.subject is not None:
        wanted = wanted.where(_about(moved.subject), Document.kind.in_((Kind.RECEIPT, Kind.FEE)))
    else:
        return []
    given = (side for side in moved.sides if side.account in ("wallet", "receivable") and side.posted.minor > 0)
    owners = [side.owner for side in given]
    rows = session.execute(wanted.where(Document.owner_id.in_(owners)).order_by(Document.issued_at, Document.id))
    return [_open(*row) for row in rows]


def open_document(session: Session, id: UUID) -> Open:
    """What is left of a document. Refuses DocumentNotFound."""
    row = session.execute(select(Document, _CREDITED, _CREDITED_TAX).where(Document.id == id)).one_or_none()
    if row is None:
        raise DocumentNotFound
    return _open(*row)


def undocumented(session: Session, *, since: datetime, limit: int = 500) -> list[UUID]:
    """Transfers that give a document and have none yet, oldest first: what was missed is asked for again."""
    said = exists().where(
        DocumentLine.source == Transfer.id, DocumentLine.what.not_in(("commission", "commission_back"))
    )
    wanted = select(Transfer.id).where(Transfer.kind.in_(DOCUMENTED), Transfer.recorded_at >= since, ~said)
    return list(session.scalars(wanted.order_by(Transfer.recorded_at).limit(limit)))


def charged(session: Session, specialist: UUID, currency: str, *, since: datetime, until: datetime) -> list[Charged]:
    """Commission and tax that a specialist was charged in [since, until), and given back, in order."""
    wanted = (
        select(
            Earning.id, Earning.subject, Earning.commission, Earning.tax,
            _code(func.coalesce(Earning.transfer, Earning.id)),
        )
        .where(
            Earning.specialist_id == specialist, Earning.currency == currency, Earning.earned_at >= since,
            Earning.earned_at < until, or_(Earning.commission != 0, Earning.tax != 0),
        )
        .order_by(Earning.earned_at, Earning.id)
    )  # fmt: skip
    return [
        Charged(id, subject, Money(commission, currency), Money(tax, currency), CODES.get(owner, "other"))
        for id, subject, commission, tax, owner in session.execute(wanted)
    ]


def invoiced(session: Session, subjects: Collection[UUID], *, owner: UUID) -> dict[UUID, UUID]:
    """Under which commission invoice each of these jobs stands, for those that do."""
    wanted = (
        select(DocumentLine.subject, Document.id)
        .join(Document, Document.id == DocumentLine.document_id)
        .where(
            DocumentLine.subject.in_(list(subjects)), Document.kind == Kind.COMMISSION, Document.owner_id == owner,
            DocumentLine.amount > 0,
        )
    )  # fmt: skip
    return {subject: id for subject, id in session.execute(wanted) if subject is not None}


def charged_specialists(session: Session, *, since: datetime, until: datetime) -> list[tuple[UUID, str]]:
    """Who was charged commission in [since, until), and in which currency."""
    wanted = select(Earning.specialist_id, Earning.currency).where(
        Earning.earned_at >= since, Earning.earned_at < until, or_(Earning.commission != 0, Earning.tax != 0)
    )
    return [(who, currency) for who, currency in session.execute(wanted.distinct().order_by(Earning.specialist_id))]


def subjects_of(session: Session, transfers: Iterable[UUID]) -> dict[UUID, UUID]:
    """The subject of each of these transfers that has one."""
    found = select(Transfer.id, Transfer.subject).where(Transfer.id.in_(list(transfers)))
    return {id: subject for id, subject in session.execute(found) if subject is not None}


def _about(subject: UUID) -> Any:
    return exists().where(DocumentLine.document_id == Document.id, DocumentLine.subject == subject)


def _cards() -> Select[Any]:
    return select(Document, _CREDITED, _NUMBER)


def _page(session: Session, wanted: Select[Any], before: datetime | None, limit: int) -> list[Card]:
    if before is not None:
        wanted = wanted.where(Document.issued_at < before)
    rows = session.execute(wanted.order_by(Document.issued_at.desc(), Document.id.desc()).limit(min(limit, MOST_ROWS)))
    return [
        Card(
            row.id, Kind(row.kind), row.reference, row.owner_id, row.owner_kind, Money(row.total, row.currency),
            Money(credited, row.currency), row.issued_at, number or "",
        )
        for row, credited, number in rows
    ]  # fmt: skip


def _open(row: Document, credited: int, credited_tax: int) -> Open:
    def money(minor: int) -> Money:
        return Money(minor, row.currency)

    rest, tax_rest = row.total - credited, row.tax - credited_tax
    return Open(row.id, Kind(row.kind), money(row.total), money(row.tax), money(rest), money(tax_rest))


def _payer(session: Session, job: UUID) -> UUID | None:
    return session.scalar(select(JobPayment.customer_id).where(JobPayment.job == job))


def _numbers(session: Session, attempt: UUID) -> dict[str, str]:
    row = session.get(TopUpAttempt, attempt)
    if row is None:
        return {}
    said = {"transaction_number": row.txn, "tracking_number": row.bank, "gateway": row.gateway}
    return {name: value for name, value in said.items() if value}


def _code(transfer: Any) -> Any:
    """The owner of the tax account that a transfer touched."""
    return (
        select(Account.owner_id)
        .join(Entry, Entry.account_id == Account.id)
        .where(Entry.transfer_id == transfer, Account.kind == "tax")
        .limit(1)
        .scalar_subquery()
    )
