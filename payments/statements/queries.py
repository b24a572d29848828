"""What a file holds, before anything of it is kept; and the uploads and profiles there are."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from marketplace.foundation.money import Money
from payments.statements.readers import Given, How, events, in_memory, recognise
from payments.statements.rules import FileNotUnderstood, Form, Section, Source, Tally

EVERY = 5_000  # lines from one word of progress to the next


@dataclass(frozen=True, slots=True)
class Account:
    """One account in a file, with the balances that its statement begins and ends with."""

    account: str
    lines: int
    opening: Money | None
    closing: Money | None
    first_on: date | None
    last_on: date | None


@dataclass(frozen=True, slots=True)
class Preview:
    """The first lines of a file that is not imported yet, and what all of them come to."""

    form: Form
    lines: int
    totals: tuple[Money, ...]
    first: tuple[tuple[str, date, Money], ...]
    accounts: tuple[Account, ...]


def preview(*, gateway: str, source: Source, body: bytes) -> Preview:
    """Read a file without keeping anything of it. Refuses FileNotUnderstood."""
    return look(in_memory(body), How(gateway, source))


def look(file: Given, how: How, told: Callable[[int], None] = lambda _: None) -> Preview:
    """Read a file to its end without keeping anything of it. Refuses FileNotUnderstood, also one without a line
    and without an account: it may be of another kind altogether."""
    form, tally = recognise(file, how), Tally()
    for number, _ in enumerate(tally.through(events(file, how)), start=1):
        if number % EVERY == 0:
            told(number)
    if not tally.lines and not any(each.account for each in tally.sections):
        raise FileNotUnderstood("no lines")
    return Preview(
        form=form,
        lines=tally.lines,
        totals=tuple(Money(minor, currency) for currency, minor in sorted(tally.sums.items())),
        first=tuple(
            (line.key or line.reference or line.bank or "", line.booked, Money(line.net, line.currency))
            for line in tally.first
        ),
        accounts=tuple(_account(each) for each in tally.sections if each.account is not None),
    )


def _account(section: Section) -> Account:
    currency = section.currency or ""
    return Account(
        section.account or "", section.lines,
        None if section.opening is None else Money(section.opening, currency),
        None if section.closing is None else Money(section.closing, currency),
        section.first_on, section.last_on,
    )  # fmt: skip
