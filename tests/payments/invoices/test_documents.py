"""Documents against the ledger: totals to the unit, numbers without a gap, nothing twice, nothing given back twice."""

import random
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from marketplace.foundation.database import transaction
from marketplace.foundation.ids import derived, uuid7
from marketplace.foundation.money import Money
from payments import audits
from payments.invoices import actions, queries
from payments.invoices.rules import (
    About,
    CreditNotPositive,
    CreditTooLarge,
    DocumentNotFound,
    Draft,
    Issuer,
    Kind,
    Line,
    NothingToCredit,
    Reason,
    What,
    fiscal_year,
    month_of,
    reference,
)
from payments.invoices.statements import statement
from payments.ledger import queries as books
from payments.ledger.rules import SecondPersonNeeded
from payments.wallets import actions as wallets
from payments.wallets import returns
from payments.wallets.rules import FeeShare, Share, split, split_fee, split_refund, wallet_of

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
TITLE = {"en": "AC service", "bn": "এসি সার্ভিস", "fa": "سرویس کولر", "ar": "صيانة مكيف"}
DHAKA = Issuer(derived("test", "house"), dict.fromkeys(TITLE, "Karigar"), "BD", "Asia/Dhaka")


def bdt(minor: int) -> Money:
    return Money(minor, "BDT")


def shared(gross: int) -> Share:
    return split(bdt(gross), commission_basis_points=1_500, tax_basis_points=1_000)


class Trade:
    """One customer, one specialist, and what they do to each other's wallets."""

    def __init__(self, session: Session) -> None:
        self.session, self.customer, self.specialist = session, uuid7(), uuid7()
        self.about = About("K-4711", TITLE)

    def top_up(self, minor: int) -> UUID:
        return wallets.credit_topup(
            self.session, attempt=uuid7(), owner=self.customer, owner_kind="customer", gateway="sandbox",
            amount=bdt(minor), now=NOW,
        ).transfer  # fmt: skip

    def paid_job(self, minor: int, *, promotion: int = 0, job: UUID | None = None) -> tuple[UUID, UUID]:
        job = job or uuid7()
        wallets.hold_for_job(self.session, job=job, customer=self.customer, amount=bdt(minor), now=NOW)
        posted = wallets.capture_job(
            self.session, job=job, customer=self.customer, specialist=self.specialist, share=shared(minor),
            promotion=bdt(promotion), warranty_until=None, now=NOW,
        )  # fmt: skip
        return job, posted.transfer

    def refund(self, job: UUID, minor: int, *, now: datetime = NOW) -> UUID:
        posted = returns.settle(self.session, job=job, case=uuid7(), back=bdt(minor), reason="quality", now=now)
        assert posted is not None
        return posted.transfer

    def cancelled(self, minor: int, fee: int, *, with_specialist: bool = True) -> UUID:
        job = uuid7()
        wallets.hold_for_job(self.session, job=job, customer=self.customer, amount=bdt(minor), now=NOW)
        share: FeeShare = split_fee(
            bdt(fee), specialist_basis_points=6_000 if with_specialist else 0, tax_basis_points=1_000
        )
        return wallets.charge_cancellation(
            self.session, job=job, customer=self.customer, specialist=self.specialist if with_specialist else None,
            share=share, now=NOW,
        ).transfer  # fmt: skip

    def issue(self, transfer: UUID, now: datetime = NOW) -> list[queries.DocumentView]:
        found = actions.issue_for(self.session, transfer, issuer=DHAKA, about=self.about, now=now)
        return [queries.document(self.session, id) for id in found]

    def month(self, month: date, now: datetime) -> list[queries.DocumentView]:
        found = actions.issue_commission(
            self.session, specialist=self.specialist, currency="BDT", month=month, issuer=DHAKA, words={}, now=now
        )
        return [queries.document(self.session, id) for id in found]


@pytest.fixture
def trade(session: Session) -> Trade:
    made = Trade(session)
    made.top_up(1_000_000)
    return made


