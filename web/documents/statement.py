"""A wallet's statement in a reader's language: as a paper, and as the rows of a sheet."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from uuid import UUID

from marketplace.foundation.languages import Formatter
from marketplace.foundation.money import Money
from payments.invoices.rules import About
from payments.invoices.statements import Statement
from payments.ledger.queries import Line
from payments.wallets.queries import EarningsTotal
from web.documents import words
from web.documents.paper import Cell, Column, Paper, Pen, Total, bare, pseudonym, upright
from web.pages.finance.sheets import Cell as SheetCell
from web.sentences.marking import N_

TITLE = N_("Statement of the wallet")
LEAD = N_("Issued by {house}. Every movement of the period, and what was left after it.")
OPENING = N_("At the beginning")
CLOSING = N_("At the end")
CAME = N_("Came in")
WENT = N_("Went out")
SET_ASIDE = N_("Set aside")
BALANCE = N_("Balance")
FREE = N_("Free")
DAY = N_("Day")
MOVEMENT = N_("Movement")
MADE = N_("Made on")
WALLET_OF = {"customer": N_("Wallet of customer"), "specialist": N_("Wallet of specialist")}
EARNED = N_("Earned in the period")
COMMISSION_TAKEN = N_("Commission taken off")
TAX_TAKEN = N_("Tax on it taken off")
NET_PAY = N_("Net pay")
SOME_ONLY = N_("Only some movements are shown; opening and closing balance are those of all.")
NOTE = N_("What is set aside belongs to you and is waiting for a visit, a decision or a bank.")
TIME_HEAD = N_("Time")
KIND_HEAD = N_("Kind")
JOB_HEAD = N_("Job")
CURRENCY_HEAD = N_("Currency")
REFERENCE_HEAD = N_("Reference")
RECORDED_HEAD = N_("Recorded")


def write(
    said: Statement,
    formatter: Formatter,
    *,
    house: str,
    phone: str,
    name: str | None,
    about: Mapping[UUID, About],
    made_at: datetime,
    earned: EarningsTotal | None = None,
) -> Paper:
    """The statement as a paper. `earned`: a specialist's totals of the period, with what was taken off."""
    pen = Pen(formatter)
    last = min(made_at, said.until)
    period = pen(words.FROM_TO, first=bare(pen.day(said.since)), last=bare(pen.day(last)))
    owner = pen.show.text(name) if name else pen.code(pseudonym(said.name.owner))
    return Paper(
        language=pen.language, direction=pen.direction, house=pen.show.text(house), reference="", title=pen(TITLE),
        lead=pen(LEAD, house=house), issued=pen.day(made_at),
        facts=(
            (pen(WALLET_OF.get(said.name.owner_kind, WALLET_OF["customer"])), owner),
            (pen(words.PERIOD), period), (pen(MADE), pen.show.date_time(made_at)),
        ),
        columns=(
            Column(pen(DAY)), Column(pen(MOVEMENT), wide=True), Column(pen(words.AMOUNT), end=True),
            Column(pen(SET_ASIDE), end=True), Column(pen(BALANCE), end=True),
        ),
        rows=tuple(_row(pen, said, line, about) for line in said.lines), totals=tuple(_totals(pen, said, earned)),
        words="", notes=(pen(NOTE), *([pen(SOME_ONLY)] if said.others else [])),
        foot=pen(words.ASK, house=house, phone=upright(pen.show.phone(phone))) if phone else pen.show.text(house),
        pages=pen.pages(),
    )  # fmt: skip


def _row(pen: Pen, said: Statement, line: Line, about: Mapping[UUID, About]) -> tuple[Cell, ...]:
    job = None if line.subject is None else about.get(line.subject)
    note = "" if job is None else pen(words.JOB_NUMBER, number=upright(job.number))
    return (
        Cell(pen.show.date(line.effective_at, "numeric"), pen.show.time(line.effective_at)),
        Cell(called(pen, said, line), note), Cell(_moved(pen, line.posted)), Cell(_moved(pen, line.held)),
        Cell(_short(pen, line.posted_after)),
    )  # fmt: skip


def called(pen: Pen, said: Statement, line: Line) -> str:
    """What a movement is called to the wallet's owner."""
    return pen(words.movement(line.kind, said.name.owner_kind))


def _moved(pen: Pen, amount: Money) -> str:
    return "" if amount.is_zero else _short(pen, amount)


def _short(pen: Pen, amount: Money) -> str:
    """An amount without the rials beside its tomans, where room is short."""
    return pen.isolated(pen.show.money(amount))


def _totals(pen: Pen, said: Statement, earned: EarningsTotal | None) -> Iterator[Total]:
    yield Total(pen(OPENING), pen.money(said.opening.posted))
    yield Total(pen(CAME), pen.money(said.came))
    yield Total(pen(WENT), pen.money(-said.went))
    yield Total(pen(CLOSING), pen.money(said.closing.posted), strong=True)
    yield Total(pen(SET_ASIDE), pen.money(said.closing.held))
    yield Total(pen(FREE), pen.money(said.closing.available))
    if earned is not None:
        yield Total(pen(EARNED), pen.money(earned.gross))
        yield Total(pen(COMMISSION_TAKEN), pen.money(-earned.commission))
        yield Total(pen(TAX_TAKEN), pen.money(-earned.tax))
        yield Total(pen(NET_PAY), pen.money(earned.net), strong=True)


def sheet_of(
    said: Statement, formatter: Formatter, about: Mapping[UUID, About]
) -> tuple[list[str], list[list[SheetCell]]]:
    """Heads and rows for a file: moments in UTC, amounts as numbers, the same figures as the paper."""
    pen = Pen(formatter)
    heads = [
        TIME_HEAD, KIND_HEAD, JOB_HEAD, words.AMOUNT, SET_ASIDE, BALANCE, FREE, CURRENCY_HEAD, REFERENCE_HEAD,
        RECORDED_HEAD,
    ]  # fmt: skip
    rows: list[list[SheetCell]] = []
    for line in said.lines:
        job = None if line.subject is None else about.get(line.subject)
        rows.append([
            line.effective_at, bare(called(pen, said, line)), "" if job is None else pen.code(job.number), line.posted,
            line.held, line.posted_after, line.posted_after - line.held_after, said.name.currency, line.transfer,
            line.recorded_at,
        ])  # fmt: skip
    return [pen(head) for head in heads], rows
