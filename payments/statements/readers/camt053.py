"""camt.053, the ISO 20022 statement, versions 02 to 13: read as it streams by, in memory that does not grow with it.

What is booked counts; pending and informational entries are left out. A reversal has the sign that it is booked with.
An entry with details that add up to it is as many lines as it has details; without, it is one. Of names and texts
nothing is kept but a payout or a batch of ours that they name.
"""

import re
from collections.abc import Iterator
from datetime import date
from typing import IO, Any, Final, NamedTuple

from lxml import etree

from payments.statements.readers.figures import exponent_of, iso_day, minor_units
from payments.statements.rules import (
    Begins,
    Ends,
    Event,
    FileNotUnderstood,
    LineKind,
    Stated,
    account_in,
    batch_in,
    of_a_bank,
    own_number,
    payout_in,
)

NAMESPACE: Final = re.compile(r"urn:iso:std:iso:20022:tech:xsd:camt\.053\.001\.(0[2-9]|1[0-3])")
PROLOGUE: Final = 64_000
WATCHED: Final = ("Stmt", "Acct", "Bal", "TxsSummry", "TxDtls", "Ntry")
MOST_WITHOUT_END: Final = 500_000
MOST_DETAILS: Final = 200_000
OPENINGS: Final = ("OPBD", "PRCD")
TEXTS: Final = ("}RmtInf", "}AddtlTxInf")
CHARGES: Final = frozenset({"CHRG", "FEES", "COMM"})

Element = Any  # lxml has no types of its own


class _Detail(NamedTuple):
    """One part of an entry; `net` is None where it says no amount."""

    key: str | None
    net: int | None
    batch: str | None
    payout: str | None


class _Statement:
    """What is known of the statement that is being read."""

    def __init__(self) -> None:
        self.account = ""
        self.currency = ""
        self.balances: dict[str, tuple[int, date | None]] = {}
        self.begun = False
        self.details: list[_Detail] = []
        self.entries = 0
        self.credits = self.debits = 0
        self.told: tuple[int | None, str | None, str | None] = (None, None, None)


def read(stream: IO[bytes]) -> Iterator[Event]:
    """The statements of one document. Refuses FileNotUnderstood with the line where it stands."""
    demand_plain_xml(stream)
    try:
        yield from _read(stream)
    except etree.XMLSyntaxError as fault:
        raise FileNotUnderstood("no XML", fault.lineno or 0) from None


def demand_plain_xml(stream: IO[bytes]) -> None:
    """Refuse what declares a document type: entities live there, and no bank has a use for them."""
    head = stream.read(PROLOGUE)
    stream.seek(0)
    plain = head.replace(b"\0", b"")  # UTF-16 of such text is the same text with zeros between
    if b"<!" in re.sub(rb"<!--.*?-->|<!\[CDATA\[", b"", plain, flags=re.DOTALL):
        raise FileNotUnderstood("a document type")
    if not re.search(rb"<[A-Za-z_]", plain):
        raise FileNotUnderstood("no XML")


def parsing(stream: object, tags: tuple[str, ...] | None = None) -> Any:
    """Elements as they end. Resolves no entity, opens no address, and keeps to libxml2's own limits."""
    return etree.iterparse(
        stream, events=("end",), tag=tags, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False,
        remove_comments=True, remove_pis=True,
    )  # fmt: skip


def _read(stream: IO[bytes]) -> Iterator[Event]:
    fed = _Fed(stream)
    now = _Statement()
    prefix, ended = "", False
    for _, element in parsing(fed, tuple(f"{{*}}{name}" for name in WATCHED)):
        fed.since = 0
        prefix = prefix or _prefix(element.getroottree())
        name = element.tag[len(prefix) :]
        yield from _ended(now, name, element, prefix)
        _forget(element, name)
        if name == "Stmt":
            now, ended = _Statement(), True
    if not ended:
        raise FileNotUnderstood("no statement")


