"""The file of a batch as a bank reads it: ISO 20022 pain.001.001.09, or a table. Pure, and the same for the same items.

Written by hand: the message is small, and no library writes other schemes than SEPA's (decisions/0010).
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from xml.etree.ElementTree import Element, SubElement, tostring

from marketplace.foundation.money import Money
from payments.payouts.account_numbers import IBAN_LENGTHS, AccountNumber
from payments.payouts.rules import Form, HouseAccount

NAMESPACE: Final = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
LONGEST_NAME: Final = 140  # Max140Text
COLUMNS: Final = ("reference", "holder", "account", "bank", "branch", "amount", "currency")
STARTS_A_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
SUFFIX: Final = {Form.PAIN_001: "xml", Form.CSV: "csv"}
MEDIA_TYPE: Final = {Form.PAIN_001: "application/xml", Form.CSV: "text/csv; charset=utf-8"}


@dataclass(frozen=True, repr=False)
class Transfer:
    """One payment of the file. Personal: it never prints itself."""

    reference: str
    holder: str
    account: AccountNumber
    amount: Money

    def __repr__(self) -> str:
        return f"Transfer({self.reference})"


def write(form: Form, *, reference: str, house: HouseAccount, transfers: Sequence[Transfer], at: datetime) -> bytes:
    """The whole file. `reference` names the batch, `at` is when it was made; all transfers are of one currency."""
    if form is Form.CSV:
        return _table(transfers)
    return _pain_001(reference, house, transfers, at)


def figure(money: Money) -> str:
    """In major units, exactly, with a point: 1500.00; without decimals where the currency has none."""
    whole, rest = divmod(money.minor, 10**money.exponent)
    return f"{whole}.{rest:0{money.exponent}d}" if money.exponent else str(whole)


def _table(transfers: Sequence[Transfer]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n", quoting=csv.QUOTE_ALL)
    writer.writerow(COLUMNS)
    for each in transfers:
        number = each.account
        cells = (
            each.reference, _clean(each.holder), number.account, number.bank, number.branch, figure(each.amount),
            each.amount.currency,
        )  # fmt: skip
        writer.writerow([f"'{cell}" if cell.startswith(STARTS_A_FORMULA) else cell for cell in cells])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _pain_001(reference: str, house: HouseAccount, transfers: Sequence[Transfer], at: datetime) -> bytes:
    moment = at.astimezone(UTC)
    total = sum((each.amount for each in transfers), Money.zero(transfers[0].amount.currency))
    root = Element("Document", {"xmlns": NAMESPACE})
    message = SubElement(root, "CstmrCdtTrfInitn")
    head = SubElement(message, "GrpHdr")
    _say(head, "MsgId", reference)
    _say(head, "CreDtTm", moment.strftime("%Y-%m-%dT%H:%M:%S+00:00"))
    _say(head, "NbOfTxs", str(len(transfers)))
    _say(head, "CtrlSum", figure(total))
    _say(SubElement(head, "InitgPty"), "Nm", _clean(house.name))
    payment = SubElement(message, "PmtInf")
    _say(payment, "PmtInfId", reference)
    _say(payment, "PmtMtd", "TRF")
    _say(payment, "NbOfTxs", str(len(transfers)))
    _say(payment, "CtrlSum", figure(total))
    _say(SubElement(payment, "ReqdExctnDt"), "Dt", moment.date().isoformat())
    _say(SubElement(payment, "Dbtr"), "Nm", _clean(house.name))
    _account(SubElement(payment, "DbtrAcct"), house.account)
    _bank(SubElement(payment, "DbtrAgt"), house.bank)
    _say(payment, "ChrgBr", "SLEV")
    for each in transfers:
        _transfer(payment, each)
    written: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _transfer(payment: Element, each: Transfer) -> None:
    one = SubElement(payment, "CdtTrfTxInf")
    _say(SubElement(one, "PmtId"), "EndToEndId", each.reference)
    amount = SubElement(SubElement(one, "Amt"), "InstdAmt", {"Ccy": each.amount.currency})
    amount.text = figure(each.amount)
    if each.account.branch:
        _bank(SubElement(one, "CdtrAgt"), each.account.branch)
    _say(SubElement(one, "Cdtr"), "Nm", _clean(each.holder))
    _account(SubElement(one, "CdtrAcct"), each.account.account)
    _say(SubElement(one, "RmtInf"), "Ustrd", each.reference)


def _account(parent: Element, number: str) -> None:
    id = SubElement(parent, "Id")
    if number[:2] in IBAN_LENGTHS and len(number) == IBAN_LENGTHS[number[:2]]:
        _say(id, "IBAN", number)
    else:
        _say(SubElement(id, "Othr"), "Id", number[:34])


def _bank(parent: Element, code: str) -> None:
    """A member of the country's clearing by its code; where none is known, the schema's own word for that."""
    institution = SubElement(parent, "FinInstnId")
    if code:
        _say(SubElement(institution, "ClrSysMmbId"), "MmbId", code)
    else:
        _say(SubElement(institution, "Othr"), "Id", "NOTPROVIDED")


def _say(parent: Element, name: str, words: str) -> None:
    SubElement(parent, name).text = words


def _clean(name: str) -> str:
    """A name as XML and a table can hold it: no control characters, one line, no longer than the schema allows."""
    plain = "".join(sign for sign in name if sign.isprintable())
    return " ".join(plain.split())[:LONGEST_NAME]
