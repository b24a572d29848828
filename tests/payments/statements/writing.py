"""Statements as banks write them, in every form that we read, from one plain description."""

import csv
import io
import zipfile
from dataclasses import dataclass
from datetime import date
from typing import Any

from openpyxl import Workbook
from persiantools.jdatetime import JalaliDate

from marketplace.foundation.scripts import native_digits
from payments.statements.mapping import Mapping
from payments.statements.rules import Source

ACCOUNT = "QA58DOHB00001234567890ABCDEFG"
CAMT = "urn:iso:std:iso:20022:tech:xsd:camt.053.001."


@dataclass(frozen=True)
class Move:
    """One movement: net minor units of a currency with two decimals."""

    net: int
    on: date
    ref: str | None = None  # a payout or a batch of ours
    reversal: bool = False
    own: str = ""
    parts: tuple["Move", ...] = ()


@dataclass(frozen=True)
class Told:
    """A statement of one account."""

    moves: tuple[Move, ...]
    opening: int = 0
    currency: str = "QAR"
    account: str = ACCOUNT

    @property
    def closing(self) -> int:
        return self.opening + sum(each.net for each in self.moves)

    @property
    def last(self) -> date:
        return max((each.on for each in self.moves), default=date(2026, 11, 21))


def major(minor: int, point: str = ".") -> str:
    return f"{abs(minor) // 100}{point}{abs(minor) % 100:02d}"


def mark(minor: int) -> str:
    return "DBIT" if minor < 0 else "CRDT"


def camt(told: Told, version: str = "08", closing_off: int = 0) -> bytes:
    """One document with one statement."""
    status = "<Sts><Cd>BOOK</Cd></Sts>" if version == "08" else "<Sts>BOOK</Sts>"

    def amount(minor: int) -> str:
        return f'<Amt Ccy="{told.currency}">{major(minor)}</Amt>'

    def balance(code: str, minor: int, on: date) -> str:
        return (f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>{amount(minor)}"
                f"<CdtDbtInd>{mark(minor)}</CdtDbtInd>"
                f"<Dt><Dt>{on}</Dt></Dt></Bal>")  # fmt: skip

    def part(move: Move) -> str:
        own = f"<AcctSvcrRef>{move.own}</AcctSvcrRef>" if move.own else ""
        said = f"<Amt Ccy='{told.currency}'>{major(move.net)}</Amt><CdtDbtInd>{mark(move.net)}</CdtDbtInd>"
        if version != "08":
            said = f"<AmtDtls><TxAmt>{amount(move.net)}</TxAmt></AmtDtls>"
        return (f"<TxDtls><Refs>{own}<EndToEndId>{move.ref or 'NOTPROVIDED'}</EndToEndId></Refs>{said}<RltdPties><Dbtr>"
                "<Nm>R KHATUN</Nm></Dbtr></RltdPties></TxDtls>")  # fmt: skip

    def entry(move: Move) -> str:
        parts = "".join(part(each) for each in move.parts or (move,))
        own = f"<AcctSvcrRef>{move.own}</AcctSvcrRef>" if move.own else ""
        reversal = "<RvslInd>true</RvslInd>" if move.reversal else ""
        return (f"<Ntry>{amount(move.net)}<CdtDbtInd>{mark(move.net)}</CdtDbtInd>{reversal}{status}"
                f"<BookgDt><Dt>{move.on}</Dt></BookgDt><ValDt><Dt>{move.on}</Dt></ValDt>{own}<BkTxCd/><NtryDtls>{parts}</NtryDtls></Ntry>"
                )  # fmt: skip

    body = "".join(entry(each) for each in told.moves)
    return (f'<?xml version="1.0" encoding="UTF-8"?><Document xmlns="{CAMT}{version}"><BkToCstmrStmt><GrpHdr><MsgId>1'
            f"</MsgId></GrpHdr><Stmt><Id>1</Id><Acct><Id><IBAN>{told.account}</IBAN></Id><Ccy>{told.currency}</Ccy></Acct>"
            f"{balance('OPBD', told.opening, told.last)}{balance('CLBD', told.closing + closing_off, told.last)}{body}"
            "</Stmt></BkToCstmrStmt></Document>").encode()  # fmt: skip


def mt940(told: Told, closing_off: int = 0) -> bytes:
    """One message, its envelope around it."""

    def balance(tag: str, minor: int) -> str:
        return f":{tag}:{'D' if minor < 0 else 'C'}{told.last:%y%m%d}{told.currency}{major(minor, ',')}\r\n"

    def line(move: Move) -> str:
        side = "D" if move.net < 0 else "C"
        if move.reversal:
            side = "RC" if move.net < 0 else "RD"
        return (f":61:{move.on:%y%m%d%m%d}{side}{major(move.net, ',')}NTRF{'NONREF'}//{move.own or 'B1'}\r\n"
                f":86:{move.ref or 'SALARY R KHATUN'}\r\n")  # fmt: skip

    return ("{1:F01BANKQAQAXXXX0000000000}{2:I940BANKQAQAXXXXN}{4:\r\n:20:STARTUMS\r\n:25:" + told.account
            + "\r\n:28C:1/1\r\n" + balance("60F", told.opening) + "".join(line(each) for each in told.moves)
            + balance("62F", told.closing + closing_off) + "-}\r\n").encode()  # fmt: skip


