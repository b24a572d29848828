"""What a statement must add up to. Pure."""

import pytest

from marketplace.foundation.money import Money
from payments.statements.rules import FileNotUnderstood, read_statement
from tests.payments.gateways.reports import BATCH, statement


def test_a_statement_is_read_with_the_batch_its_text_names() -> None:
    found = read_statement(statement(("BK-1-1", 147_000, f"Settlement {BATCH}, thank you"), opening=500))
    assert (found.opening, found.closing) == (Money(500, "BDT"), Money(147_500, "BDT"))
    assert [(line.batch, line.amount.minor) for line in found.lines] == [(BATCH, 147_000)]


def test_of_a_text_nothing_but_the_batch_is_kept() -> None:
    found = read_statement(statement(("BK-1-1", 100, "From card 4111111111111111 R KHATUN")))
    assert "4111" not in repr(found)
    assert "KHATUN" not in repr(found)


@pytest.mark.parametrize(
    "body",
    [
        statement(("BK-1-1", 100, "x"), closing_off=1),
        statement(("BK-1-1", 100, "x"), ("BK-1-1", 100, "x")),
        b"",
        b"\xff\xfe",
        b"type,account\nOPENING,T1000001-BDT\n",
        statement(("BK-1-1", 100, "x")).replace(b"1.00", b"1.005"),
        statement(("BK-1-1", 100, "x")).replace(b"OPENING", b"CLOSING"),
    ],
)
def test_a_statement_that_does_not_add_up_is_refused_whole(body: bytes) -> None:
    with pytest.raises(FileNotUnderstood):
        read_statement(body)


def test_amounts_in_other_digits_are_the_same_amounts() -> None:
    latin = statement(("BK-1-1", 123_450, BATCH))
    bengali = latin.decode().replace("1234.50", "১২৩৪.৫০").encode()
    assert read_statement(bengali) == read_statement(latin)
