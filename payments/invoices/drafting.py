"""Which movement of money gives which document, with which lines and taxes. Pure: the same movement, one document.

A job's receipt stands on the specialist's behalf and carries no tax of ours; the tax that its capture posted lies on
the commission, and stands in the specialist's invoice of the month.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from marketplace.foundation.ids import derived
from marketplace.foundation.money import Money
from payments.invoices.rules import About, Draft, Kind, Line, Movement, Open, Side, Tax, What


def tax_codes(*codes: str) -> dict[UUID, str]:
    """Rate codes by the owner of their account."""
    return {derived("tax", code): code for code in codes}


def taxes_of(sides: Iterable[Side], net: Money, codes: Mapping[UUID, str]) -> tuple[Tax, ...]:
    """The tax lines that a transfer posted, one for each rate code; `net` is what the one tax there is lies on."""
    found: dict[str, Money] = {}
    for side in sides:
        if side.account == "tax" and side.posted:
            code = codes.get(side.owner, "other")
            found[code] = found.get(code, Money.zero(net.currency)) + side.posted
    return tuple(Tax(code, net, amount) for code, amount in sorted(found.items()))


# From a movement to documents ----------------------------------------------------------------------------------------


def drafts(moved: Movement, about: About | None, corrects: Sequence[Open], codes: Mapping[UUID, str]) -> list[Draft]:
    """The documents that a transfer gives to customers; none for what needs none.

    `corrects` are the documents that it may give money back on, oldest first. A specialist's commission is invoiced by
    the month: `commission_drafts`.
    """
    match moved.kind:
        case "capture" | "tip":
            return _receipt(moved, about)
        case "cash_commission" | "cash":
            return _cash_receipt(moved, about)
        case "cancellation" | "penalty":
            return _fee(moved, about, codes)
        case "topup":
            return _top_up(moved)
        case "payout_sent":
            return _payout(moved)
        case "refund_to_wallet" | "reversal":
            return _credit_notes(moved, about, corrects, codes)
        case _:
            return []


def _paid_by(moved: Movement, owner_kind: str | None = None) -> tuple[UUID, str, Money] | None:
    """Who paid, and how much, from wallet and debt together."""
    payers = [
        side
        for side in moved.sides
        if side.account in ("wallet", "receivable") and side.posted.minor < 0 and owner_kind in (None, side.owner_kind)
    ]
    if not payers:
        return None
    zero = Money.zero(payers[0].posted.currency)
    return payers[0].owner, payers[0].owner_kind, -sum((side.posted for side in payers), zero)


def _receipt(moved: Movement, about: About | None) -> list[Draft]:
    paid = _paid_by(moved, "customer")
    if paid is None:
        return []
    owner, owner_kind, amount = paid
    zero = Money.zero(amount.currency)
    house = -sum((side.posted for side in moved.sides if side.account == "promo"), zero)
    what = What.TIP if moved.kind == "tip" else What.JOB
    lines = [Line(what, amount + house, zero, moved.transfer, moved.subject, _words(about))]
    if house:
        lines.append(Line(What.PROMOTION, -house, zero, moved.transfer, moved.subject))
    earners = [side for side in moved.sides if side.owner_kind == "specialist" and side.posted.minor > 0]
    first = max(earners, key=lambda side: side.posted.minor, default=None)  # of a crew whoever earns most: its lead
    return [_draft(Kind.RECEIPT, moved, owner, owner_kind, lines, supplier=None if first is None else first.owner)]


def _cash_receipt(moved: Movement, about: About | None) -> list[Draft]:
    if moved.payer is None or moved.gross is None or moved.gross.is_zero:
        return []
    zero = Money.zero(moved.gross.currency)
    line = Line(What.CASH_JOB, moved.gross, zero, moved.transfer, moved.subject, _words(about))
    earner = next((side.owner for side in moved.sides if side.owner_kind == "specialist"), None)
    return [_draft(Kind.RECEIPT, moved, moved.payer, "customer", [line], supplier=earner)]


def _fee(moved: Movement, about: About | None, codes: Mapping[UUID, str]) -> list[Draft]:
    paid = _paid_by(moved)
    if paid is None:
        return []
    owner, owner_kind, amount = paid
    zero = Money.zero(amount.currency)
    tax = sum((side.posted for side in moved.sides if side.account == "tax"), zero)
    income = sum((side.posted for side in moved.sides if side.account == "fee_income"), zero)
    what = What.CANCELLATION if moved.kind == "cancellation" else What.PENALTY
    line = Line(what, amount, tax, moved.transfer, moved.subject, _words(about))
    return [_draft(Kind.FEE, moved, owner, owner_kind, [line], taxes=taxes_of(moved.sides, income, codes))]


def _top_up(moved: Movement) -> list[Draft]:
    credited = next((side for side in moved.sides if side.account == "wallet" and side.posted.minor > 0), None)
    if credited is None:
        return []
    zero = Money.zero(credited.posted.currency)
    line = Line(What.TOP_UP, credited.posted, zero, moved.transfer, moved.subject, dict(moved.numbers))
    return [_draft(Kind.TOP_UP, moved, credited.owner, credited.owner_kind, [line])]


def _payout(moved: Movement) -> list[Draft]:
    paid = next((side for side in moved.sides if side.account == "wallet" and side.posted.minor < 0), None)
    if paid is None:
        return []
    line = Line(What.PAYOUT, -paid.posted, Money.zero(paid.posted.currency), moved.transfer, moved.subject)
    return [_draft(Kind.PAYOUT, moved, paid.owner, paid.owner_kind, [line])]


def _credit_notes(
    moved: Movement, about: About | None, corrects: Sequence[Open], codes: Mapping[UUID, str]
) -> list[Draft]:
    sides = [side for side in moved.sides if side.account in ("wallet", "receivable") and side.posted.minor > 0]
    credited = min(sides, key=lambda side: side.account != "wallet", default=None)
    if credited is None:
        return []
    zero = Money.zero(credited.posted.currency)
    whose = (credited.owner, credited.owner_kind)  # a fee that was owed in part comes back in part to the debt
    left = sum((side.posted for side in sides if (side.owner, side.owner_kind) == whose), zero)
    found: list[Draft] = []
    tax_left = -sum((side.posted for side in moved.sides if side.account == "tax"), zero)
    for each in corrects:
        amount = min(left, each.rest)
        if amount.is_zero or amount.minor < 0:
            continue
        # A receipt on the specialist's behalf carries no tax of ours: that of the commission is the month's invoice's.
        tax = min(tax_left, each.tax_rest, amount) if each.kind is Kind.FEE else zero
        line = Line(What.REFUND, amount, tax, moved.transfer, moved.subject, _words(about))
        taxes = _back(moved.sides, amount - tax, tax, codes)
        id = derived("document", moved.transfer, What.REFUND, each.id)
        found.append(
            Draft(id, Kind.CREDIT_NOTE, credited.owner, credited.owner_kind, left.currency, (line,), taxes,
                  corrects=each.id, reason=moved.kind)
        )  # fmt: skip
        left, tax_left = left - amount, tax_left - tax
    return found


def _back(sides: Iterable[Side], net: Money, tax: Money, codes: Mapping[UUID, str]) -> tuple[Tax, ...]:
    if tax.is_zero:
        return ()
    code = next((codes.get(side.owner, "other") for side in sides if side.account == "tax"), "other")
    return (Tax(code, net, tax),)


def _draft(
    kind: Kind, moved: Movement, owner: UUID, owner_kind: str, lines: Sequence[Line],
    *, taxes: tuple[Tax, ...] = (), supplier: UUID | None = None,
) -> Draft:  # fmt: skip
    id = derived("document", moved.transfer, kind)
    return Draft(id, kind, owner, owner_kind, lines[0].amount.currency, tuple(lines), taxes, supplier=supplier)


def _words(about: About | None) -> dict[str, object]:
    return {} if about is None else {"number": about.number, "title": dict(about.title)}


# A month's commission ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Charged:
    """Commission and its tax as one transfer posted them; below zero where they were given back."""

    transfer: UUID
    subject: UUID
    commission: Money
    tax: Money
    tax_code: str

    @property
    def amount(self) -> Money:
        return self.commission + self.tax


def commission_drafts(
    specialist: UUID,
    currency: str,
    period: tuple[date, date],
    charged: Sequence[Charged],
    *,
    invoiced: Mapping[UUID, UUID],
    words: Mapping[UUID, About],
) -> list[Draft]:
    """The invoice of a month to a specialist, and a credit note for each earlier invoice of which something came back.

    `invoiced`: under which earlier document the commission of a job stands. What was given back in the month of the
    job itself is a line of the same invoice.
    """
    ours = [each for each in charged if each.amount]
    here = {each.subject for each in ours if each.amount.minor > 0}
    mine = [each for each in ours if each.subject in here or each.subject not in invoiced]
    later: dict[UUID, list[Charged]] = {}
    for each in ours:
        if each not in mine:
            later.setdefault(invoiced[each.subject], []).append(each)
    found = []
    if mine and sum(each.amount.minor for each in mine) > 0:
        id = derived("document", specialist, currency, Kind.COMMISSION, period[0])
        lines = tuple(_charge(each, What.COMMISSION, words) for each in mine)
        found.append(
            Draft(id, Kind.COMMISSION, specialist, "specialist", currency, lines, _rates(mine, 1), period=period)
        )
    for earlier, back in sorted(later.items(), key=lambda item: str(item[0])):
        id = derived("document", earlier, Kind.CREDIT_NOTE, period[0])
        lines = tuple(_charge(each, What.COMMISSION_BACK, words, sign=-1) for each in back)
        found.append(
            Draft(id, Kind.CREDIT_NOTE, specialist, "specialist", currency, lines, _rates(back, -1), corrects=earlier,
                  reason="refund_to_wallet", period=period)
        )  # fmt: skip
    return found


def _charge(each: Charged, what: What, words: Mapping[UUID, About], *, sign: int = 1) -> Line:
    return Line(what, each.amount * sign, each.tax * sign, each.transfer, each.subject, _words(words.get(each.subject)))


def _rates(charged: Sequence[Charged], sign: int) -> tuple[Tax, ...]:
    found: dict[str, tuple[Money, Money]] = {}
    for each in charged:
        if each.tax:
            zero = Money.zero(each.tax.currency)
            net, tax = found.get(each.tax_code, (zero, zero))
            found[each.tax_code] = net + each.commission, tax + each.tax
    return tuple(Tax(code, net * sign, tax * sign) for code, (net, tax) in sorted(found.items()))
