"""The close of a day in a reader's language: as a paper with a part for each account, and as the rows of a sheet."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final

from marketplace.foundation.languages import Formatter
from marketplace.foundation.money import Money
from payments.closing.queries import Account, Act
from payments.closing.reports import Item, OfDay
from payments.closing.rules import Carried, What
from payments.ledger.queries import Head
from web.documents import words
from web.documents.paper import Cell, Column, Paper, Pen, Section, pseudonym, upright
from web.pages.finance import words as finance
from web.pages.finance.sheets import Cell as SheetCell
from web.sentences.marking import N_

TITLE: Final = N_("Close of day")
LEAD: Final = N_("{house}. What came in, what hangs in between, what the banks say, and who signed for it.")
DAY: Final = N_("Day")
MADE: Final = N_("Made on")
SIGNED_ACCOUNTS: Final = N_("Signed")
OF: Final = N_("{part} of {whole}")
LEFT_OPEN: Final = N_("Left open")
SEAL: Final = N_("Head of the seals")
SEAL_NO: Final = N_("no. {number}: {hash}")
NO_SEAL: Final = N_("nothing is sealed yet")

GATEWAY_NAMED: Final = N_("Gateway {name}")
BANK_NAMED: Final = N_("Bank account {name}")
SUSPENSE_NAMED: Final = N_("Suspense of {name}")
IN_TRANSIT: Final = N_("Payouts on their way")
EVERY: Final = N_("All books")

MOVEMENT: Final = N_("Movement")
COUNT: Final = N_("Number")
OPENING: Final = N_("At the beginning")
CLOSING: Final = N_("At the end")
UNREPORTED: Final = N_("of it credited, and not in the gateway's report yet")
BANK_SAYS: Final = N_("The bank says")
LEFT_OVER: Final = N_("Left over: {matter}")
DAYS_OLD: Final = N_("{days} days: {count}")
OLDER: Final = N_("over {days} days: {count}")
MOVED: Final[Mapping[What, str]] = {
    What.CREDITED: N_("Credited to wallets"), What.FEES: N_("Fees of the gateway"),
    What.REFUNDS: N_("Refunds to cards"), What.CHARGEBACKS: N_("Charge-backs"),
    What.DEPOSITS: N_("Deposits of batches"), What.PAYOUTS: N_("Payouts"),
    What.STATED: N_("Lines of the bank's statement"), What.EXPLAINED: N_("Lines that were explained"),
    What.WRITTEN_OFF: N_("Differences written off"), What.OTHER: N_("Other movements"),
}  # fmt: skip

NOT_SIGNED: Final = N_("Not signed. These figures are of this moment.")
WAITS: Final = N_("Being signed since {time}: it waits for what others are still writing.")
SIGNED: Final = N_("Signed by {who} on {time}. Lines with a partner: {part} of {whole}.")
DIGEST: Final = N_("Digest {digest}")
SEALED: Final = N_("Seal no. {number}: {hash}")
BUCKETS: Final = (1, 3, 7, 30)
MATTERS: Final = {str(kind): said for kind, said in finance.KINDS.items()}
OTHER_MATTER: Final = N_("another matter")

HEADS: Final = (
    "source", "gateway", "account", "line", "transaction_number", "tracking_number", "batch", "kind", "gross", "fee",
    "net", "currency", "booked", "state", "matter", "owner",
)  # fmt: skip


def write(
    of_day: Sequence[OfDay], formatter: Formatter, *, day: date, house: str, phone: str, head: Head | None,
    made_at: datetime,
) -> Paper:  # fmt: skip
    """The day as a paper: totals above, then a part for each account."""
    pen = Pen(formatter)
    signed = pen(OF, part=sum(each.signed for each in of_day), whole=len(of_day))
    seal = pen(SEAL_NO, number=head.no, hash=upright(head.hash[:16])) if head else pen(NO_SEAL)
    return Paper(
        language=pen.language, direction=pen.direction, house=pen.show.text(house), reference=day.isoformat(),
        title=pen(TITLE), lead=pen(LEAD, house=house), issued=pen.day(day),
        facts=(
            (pen(DAY), pen.day(day)), (pen(MADE), pen.show.date_time(made_at)), (pen(SIGNED_ACCOUNTS), signed),
            (pen(LEFT_OPEN), pen.show.number(sum(len(each.period.carried) for each in of_day[-1:]))), (pen(SEAL), seal),
        ),
        columns=(), rows=(), totals=(), words="", notes=(),
        foot=pen(words.ASK, house=house, phone=upright(pen.show.phone(phone))) if phone else pen.show.text(house),
        pages=pen.pages(), sections=tuple(_section(pen, each, made_at) for each in of_day),
    )  # fmt: skip


def named(pen: Pen, account: Account) -> str:
    """An account as people call it."""
    name = upright(account.name or pseudonym(account.owner))
    match account.kind:
        case "clearing":
            return pen(GATEWAY_NAMED, name=name)
        case "bank":
            return pen(BANK_NAMED, name=name)
        case "suspense":
            return pen(SUSPENSE_NAMED, name=name)
        case "payouts_in_transit":
            return pen(IN_TRANSIT)
    return pen(EVERY)


def who_signed(pen: Pen, act: Act) -> Iterator[str]:
    """By whom and when, the digest and the seal, as small print."""
    assert act.signed is not None
    yield pen(DIGEST, digest=upright(act.signed.digest))
    if act.signed.seal_no is not None:
        yield pen(SEALED, number=act.signed.seal_no, hash=upright(act.signed.seal))


def sheet_of(items: Sequence[Item]) -> tuple[list[str], list[list[SheetCell]]]:
    """Heads and rows for a file: every line of the period, matched or open."""
    rows: list[list[SheetCell]] = [
        [item.source, item.gateway, item.account, item.key, item.txn, item.bank, item.batch, item.kind, item.gross,
         item.fee, item.net, item.net.currency, item.booked, "matched" if item.matched else "open", item.exception,
         item.owner]
        for item in items
    ]  # fmt: skip
    return list(HEADS), rows


def _section(pen: Pen, each: OfDay, now: datetime) -> Section:
    columns = (Column(pen(MOVEMENT), wide=True), Column(pen(COUNT), end=True), Column(pen(words.AMOUNT), end=True))
    rows = [*_balances(pen, each), *_left_over(pen, each.period.carried, now)]
    return Section(named(pen, each.account), columns, tuple(rows), tuple(_notes(pen, each)))


def _balances(pen: Pen, each: OfDay) -> Iterator[tuple[Cell, ...]]:
    of, every = each.period, each.account.kind == "every"
    if not every:
        yield Cell(pen(OPENING)), Cell(""), _amount(pen, of.opening)
    for total in of.totals:
        yield Cell(pen(MOVED[total.what])), Cell(pen.show.number(total.count)), _amount(pen, of.of(total.what))
    if not every:
        yield Cell(pen(CLOSING)), Cell(""), _amount(pen, of.closing)
    if not of.unreported.is_zero:
        yield Cell(pen(UNREPORTED)), Cell(""), _amount(pen, of.unreported)
    says = each.act.signed.bank_says if each.act and each.act.signed else None
    if says is not None:
        yield Cell(pen(BANK_SAYS)), Cell(""), _amount(pen, says)


def _left_over(pen: Pen, carried: Sequence[Carried], now: datetime) -> Iterator[tuple[Cell, ...]]:
    for kind in sorted({each.kind for each in carried}):
        own = [each for each in carried if each.kind == kind]
        value = sum((each.value for each in own), Money.zero(own[0].value.currency))
        matter = pen(MATTERS.get(kind, OTHER_MATTER))
        yield (
            Cell(pen(LEFT_OVER, matter=matter), " · ".join(_ages(pen, own, now))), Cell(pen.show.number(len(own))),
            _amount(pen, value),
        )  # fmt: skip


def _ages(pen: Pen, carried: Sequence[Carried], now: datetime) -> Iterator[str]:
    before = -1
    for most in (*BUCKETS, 10**6):
        count = sum(before < (now - each.opened_at) // timedelta(days=1) <= most for each in carried)
        if count and most in BUCKETS:
            yield pen(DAYS_OLD, days=upright(f"{pen.show.number(before + 1)}–{pen.show.number(most)}"), count=count)
        elif count:
            yield pen(OLDER, days=before, count=count)
        before = most


def _notes(pen: Pen, each: OfDay) -> Iterator[str]:
    act, of = each.act, each.period
    if act is None or act.signed is None:
        yield pen(NOT_SIGNED) if act is None else pen(WAITS, time=pen.show.date_time(act.begun_at))
        return
    yield pen(
        SIGNED, who=upright(pseudonym(act.signed.by)), time=pen.show.date_time(act.signed.at), part=of.matched,
        whole=of.lines,
    )  # fmt: skip
    yield from who_signed(pen, act)


def _amount(pen: Pen, amount: Money) -> Cell:
    return Cell(pen.money(amount))
