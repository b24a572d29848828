"""`karigar bench statements`: our readers beside what they stand on, and a large file on its way into the database.

camt.053: beside a bare walk of the same XML by the same parser, which takes every element and looks at none. MT940:
beside the library alone. Both take turns within each round; what counts is the processor time that each has used.
"""

import io
import resource
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import mt940 as library
from lxml import etree

from marketplace.foundation import clock
from marketplace.foundation.database import WORKER_LIMITS, open_database, transaction
from marketplace.foundation.ids import uuid7
from payments.statements import actions
from payments.statements.mapping import Mapping
from payments.statements.readers import Given, How, camt053, mt940
from payments.statements.rules import Source, Tally
from web.bench.place import open_place
from web.bench.telling import progress

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"
FIRST = date(2026, 1, 1)
CARD = Mapping(
    Source.STATEMENT, {"booked": "Day", "amount": "Amount", "text": "Text", "key": "No", "balance": "Balance"},
    currency="BDT", account="BENCH0001",
)  # fmt: skip


def measure(*, rounds: int, entries: int, lines: int) -> tuple[dict[str, float], dict[str, Any]]:
    """The figures by their names, and what they were made of. `lines`: of the file that is imported; 0 for none."""
    camt, messages = _camt(entries), _mt940(entries)
    text = messages.decode()
    runs: dict[str, Callable[[], object]] = {
        "walk": lambda: _walk(camt),
        "camt053": lambda: _drain(camt053.read(io.BytesIO(camt))),
        "library": lambda: library.parse(text, options=mt940.OPTIONS),
        "mt940": lambda: _drain(mt940.read(io.BytesIO(messages), "utf-8")),
    }
    taken: dict[str, list[float]] = {name: [] for name in runs}
    for number in range(1, rounds + 1):
        for name, run in runs.items():
            began = time.process_time()
            run()
            taken[name].append(time.process_time() - began)
            progress(f"round {number} of {rounds}: {name:<8} {entries / taken[name][-1]:10.0f} entries/s")
    speed = {name: entries / median(each) for name, each in taken.items()}
    figures = {
        "camt053_vs_walk": round(speed["camt053"] / speed["walk"], 3),
        "mt940_vs_library": round(speed["mt940"] / speed["library"], 3),
    }
    if lines:
        figures |= _import(lines)
    return figures, {"entries": entries, "entries_per_s": {name: round(each) for name, each in speed.items()}}


def _drain(events: Iterator[Any]) -> int:
    """Read to the end, with everything added up as an import does."""
    return sum(1 for _ in Tally().through(events))


def _walk(body: bytes) -> int:
    count = 0
    for _, element in etree.iterparse(io.BytesIO(body), events=("end",), resolve_entities=False, no_network=True):
        element.clear()
        count += 1
    return count


def _import(lines: int) -> dict[str, float]:
    """A CSV of so many lines into a new database: how fast, and how much memory this process ever held."""
    with open_place(floors=False) as place:
        file = place.folder / "large.csv"
        _write_csv(file, lines)
        progress(f"a file of {file.stat().st_size / 1e6:.0f} MB with {lines} lines")
        engine = open_database(place.url, connections=2, limits=WORKER_LIMITS)
        try:
            began = time.perf_counter()
            given = Given(lambda: file.open("rb"), file.stat().st_size, b"bench")
            with transaction() as session:
                done = actions.import_file(
                    session, given, How("sandbox", Source.STATEMENT, CARD), by=uuid7(), now=clock.now(),
                    told=lambda count: progress(f"  {count} lines") if count % 100_000 == 0 else None,
                )  # fmt: skip
            seconds = time.perf_counter() - began
        finally:
            engine.dispose()
    if done.new_lines != lines:
        raise RuntimeError(f"{done.new_lines} of {lines} lines were taken in")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"import_lines_per_s": round(lines / seconds), "import_seconds": round(seconds, 1), "rss_mb": round(peak)}


def _write_csv(file: Path, lines: int) -> None:
    balance = 0
    with file.open("w") as out:
        out.write("Day,No,Text,Amount,Balance\n")
        for number in range(lines):
            net = number * 37 % 99_991 - 20_000
            balance += net
            day = FIRST + timedelta(days=number * 300 // lines)
            out.write(f"{day},K{number},Settlement {number},{_figure(net)},{_figure(balance)}\n")


def _figure(minor: int) -> str:
    return f"{'-' if minor < 0 else ''}{abs(minor) // 100}.{abs(minor) % 100:02d}"


def _camt(entries: int) -> bytes:
    total = sum(number % 90_000 + 1 for number in range(entries))
    head = (f'<?xml version="1.0" encoding="UTF-8"?><Document xmlns="{NAMESPACE}"><BkToCstmrStmt><Stmt><Id>1</Id>'
            "<Acct><Id><Othr><Id>BENCH0001</Id></Othr></Id><Ccy>BDT</Ccy></Acct>"
            + _balance("OPBD", 0) + _balance("CLBD", total)
            )  # fmt: skip
    out = [head]
    out += [
        f'<Ntry><NtryRef>{n}</NtryRef><Amt Ccy="BDT">{_figure(n % 90_000 + 1)}</Amt><CdtDbtInd>CRDT</CdtDbtInd>'
        f"<Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2026-11-21</Dt></BookgDt><ValDt><Dt>2026-11-21</Dt></ValDt>"
        f"<AcctSvcrRef>REF{n:09d}</AcctSvcrRef><BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd><SubFmlyCd>ESCT"
        f"</SubFmlyCd></Fmly></Domn></BkTxCd><NtryDtls><TxDtls><Refs><EndToEndId>E{n:09d}</EndToEndId></Refs>"
        f'<Amt Ccy="BDT">{_figure(n % 90_000 + 1)}</Amt><CdtDbtInd>CRDT</CdtDbtInd><RltdPties><Dbtr><Pty><Nm>Somebody'
        f"</Nm></Pty></Dbtr></RltdPties><RmtInf><Ustrd>Settlement B20261121-BDT-T1000001</Ustrd></RmtInf></TxDtls>"
        "</NtryDtls></Ntry>"
        for n in range(entries)
    ]  # fmt: skip
    return "".join([*out, "</Stmt></BkToCstmrStmt></Document>"]).encode()


def _balance(code: str, minor: int) -> str:
    return (f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy='BDT'>{_figure(minor)}</Amt><CdtDbtInd>CRDT"
            "</CdtDbtInd><Dt><Dt>2026-11-21</Dt></Dt></Bal>")  # fmt: skip


def _mt940(entries: int) -> bytes:
    total = sum(number % 90_000 + 1 for number in range(entries))
    lines = "".join(
        f":61:2611211121C{_figure(n % 90_000 + 1).replace('.', ',')}NTRFREF{n:09d}//BANK{n:09d}\r\n"
        f":86:Settlement B20261121-BDT-T1000001 of day {n}\r\n"
        for n in range(entries)
    )
    closing = _figure(total).replace(".", ",")
    return (f":20:START\r\n:25:BENCH0001\r\n:28C:1/1\r\n:60F:C261121BDT0,00\r\n{lines}:62F:C261121BDT{closing}\r\n-\r\n"
            ).encode()  # fmt: skip