def faults(session: Session) -> dict[str, int]:
    return {name: found for name, found in audits.figures(session, now=NOW).items() if found and name.startswith("28")}


def test_fiscal_years_begin_where_the_region_says() -> None:
    def year(day: str, region: str, zone: str) -> int:
        return fiscal_year(datetime.fromisoformat(day), region=region, time_zone=zone)

    assert [year(f"2026-0{month}-15T12:00+00:00", "BD", "Asia/Dhaka") for month in (6, 7)] == [2025, 2026]
    assert year("2026-06-30T18:30+00:00", "BD", "Asia/Dhaka") == 2026  # 1 July there already
    assert [year(f"2026-03-{day}T12:00+00:00", "IR", "Asia/Tehran") for day in (20, 21)] == [1404, 1405]
    assert year("2026-03-20T12:00+00:00", "QA", "Asia/Qatar") == 2026
    assert reference(Kind.CREDIT_NOTE, 2026, 17) == "N-2026-000017"
    assert month_of(date(2026, 12, 31)) == (date(2026, 12, 1), date(2027, 1, 1))


def test_a_paid_job_gives_one_receipt_on_the_specialists_behalf(session: Session, trade: Trade) -> None:
    job, transfer = trade.paid_job(11_500, promotion=500)
    (receipt,) = trade.issue(transfer)
    assert (receipt.kind, receipt.reference) == (Kind.RECEIPT, "R-2026-000001")
    assert (receipt.owner, receipt.supplier) == (trade.customer, trade.specialist)
    assert [(line.what, line.amount.minor) for line in receipt.lines] == [(What.JOB, 11_500), (What.PROMOTION, -500)]
    assert (receipt.total, receipt.tax, receipt.taxes) == (bdt(11_000), bdt(0), ())
    assert receipt.lines[0].words == {"number": "K-4711", "title": TITLE}
    assert trade.issue(transfer) == []  # a second worker, a second night
    assert [card.number for card in queries.documents_of(session, trade.customer, subject=job)] == ["K-4711"]
    assert faults(session) == {}


def test_a_fee_shows_its_tax_and_a_top_up_both_numbers(session: Session, trade: Trade) -> None:
    (fee,) = trade.issue(trade.cancelled(4_000, 500))
    assert (fee.kind, fee.total, fee.tax, fee.net) == (Kind.FEE, bdt(500), bdt(18), bdt(482))
    assert [(tax.code, tax.net, tax.tax) for tax in fee.taxes] == [("standard", bdt(182), bdt(18))]
    (topped,) = trade.issue(trade.top_up(700))
    assert (topped.kind, topped.total, topped.owner) == (Kind.TOP_UP, bdt(700), trade.customer)
    assert faults(session) == {}


def test_a_cash_job_gives_its_customer_a_receipt_of_the_price_that_was_paid_by_hand(
    session: Session, trade: Trade
) -> None:
    job, share = uuid7(), shared(6_000)
    wallets.open_wallet(session, owner=trade.specialist, owner_kind="specialist", currency="BDT", limit=bdt(5_000))
    wallets.hold_cash_commission(session, job=job, specialist=trade.specialist, share=share, now=NOW)
    posted = wallets.capture_cash_commission(
        session, job=job, customer=trade.customer, specialist=trade.specialist, share=share, now=NOW
    )
    assert posted is not None
    (receipt,) = trade.issue(posted.transfer)
    assert (receipt.owner, receipt.supplier, receipt.total) == (trade.customer, trade.specialist, bdt(6_000))
    assert faults(session) == {}


def test_refunds_are_credit_notes_that_never_pass_the_receipt(session: Session, trade: Trade) -> None:
    job, transfer = trade.paid_job(11_500)
    (receipt,) = trade.issue(transfer)
    first, second = trade.refund(job, 1_000), trade.refund(job, 10_500)
    (note,) = trade.issue(first)
    assert (note.kind, note.total, note.corrects) == (Kind.CREDIT_NOTE, bdt(1_000), (receipt.id, receipt.reference))
    assert trade.issue(first) == []
    (rest,) = trade.issue(second)
    whole = queries.document(session, receipt.id)
    assert (whole.credited, whole.rest) == (bdt(11_500), bdt(0))
    assert [each[1] for each in whole.notes] == [note.reference, rest.reference]
    assert faults(session) == {}