class _Fed:
    """The file as the parser takes it in. What goes on and on without an end of anything would fill the memory."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.since = 0

    def read(self, size: int = -1) -> bytes:
        found = self._stream.read(size)
        self.since += len(found)
        if self.since > MOST_WITHOUT_END:
            raise FileNotUnderstood("a line is too long")
        return found


def _prefix(tree: Element) -> str:
    if tree.docinfo.internalDTD is not None:
        raise FileNotUnderstood("a document type")
    root = tree.getroot()
    namespace = etree.QName(root).namespace or ""
    if etree.QName(root).localname != "Document" or not NAMESPACE.fullmatch(namespace):
        raise FileNotUnderstood("no camt.053")
    return f"{{{namespace}}}"


def _ended(now: _Statement, name: str, element: Element, prefix: str) -> Iterator[Event]:
    if name == "Ntry":
        if not now.begun:
            yield _begins(now)
        yield from _entry(now, element, prefix)
        now.details = []
    elif name == "TxDtls":
        if len(now.details) >= MOST_DETAILS:
            raise FileNotUnderstood("a line is too long", element.sourceline or 0)
        now.details.append(_detail(now, element, prefix))
    elif name == "Acct":
        if element.getparent().tag == f"{prefix}Stmt":
            _account(now, element, prefix)
    elif name == "Bal":
        _balance(now, element, prefix)
    elif name == "TxsSummry":
        now.told = (
            _whole(_text(element, prefix, "TtlNtries", "NbOfNtries")),
            _text(element, prefix, "TtlCdtNtries", "Sum"), _text(element, prefix, "TtlDbtNtries", "Sum"),
        )  # fmt: skip
    elif name == "Stmt":
        if not now.begun:
            yield _begins(now)
        yield _ends(now, element.sourceline or 0)


def _forget(element: Element, name: str) -> None:
    """Nothing of what was read stays in the tree, nor the empty places before it."""
    if name == "Acct":
        return
    element.clear()
    before = element.getprevious()
    while before is not None and (name == "Ntry" or before.tag == element.tag):
        before.getparent().remove(before)
        before = element.getprevious()


def _text(element: Element, prefix: str, *path: str) -> str | None:
    found = element.find("/".join(prefix + name for name in path))
    return None if found is None or found.text is None else str(found.text).strip()


def _account(now: _Statement, element: Element, prefix: str) -> None:
    number = _text(element, prefix, "Id", "IBAN") or _text(element, prefix, "Id", "Othr", "Id")
    now.account = account_in(number)
    now.currency = _text(element, prefix, "Ccy") or ""


def _balance(now: _Statement, element: Element, prefix: str) -> None:
    amount, place = element.find(f"{prefix}Amt"), element.sourceline or 0
    if amount is None:
        raise FileNotUnderstood("a line lacks a field", place, "Amt")
    code = _text(element, prefix, "Tp", "CdOrPrtry", "Cd") or ""
    if code not in (*OPENINGS, "CLBD", "ITBD"):
        return  # what may be available some day is no balance
    now.currency = now.currency or amount.get("Ccy", "")
    if amount.get("Ccy") != now.currency:
        raise FileNotUnderstood("more than one account", place)
    minor = minor_units((amount.text or "").strip(), exponent_of(now.currency, place), place, "Amt")
    day = element.find(f"{prefix}Dt")
    said = (day[0].text or "").strip() if day is not None and len(day) else ""
    found = (_signed(_text(element, prefix, "CdtDbtInd"), minor, place), iso_day(said, place, "Dt") if said else None)
    if code == "ITBD":  # of a page: the first is where it begins, the last where it ends
        code = "ITBD-last" if "ITBD" in now.balances or any(each in now.balances for each in OPENINGS) else "ITBD"
    now.balances[code] = found


def _begins(now: _Statement) -> Begins:
    now.begun = True
    opening = next((now.balances[code] for code in (*OPENINGS, "ITBD") if code in now.balances), None)
    if opening is None:
        raise FileNotUnderstood("opening, lines, closing")
    return Begins(now.account or "unknown", now.currency, opening[0])


def _ends(now: _Statement, place: int) -> Ends:
    closing = now.balances.get("CLBD") or now.balances.get("ITBD-last")
    if closing is None:
        raise FileNotUnderstood("opening, lines, closing", place)
    exponent = exponent_of(now.currency, place)
    count, credit, debit = now.told
    for told, found in ((credit, now.credits), (debit, now.debits)):
        if told is not None and minor_units(told, exponent, place, "Sum") != found:
            raise FileNotUnderstood("the sums of the file are not those of its lines", place)
    if count is not None and count != now.entries:
        raise FileNotUnderstood("the sums of the file are not those of its lines", place)
    return Ends(closing[0], closing[1])


def _signed(mark: str | None, minor: int, place: int) -> int:
    if mark == "CRDT":
        return minor
    if mark == "DBIT":
        return -minor
    raise FileNotUnderstood("a line lacks a field", place, "CdtDbtInd")


def _detail(now: _Statement, element: Element, prefix: str) -> _Detail:
    """One TxDtls: its amount, the bank's number for it, and what of ours its texts name."""
    place = element.sourceline or 0
    amount = element.find(f"{prefix}Amt")
    if amount is None:
        amount = element.find(f"{prefix}AmtDtls/{prefix}TxAmt/{prefix}Amt")
    net = None
    if amount is not None and amount.get("Ccy") == now.currency:
        net = minor_units((amount.text or "").strip(), exponent_of(now.currency, place), place, "Amt")
        mark = _text(element, prefix, "CdtDbtInd")
        net = -net if mark == "DBIT" else net
        net = -net if mark is None and _mark_of_entry(element, prefix) == "DBIT" else net
    key, texts = None, []
    for group in element:
        tag = group.tag
        if tag == f"{prefix}Refs":
            key = group.findtext(f"{prefix}AcctSvcrRef")
            texts += group.itertext()
        elif tag.endswith(TEXTS):
            texts += group.itertext()
    said = " ".join(texts)
    return _Detail(own_number(key), net, batch_in(said), payout_in(said))


