"""Words about files: what is wrong with one, how one is written, and what a profile says."""

from typing import Final

from marketplace.foundation.errors import Refused
from payments.statements.rules import FileNotUnderstood, Form
from web import answers
from web.identity import Req
from web.pages.finance.words import SOURCES
from web.sentences.marking import N_

__all__ = ["SOURCES", "what_is_wrong", "why"]

FORMS: Final[dict[Form, str]] = {
    Form.HOUSE: N_("the bank's own table"), Form.REPORT: N_("the gateway's own report"),
    Form.CAMT: N_("camt.053, the statement of ISO 20022"), Form.MT940: "MT940", Form.OFX: "OFX",
    Form.TABLE: N_("a table, read by a profile"),
}  # fmt: skip
MATTERS: Final[dict[str, str]] = {
    "no CSV": N_("this is no CSV text"),
    "no XML": N_("this is no whole XML"),
    "no MT940": N_("this is no MT940"),
    "no OFX": N_("this is no OFX"),
    "no camt.053": N_("this is no camt.053 of a version that we read"),
    "no statement": N_("there is no statement in it"),
    "no workbook": N_("this is no workbook that can be read"),
    "no lines": N_("there is no line in it"),
    "too large": N_("it is too large; send it in two parts"),
    "too large when unpacked": N_("it is small, but far too large when unpacked"),
    "too many files in the archive": N_("there are too many files in the archive"),
    "an archive within an archive": N_("there is an archive within the archive"),
    "a locked archive": N_("the archive is locked, or packed in a way that we do not open"),
    "a damaged archive": N_("the archive is damaged, or was cut"),
    "a document type": N_("it declares a document type, which no bank needs and which is never taken"),
    "a line is too long": N_("something in it goes on without an end"),
    "too many columns": N_("the row has too many columns"),
    "it ends in the middle": N_("it ends in the middle"),
    "not the letters it is said to be in": N_("its letters are coded in another way than it is said"),
    "a row is longer or shorter than its heading": N_("the row is longer or shorter than the heading"),
    "the heading is not there": N_("this heading was not found"),
    "a line lacks a field": N_("a field is missing"),
    "a formula": N_("there is a formula where a value belongs"),
    "a number that the workbook has rounded": N_("the number is so long that the workbook has rounded it"),
    "in and out in one row": N_("money goes in and out in one row"),
    "gross less fee is not net": N_("gross less fee is not net"),
    "a balance is not the one before and the line": N_("the balance is not the one before and this line"),
    "the sums of the file are not those of its lines": N_("the sums that it tells are not those of its lines"),
    "a statement is missing between two": N_("a statement is missing between two of it"),
    "a batch in two currencies": N_("a batch is in two currencies"),
    "a batch does not add up": N_("a batch does not add up to its total"),
    "currency": N_("this currency is not known"),
    "opening, lines, closing": N_(
        "it does not begin with an opening balance, end with a closing one, and have lines between"
    ),
    "more than one account": N_("it is about more than one account"),
    "opening and lines do not make closing": N_("opening balance and lines do not make the closing balance"),
    "lines without a reference of their own": N_("two lines have one reference, or a line has none"),
    "a statement, no report": N_("this is a bank's statement, and no report of a gateway"),
    "a profile is needed": N_("we do not know this table yet; make a profile for it"),
}
ENDINGS: Final[dict[str, str]] = {
    "is not of its shape": N_("the value is not of the right shape"),
    "looks like a card number": N_("the value looks like a card number, which is never taken"),
    "is no text": N_("the value is no text"),
    "is no day": N_("this day does not exist"),
}
MAPPED: Final = frozenset({"a profile is needed", "the heading is not there"})
AMOUNT: Final = N_("this is not an amount")
UNKNOWN: Final = N_("it is not of this kind")
WHOLE: Final = N_("Nothing of the file was taken: {matter}.")
IN_LINE: Final = N_("Nothing of the file was taken. Line {line}: {matter}.")
IN_CELL: Final = N_("Nothing of the file was taken. Line {line}, column {column}: {matter}.")

CELLS: Final[dict[str, str]] = {
    "booked": N_("Day"), "time": N_("Time of the day"), "value": N_("Value day"), "key": N_("Number of the line"),
    "kind": N_("Kind"), "txn": N_("Transaction number"), "bank": N_("Tracking number"), "ours": N_("Our order number"),
    "account": N_("Account it is paid into"), "batch": N_("Batch"), "currency": N_("Currency"),
    "gross": N_("Amount paid"), "fee": N_("Fee"), "net": N_("Amount paid out"), "text": N_("Text"),
    "amount": N_("Amount"), "debit": N_("Money out"), "credit": N_("Money in"), "mark": N_("Mark of in or out"),
    "balance": N_("Balance after the line"),
}  # fmt: skip
OPTIONS: Final[dict[str, dict[str, str]]] = {
    "order": {"ymd": N_("year, month, day"), "dmy": N_("day, month, year"), "mdy": N_("month, day, year")},
    "calendar": {"gregorian": N_("Gregorian"), "jalali": N_("Jalali")},
    "decimals": {"point": "1,234.50", "comma": "1.234,50"},
    "unit": {"major": N_("in the currency"), "minor": N_("in its smallest unit"), "toman": N_("in toman")},
    "sign": {
        "signed": N_("one column, minus is out"), "turned": N_("one column, minus is in"),
        "columns": N_("a column for in, one for out"), "mark": N_("one column, a mark beside it"),
    },
    "separator": {"": N_("find out"), ",": N_("comma"), ";": N_("semicolon"), "\t": N_("tab"), "|": N_("bar")},
    "encoding": {
        "": N_("find out"), "utf-8": "UTF-8", "utf-16": "UTF-16", "cp1252": "Windows 1252", "cp1256": "Windows 1256",
    },
}  # fmt: skip
KINDS: Final[dict[str, str]] = {
    "payment": N_("payment"), "refund": N_("refund"), "chargeback": N_("charge-back"), "fee": N_("fee"),
    "reserve": N_("reserve"), "adjustment": N_("adjustment"), "deposit": N_("money in"), "payout": N_("money out"),
    "other": N_("other"),
}  # fmt: skip
LACKING: Final[dict[str, str]] = {
    **CELLS, "account": N_("the account that it is about"), "txn": N_("a number of the payment"),
    "columns": N_("columns with names of at most 120 letters"), "toman": N_("toman goes with rial only"),
    "day_ends": N_("when the day ends, as 23:45"), "debit": N_("the words for money out"),
}  # fmt: skip


def what_is_wrong(request: Req, failure: FileNotUnderstood) -> str:
    """A file's fault in words, with the line and the column where it stands."""
    matter = answers.sentence(request, _matter(failure.matter))
    sentence = IN_CELL if failure.column else IN_LINE if failure.line else WHOLE
    return answers.sentence(request, sentence, line=failure.line, column=failure.column, matter=matter)


def why(request: Req, refusal: Refused) -> str:
    """Any refusal of a file in words."""
    if isinstance(refusal, FileNotUnderstood):
        return what_is_wrong(request, refusal)
    return answers.answer(refusal, request).sentence


def _matter(said: str) -> str:
    if said.startswith("amount"):
        return AMOUNT
    ending = next((words for end, words in ENDINGS.items() if said.endswith(end)), "")
    return ending or MATTERS.get(said, UNKNOWN)
