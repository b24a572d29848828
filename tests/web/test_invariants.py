"""What verify says of a row in clear that reads like a card number."""

import io
import json

from sqlalchemy.orm import Session

from marketplace.foundation import logs
from marketplace.foundation.ids import uuid7
from marketplace.foundation.outbox import enqueue
from web import invariants


def test_a_card_number_in_clear_is_counted_and_its_row_is_named(session: Session) -> None:
    lines = io.StringIO()
    logs.configure("error", lines)
    enqueue(session, "house.tidy", id=uuid7(), reference="8801711000001")
    assert invariants.figures(session)["card_numbers"] == 0
    row = enqueue(session, "house.tidy", reference="4111 1111 1111 1111")
    assert invariants.figures(session)["card_numbers"] == 1
    (told,) = map(json.loads, lines.getvalue().splitlines())
    assert (told["event"], told["kind"], told["reference"]) == ("verify.card_number", "outbox", str(row))
    assert "4111" not in lines.getvalue()