def _mark_of_entry(element: Element, prefix: str) -> str | None:
    entry = element.getparent().getparent()
    return _text(entry, prefix, "CdtDbtInd")


def _entry(now: _Statement, element: Element, prefix: str) -> Iterator[Stated]:
    said: dict[str, Element] = {}
    for child in element:
        said[child.tag[len(prefix) :]] = child
    place = element.sourceline or 0
    if _status(said.get("Sts")) not in ("BOOK", ""):
        return
    line, marked = _booked(now, said, place)
    now.entries += 1
    now.credits += line.net if marked > 0 else 0
    now.debits -= line.net if marked < 0 else 0
    yield from _with_details(now, line, element, prefix)


def _booked(now: _Statement, said: dict[str, Element], place: int) -> tuple[Stated, int]:
    amount, mark = said.get("Amt"), said.get("CdtDbtInd")
    if amount is None or mark is None:
        raise FileNotUnderstood("a line lacks a field", place, "Amt" if amount is None else "CdtDbtInd")
    if amount.get("Ccy") != now.currency:
        raise FileNotUnderstood("more than one account", place)
    net = _signed(mark.text, minor_units((amount.text or "").strip(), exponent_of(now.currency), place, "Amt"), place)
    booked, value = _day(said.get("BookgDt"), place, "BookgDt"), _day(said.get("ValDt"), place, "ValDt")
    day = booked or value
    if day is None:
        raise FileNotUnderstood("a line lacks a field", place, "BookgDt")
    reversal, number, text = said.get("RvslInd"), said.get("AcctSvcrRef"), said.get("AddtlNtryInf")
    told = "" if text is None else text.text or ""
    line = Stated(
        kind=_kind(said.get("BkTxCd"), net), currency=now.currency, gross=net, fee=0, net=net,
        booked=day, value=value, key=_key(own_number(None if number is None else number.text), day),
        batch=batch_in(told), reference=payout_in(told),
        reversal=reversal is not None and (reversal.text or "").strip() in ("true", "1"), place=place,
    )  # fmt: skip
    return line, 1 if mark.text == "CRDT" else -1


def _key(number: str | None, day: date) -> str | None:
    """Some banks begin their numbers anew every day."""
    return number and f"{number}~{day}"


def _with_details(now: _Statement, line: Stated, element: Element, prefix: str) -> Iterator[Stated]:
    details = now.details
    if len(details) > 1 and all(each.net for each in details) and sum(each.net or 0 for each in details) == line.net:
        for number, each in enumerate(details, 1):
            own = _key(each.key, line.booked)
            key = own if own and own != line.key else line.key and f"{line.key}/{number}"
            net = each.net or 0
            kind = line.kind if line.kind is LineKind.FEE else of_a_bank(net)
            yield line._replace(
                kind=kind, gross=net, net=net, key=key, batch=each.batch or line.batch,
                reference=each.payout or each.batch or line.reference or line.batch,
            )  # fmt: skip
        return
    batches = {each.batch for each in details if each.batch}
    payouts = {each.payout for each in details if each.payout}
    key = line.key or (_key(details[0].key, line.booked) if len(details) == 1 else None)
    batch = line.batch or (batches.pop() if len(batches) == 1 else None)
    payout = line.reference or _of_our_batch(element, prefix)
    payout = payout or (payouts.pop() if len(payouts) == 1 else None)
    yield line._replace(key=key, batch=batch, reference=payout or batch)


def _of_our_batch(entry: Element, prefix: str) -> str | None:
    """The payout batch that the bank has booked as one."""
    batches = entry.iterfind(f"{prefix}NtryDtls/{prefix}Btch")
    return payout_in(" ".join(each.text or "" for batch in batches for each in batch))


def _status(element: Element | None) -> str:
    if element is None:
        return ""
    inner = element[0] if len(element) else element
    return (inner.text or "").strip()


def _day(element: Element | None, place: int, column: str) -> date | None:
    if element is None or not len(element):
        return None
    return iso_day((element[0].text or "").strip(), place, column)


def _kind(code: Element | None, net: int) -> LineKind:
    if code is not None and not CHARGES.isdisjoint(code.itertext()):
        return LineKind.FEE
    return of_a_bank(net)


def _whole(text: str | None) -> int | None:
    return int(text) if text is not None and text.isascii() and text.isdecimal() else None
