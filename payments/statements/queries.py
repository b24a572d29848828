"""What a file holds, before anything of it is kept."""

from dataclasses import dataclass
from datetime import date

from marketplace.foundation.money import Money
from payments.gateways import directory
from payments.gateways.protocol import StatementFile as GivenFile
from payments.gateways.rules import AnswerNotUnderstood
from payments.statements.rules import PREVIEWED, Source, batch_total, not_understood, read_statement


@dataclass(frozen=True, slots=True)
class Preview:
    """The first lines of a file that is not imported yet, and what all of them come to."""

    lines: int
    totals: tuple[Money, ...]
    first: tuple[tuple[str, date, Money], ...]


def preview(*, gateway: str, source: Source, body: bytes) -> Preview:
    """Read a file without keeping anything of it. Refuses FileNotUnderstood."""
    if source is Source.STATEMENT:
        lines = [(line.key, line.booked, line.amount) for line in read_statement(body).lines]
    else:
        try:
            lines = [
                (line.key, line.booked, line.net) for line in directory.by_name(gateway).lines(GivenFile("", body))
            ]
        except AnswerNotUnderstood as failure:
            raise not_understood(failure) from None
    currencies = sorted({amount.currency for _, _, amount in lines})
    totals = tuple(
        batch_total([amount for _, _, amount in lines if amount.currency == currency], currency)
        for currency in currencies
    )
    return Preview(len(lines), totals, tuple(lines[:PREVIEWED]))
