"""A document in a reader's language: the one source of its page and of its PDF.

Every text is plain and in its final form; numbers, references and names stand in Unicode isolates. Days stand in the
reader's calendar, the Gregorian one beside a Jalali one; references keep their Latin digits.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from markupsafe import Markup

from marketplace.foundation.amounts_in_words import in_words
from marketplace.foundation.languages import Formatter
from marketplace.foundation.money import Money
from marketplace.foundation.scripts import END_OF_ISOLATE, LEFT_TO_RIGHT_ISOLATE
from payments.invoices.queries import DocumentView, LineView
from payments.invoices.rules import Kind, What
from web import templating
from web.documents import words
from web.translations import translate

MOST_PAGES: Final = 400
RIGHT_TO_LEFT_ISOLATE: Final = "\u2067"
_ISOLATES: Final = dict.fromkeys((0x2066, 0x2067, 0x2068, 0x2069))


@dataclass(frozen=True, slots=True)
class Column:
    """A head of the paper's table; `wide` takes the room that is left."""

    text: str
    end: bool = False
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell, with small print below."""

    text: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Total:
    """A line below the table."""

    label: str
    value: str
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a paper with a title, a table and small print of its own."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Paper:
    """What stands on a paper, from top to bottom."""

    language: str
    direction: str
    house: str
    reference: str
    title: str
    lead: str
    issued: str
    facts: tuple[tuple[str, str], ...]
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    totals: tuple[Total, ...]
    words: str
    notes: tuple[str, ...]
    foot: str
    pages: tuple[str, ...]
    sections: tuple[Section, ...] = ()


class Pen:
    """Writes in one reader's language and way of counting; what it writes is plain text with isolates."""

    def __init__(self, formatter: Formatter) -> None:
        self.language = formatter.language
        self.direction = formatter.direction
        self.show = formatter.plain
        self._words = templating.Words(formatter)

    def __call__(self, message: str, /, **facts: object) -> str:
        """A sentence that is marked for translation where it stands."""
        return str(templating.plain(self._words.gettext(message, **facts)))

    def code(self, text: str) -> str:
        return self.show.code(text)

    def money(self, amount: Money) -> str:
        """The amount; rials beside their tomans."""
        return self.isolated(self.show.money_in_full(amount))

    def isolated(self, text: str) -> str:
        """Isolated in the reader's own direction: a Persian minus would turn an amount to the left."""
        opening = RIGHT_TO_LEFT_ISOLATE if self.direction == "rtl" else LEFT_TO_RIGHT_ISOLATE
        return f"{opening}{bare(text)}{END_OF_ISOLATE}"

    def day(self, moment: datetime | date) -> str:
        """A day in the reader's calendar; where that is another than the Gregorian, the Gregorian day beside."""
        first = self.show.date(moment, "long")
        beside = self.show.second_date(moment) if self.show.calendar == "jalali" else None
        return self.isolated(f"{bare(first)} ({bare(beside)})") if beside else first

    def pages(self) -> tuple[str, ...]:
        found = translate(self.language, words.PAGE)
        return tuple(found.format(number=self.show.number(number)) for number in range(1, MOST_PAGES + 1))


def pseudonym(owner: UUID) -> str:
    """How a person stands in the books where no name is shown."""
    return owner.hex[-8:].upper()


def write(document: DocumentView, formatter: Formatter, *, name: str | None, phone: str = "") -> Paper:
    """The document for this reader. `name`: of its owner, where the reader may read it; else a pseudonym stands."""
    pen = Pen(formatter)
    house = document.issuer.get(pen.language, "Karigar")
    taxed = bool(document.tax)
    rows = tuple(_row(pen, line, taxed=taxed) for line in document.lines)
    columns = [Column(pen(words.WHAT_FOR), wide=True)]
    if taxed:
        columns += [Column(pen(words.NET), end=True), Column(pen(words.TAX), end=True)]
    return Paper(
        language=pen.language, direction=pen.direction, house=pen.show.text(house), reference=document.reference,
        title=pen(words.TITLES[document.kind]), lead=pen(words.LEADS[document.kind], house=house),
        issued=pen.day(document.issued_at), facts=tuple(_facts(pen, document, name)),
        columns=(*columns, Column(pen(words.AMOUNT), end=True)), rows=rows, totals=tuple(_totals(pen, document)),
        words=_in_words(pen, document.total), notes=tuple(_notes(pen, document)), foot=_foot(pen, house, phone),
        pages=pen.pages(),
    )  # fmt: skip