def test_a_months_commission_is_one_invoice_and_what_comes_back_later_a_credit_note(
    session: Session, trade: Trade
) -> None:
    job, _ = trade.paid_job(11_500)
    other, _ = trade.paid_job(5_000)
    trade.refund(other, 1_000)
    november, december = date(2026, 11, 30), date(2026, 12, 1)
    (invoice,) = trade.month(november, NOW + timedelta(days=12))
    assert (invoice.kind, invoice.owner, invoice.period) == (Kind.COMMISSION, trade.specialist, month_of(november))
    expected = [shared(11_500), shared(5_000), split_refund(bdt(1_000), shared(5_000)).negated]
    assert invoice.total == sum((each.commission + each.tax for each in expected), bdt(0))
    assert invoice.tax == sum((each.tax for each in expected), bdt(0)) == invoice.taxes[0].tax
    assert trade.month(november, NOW + timedelta(days=13)) == []
    trade.refund(job, 11_500, now=NOW + timedelta(days=20))
    (note,) = trade.month(december, NOW + timedelta(days=45))
    back = split_refund(bdt(11_500), shared(11_500))
    assert (note.kind, note.total, note.tax) == (Kind.CREDIT_NOTE, back.commission + back.tax, back.tax)
    assert note.corrects == (invoice.id, invoice.reference)
    assert faults(session) == {}


def test_finance_gives_a_fee_back_once_and_never_more_than_it_was(session: Session, trade: Trade) -> None:
    (fee,) = trade.issue(trade.cancelled(4_000, 500))
    by, command = uuid7(), uuid7()

    def give(minor: int, command: UUID, id: UUID = fee.id, alone: int = 500) -> UUID:
        return actions.give_back(
            session, id, amount=bdt(minor), alone_up_to=bdt(alone), reason=Reason.GOODWILL, by=by, issuer=DHAKA,
            command=command, now=NOW,
        )  # fmt: skip

    before = books.wallet(session, trade.customer, "BDT").posted
    note = queries.document(session, give(200, command))
    assert give(200, command) == note.id
    assert books.wallet(session, trade.customer, "BDT").posted - before == bdt(200) == note.total
    assert (note.tax, note.issued_by, note.reason) == (bdt(7), by, "goodwill")
    with pytest.raises(CreditTooLarge) as refused:
        give(301, uuid7())
    assert refused.value.rest == bdt(300)
    with pytest.raises(SecondPersonNeeded):  # with the two hundred of before
        give(100, uuid7(), alone=299)
    for amount in (0, -1):
        with pytest.raises(CreditNotPositive):
            give(amount, uuid7())
    with pytest.raises(NothingToCredit):
        give(1, uuid7(), note.id)
    with pytest.raises(DocumentNotFound):
        give(1, uuid7(), uuid7())
    give(300, uuid7())
    assert queries.document(session, fee.id).rest == bdt(0)
    assert sum(queries.document(session, id).tax.minor for id, *_ in queries.document(session, fee.id).notes) == 18
    assert faults(session) == {}


