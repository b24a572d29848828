"""What a statement must add up to, and what may be kept of it. Pure."""

import pytest

from marketplace.foundation.money import Money
from payments.statements.queries import Preview, preview
from payments.statements.readers import How, events, in_memory
from payments.statements.rules import FileNotUnderstood, Source, Stated, account_in, own_number, reference_in
from tests.payments.gateways.reports import BATCH, statement


def read(body: bytes) -> Preview:
    return preview(gateway="sandbox", source=Source.STATEMENT, body=body)


def lines(body: bytes) -> list[Stated]:
    found = events(in_memory(body), How("sandbox", Source.STATEMENT))
    return [each for each in found if isinstance(each, Stated)]


def test_a_statement_is_read_with_the_batch_its_text_names() -> None:
    body = statement(("BK-1-1", 147_000, f"Settlement {BATCH}, thank you"), opening=500)
    (account,) = read(body).accounts
    assert (account.opening, account.closing) == (Money(500, "BDT"), Money(147_500, "BDT"))
    assert [(line.batch, line.net) for line in lines(body)] == [(BATCH, 147_000)]


def test_of_a_text_nothing_but_the_batch_is_kept() -> None:
    found = repr(lines(statement(("BK-1-1", 100, "From card 4111111111111111 R KHATUN"))))
    assert "4111" not in found
    assert "KHATUN" not in found


@pytest.mark.parametrize(
    "body",
    [
        statement(("BK-1-1", 100, "x"), closing_off=1),
        b"",
        b"\xff\xfe",
        b"type,account\nOPENING,T1000001-BDT\n",
        statement(("BK-1-1", 100, "x")).replace(b"1.00", b"1.005"),
        statement(("BK-1-1", 100, "x")).replace(b"OPENING", b"CLOSING"),
    ],
)
def test_a_statement_that_does_not_add_up_is_refused_whole(body: bytes) -> None:
    with pytest.raises(FileNotUnderstood):
        read(body)


def test_amounts_in_other_digits_are_the_same_amounts() -> None:
    latin = statement(("BK-1-1", 123_450, BATCH))
    bengali = latin.decode().replace("1234.50", "১২৩৪.৫০").encode()
    assert lines(bengali) == lines(latin)


def test_what_could_be_a_card_number_is_never_kept_as_it_is() -> None:
    card = "4111111111111111"
    assert reference_in(card) is None
    assert reference_in("NONREF") is None
    assert reference_in("RRN123456789012") == "RRN123456789012"
    for letters in (own_number(card), account_in("4111 1111 1111 1111")):
        assert letters is not None
        assert letters.isalpha()
    assert own_number(card) != own_number("4111111111111112")