def ofx(told: Told, version: int = 2) -> bytes:
    """Version 1 leaves its tags open."""

    def leaf(name: str, value: str) -> str:
        return f"<{name}>{value}" + (f"</{name}>" if version == 2 else "\r\n")

    def line(number: int, move: Move) -> str:
        sign = "-" if move.net < 0 else ""
        return ("<STMTTRN>" + leaf("TRNTYPE", "CREDIT" if move.net > 0 else "DEBIT")
                + leaf("DTPOSTED", f"{move.on:%Y%m%d}120000[+3:AST]") + leaf("TRNAMT", sign + major(move.net))
                + leaf("FITID", move.own or f"F{number:06d}") + leaf("NAME", "R &amp; KHATUN")
                + leaf("MEMO", move.ref or "x") + "</STMTTRN>")  # fmt: skip

    head = '<?xml version="1.0"?><?OFX OFXHEADER="200" VERSION="220"?>' if version == 2 else "OFXHEADER:100\r\n\r\n"
    sign = "-" if told.closing < 0 else ""
    return (head + "<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS>" + leaf("CURDEF", told.currency) + "<BANKACCTFROM>"
            + leaf("ACCTID", told.account) + "</BANKACCTFROM><BANKTRANLIST>"
            + "".join(line(n, each) for n, each in enumerate(told.moves)) + "</BANKTRANLIST><LEDGERBAL>"
            + leaf("BALAMT", sign + major(told.closing)) + leaf("DTASOF", f"{told.last:%Y%m%d}")
            + "</LEDGERBAL></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>").encode()  # fmt: skip


HEADINGS = {"booked": "Date", "text": "Details", "debit": "Out", "credit": "In", "balance": "Balance", "key": "No"}
BY_COLUMNS = Mapping(Source.STATEMENT, HEADINGS, currency="QAR", account=ACCOUNT, order="dmy", sign="columns",
                     ignored=("Total",), decimals="comma", separator=";")  # fmt: skip
JALALI_HEADINGS = {"booked": "تاریخ", "amount": "مبلغ", "balance": "مانده", "text": "شرح"}
JALALI = Mapping(Source.STATEMENT, JALALI_HEADINGS, currency="QAR",
                 account=ACCOUNT, calendar="jalali", sign="signed")  # fmt: skip


def by_columns(told: Told, encoding: str = "utf-8-sig") -> bytes:
    """Semicolons, decimal commas, dotted groups, two columns, lines before the heading, a total below."""
    rows: list[list[str]] = [["My Bank", "", "", "", "", ""], ["No", "Date", "Details", "Out", "In", "Balance"]]
    stands = told.opening
    for number, move in enumerate(told.moves, start=1):
        stands += move.net
        figure = f"{abs(move.net) // 100:,}".replace(",", ".") + f",{abs(move.net) % 100:02d}"
        balance = ("-" if stands < 0 else "") + major(stands, ",")
        rows.append([move.own or f"N{number}", f"{move.on:%d/%m/%Y}", move.ref or "x;y",
                     figure if move.net < 0 else "", figure if move.net > 0 else "", balance])  # fmt: skip
    rows.append(["Total", "", "", "1", "2", ""])
    return _csv(rows, ";").decode().encode(encoding)


def jalali(told: Told) -> bytes:
    """Persian digits, Jalali days, groups of three; Excel's own mark of bytes in front."""
    rows = [["تاریخ", "شماره کارت", "شرح", "مبلغ", "مانده"]]
    stands = told.opening
    for move in told.moves:
        stands += move.net
        day = JalaliDate(move.on)  # type: ignore[no-untyped-call]
        cells = [f"{day.year}/{day.month:02d}/{day.day:02d}", "603799******1234", move.ref or "x",
                 f"{move.net // 100 if move.net >= 0 else -(-move.net // 100):,}", ""]  # fmt: skip
        sign = "-" if move.net < 0 else ""
        cells[3], cells[4] = sign + _grouped(move.net), ("-" if stands < 0 else "") + _grouped(stands)
        rows.append([native_digits(cell, "fa") if n != 2 else cell for n, cell in enumerate(cells)])
    return b"\xef\xbb\xbf" + _csv(rows, ",")


def workbook(rows: list[list[Any]]) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)  # type: ignore[union-attr]
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def columns_workbook(told: Told) -> bytes:
    """Amounts as numbers, days as days."""
    rows: list[list[Any]] = [["My Bank"], ["No", "Date", "Details", "Out", "In", "Balance"]]
    stands = told.opening
    for number, move in enumerate(told.moves, start=1):
        stands += move.net
        rows.append([move.own or f"N{number}", move.on, move.ref or "x", -move.net / 100 if move.net < 0 else None,
                     move.net / 100 if move.net > 0 else None, stands / 100])  # fmt: skip
    return workbook(rows)


def zipped(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in files.items():
            archive.writestr(name.replace("__", "."), body)
    return out.getvalue()


def _grouped(minor: int) -> str:
    return f"{abs(minor) // 100:,}.{abs(minor) % 100:02d}"


def _csv(rows: list[list[str]], separator: str) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=separator).writerows(rows)
    return out.getvalue().encode()