def test_totals_equal_the_ledger_over_a_random_history(session: Session, trade: Trade) -> None:
    chance = random.Random(11)
    jobs: list[tuple[UUID, int]] = []
    done: list[UUID] = []
    for _ in range(40):
        price = chance.randrange(1, 20_000)
        match chance.choice(["job", "job", "cancel", "refund", "topup"]):
            case "job":
                job, transfer = trade.paid_job(price, promotion=chance.choice([0, price // 3]))
                jobs.append((job, price))
                done.append(transfer)
            case "cancel":
                done.append(
                    trade.cancelled(price, chance.randrange(1, price + 1), with_specialist=chance.random() < 0.5)
                )
            case "refund" if jobs:
                job, paid = jobs.pop(chance.randrange(len(jobs)))
                done.append(trade.refund(job, chance.randrange(1, paid + 1)))
            case _:
                done.append(trade.top_up(price))
    for transfer in [*done, *queries.undocumented(session, since=NOW - timedelta(days=1))]:
        trade.issue(transfer)
        trade.issue(transfer)
    trade.month(date(2026, 11, 21), NOW)
    assert faults(session) == {}
    assert queries.undocumented(session, since=NOW - timedelta(days=1)) == []
    _equals_ledger(session, done)


def _equals_ledger(session: Session, transfers: Iterable[UUID]) -> None:
    """Income and tax as documents say them: what fees and commission ask less what was given back."""
    taxed = session.execute(
        text("SELECT sum(CASE kind WHEN 'credit_note' THEN -tax ELSE tax END) FROM document")
    ).scalar_one()
    owed = session.execute(text("SELECT sum(posted) FROM ledger.account WHERE kind = 'tax'")).scalar_one()
    assert taxed == owed
    assert len(list(transfers)) == 40


def test_what_was_issued_cannot_be_changed(session: Session, trade: Trade) -> None:
    trade.issue(trade.paid_job(1_000)[1])
    columns = {"document": "tax", "document_line": "tax", "document_tax": "tax", "document_seal": "digest"}
    for table, column in columns.items():
        _refused(session, f"DELETE FROM {table}")
        _refused(session, f"UPDATE {table} SET {column} = {column}")
    _refused(session, "DELETE FROM document_counter")
    _refused(session, "UPDATE document_counter SET last = last + 2")


def _refused(session: Session, statement_: str) -> None:
    with pytest.raises(DBAPIError, match="append-only"), session.begin_nested():
        session.execute(text(statement_))


def _draft() -> Draft:
    id = uuid7()
    line = Line(What.JOB, bdt(100), bdt(0), id, uuid7(), {})
    return Draft(id, Kind.RECEIPT, uuid7(), "customer", "BDT", (line,))


class GoneWrong(Exception):
    pass


def _may_go_wrong(nth: int) -> None:
    if nth % 5 == 0:
        raise GoneWrong


def test_fifty_at_once_get_the_numbers_one_to_fifty_and_a_rolled_back_one_leaves_no_gap(database: Engine) -> None:
    def issue(nth: int) -> None:
        try:
            with transaction() as session:
                actions.issue(session, _draft(), issuer=DHAKA, now=NOW)
                _may_go_wrong(nth)
        except GoneWrong:
            with transaction() as session:
                actions.issue(session, _draft(), issuer=DHAKA, now=NOW)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(issue, range(50)))
    with transaction() as session:
        numbers = sorted(session.scalars(text("SELECT number FROM document")))
        assert numbers == list(range(1, 51))
        assert faults(session) == {"28_documents_unlike_the_ledger": 50}  # these drafts document no transfer


def test_a_statement_runs_from_opening_to_closing(session: Session, trade: Trade) -> None:
    name = wallet_of(trade.customer, "customer", "BDT")
    begun = session.execute(text("SELECT clock_timestamp()")).scalar_one()
    trade.paid_job(11_500)
    trade.cancelled(4_000, 500)
    trade.top_up(700)
    ended = session.execute(text("SELECT clock_timestamp()")).scalar_one()
    whole = statement(session, name, since=begun, until=ended)
    assert whole.opening.posted == bdt(1_000_000)
    assert whole.closing == books.balance(session, books.account(session, name) or 0)
    assert whole.opening.posted + whole.came - whole.went == whole.closing.posted
    running = whole.opening.posted
    for line in whole.lines:
        running += line.posted
        assert line.posted_after == running
    assert set(whole.kinds) == {"hold", "capture", "cancellation", "topup"}
    paid = statement(session, name, since=begun, until=ended, kinds=["capture"])
    assert ([line.kind for line in paid.lines], paid.others) == (["capture"], 4)
    empty = statement(session, wallet_of(uuid7(), "customer", "BDT"), since=begun, until=ended)
    assert (empty.closing.posted, empty.lines) == (bdt(0), ())