def _facts(pen: Pen, document: DocumentView, name: str | None) -> list[tuple[str, str]]:
    who = words.OWNERS[document.owner_kind]
    facts = [(pen(words.NUMBER), pen.code(document.reference)), (pen(words.ISSUED), pen.day(document.issued_at))]
    facts.append((pen(who), pen.show.text(name) if name else pen.code(pseudonym(document.owner))))
    if document.supplier is not None:
        facts.append((pen(words.SUPPLIER), pen.code(pseudonym(document.supplier))))
    if document.corrects is not None:
        facts.append((pen(words.CORRECTS), pen.code(document.corrects[1])))
    if document.reason is not None and document.reason in words.REASONS:
        facts.append((pen(words.REASON), pen(words.REASONS[document.reason])))
    if document.period is not None:
        first, after = document.period
        last = after - timedelta(days=1)
        facts.append((pen(words.PERIOD), pen(words.FROM_TO, first=bare(pen.day(first)), last=bare(pen.day(last)))))
    if document.kind is Kind.TOP_UP:
        facts += _numbers(pen, document.lines[0].words)
    return facts


def bare(text: str) -> str:
    """Without isolates: to stand inside a sentence, which isolates it."""
    return text.translate(_ISOLATES)


def upright(text: str) -> Markup:
    """A reference or a number that runs from left to right, to stand inside a sentence."""
    return Markup('<bdi dir="ltr">{}</bdi>').format(bare(text))


def _numbers(pen: Pen, said: Mapping[str, object]) -> list[tuple[str, str]]:
    """Both numbers of a top-up (promises.md K8)."""
    labels = (("transaction_number", words.TRANSACTION_NUMBER), ("tracking_number", words.TRACKING_NUMBER),
              ("gateway", words.GATEWAY))  # fmt: skip
    return [(pen(label), pen.code(str(said[key]))) for key, label in labels if said.get(key)]


def _row(pen: Pen, line: LineView, *, taxed: bool) -> tuple[Cell, ...]:
    cells = [Cell(_what(pen, line), _about(pen, line))]
    if taxed:
        cells += [Cell(pen.money(line.amount - line.tax)), Cell(pen.money(line.tax))]
    return (*cells, Cell(pen.money(line.amount)))


def _what(pen: Pen, line: LineView) -> str:
    title = line.words.get("title")
    if line.what in (What.JOB, What.CASH_JOB) and isinstance(title, dict):
        return pen.show.text(str(title.get(pen.language, "")))
    if line.what is What.COMMISSION and line.amount.minor < 0:
        return pen(words.WHATS[What.COMMISSION_BACK])
    return pen(words.WHATS[line.what])


def _about(pen: Pen, line: LineView) -> str:
    """Small print of a line: the job's number, and its title where the line itself says something else."""
    number, title = line.words.get("number"), line.words.get("title")
    if not number:
        return ""
    said = pen(words.JOB_NUMBER, number=upright(str(number)))
    if line.what in (What.JOB, What.CASH_JOB) or not isinstance(title, dict):
        return f"{said} · {pen(words.IN_CASH)}" if line.what is What.CASH_JOB else said
    return f"{pen.show.text(str(title.get(pen.language, '')))} · {said}"


def _totals(pen: Pen, document: DocumentView) -> list[Total]:
    found = []
    if document.tax:
        found.append(Total(pen(words.NET), pen.money(document.net)))
        found += [
            Total(pen(words.TAX_OF, code=pen(words.TAX_CODES.get(tax.code, words.OTHER_TAX))), pen.money(tax.tax))
            for tax in document.taxes
        ]
    found.append(Total(pen(words.SUMS[document.kind]), pen.money(document.total), strong=True))
    for _, reference, amount in document.notes:
        found.append(Total(pen(words.GIVEN_BACK, reference=upright(reference)), pen.money(-amount)))
    if document.notes:
        found.append(Total(pen(words.LEFT), pen.money(document.rest)))
    return found


def _notes(pen: Pen, document: DocumentView) -> list[str]:
    found = [pen(words.NOTES[document.kind])] if document.kind in words.NOTES else []
    if any(line.what is What.CASH_JOB for line in document.lines):
        found.append(pen(words.CASH_NOTE))
    return found


def _in_words(pen: Pen, amount: Money) -> str:
    said = in_words(amount, pen.language)
    return pen(words.IN_WORDS, words=said) if said else ""


def _foot(pen: Pen, house: str, phone: str) -> str:
    """Who stands behind the paper, and whom to ask."""
    if not phone:
        return pen.show.text(house)
    return pen(words.ASK, house=house, phone=upright(pen.show.phone(phone)))
