"""What is stored of a payment: a closed list, and nothing of a card."""

import pytest
from sqlalchemy import Engine

from marketplace.foundation.database import Table
from payments.gateways.tables import GatewayNotice
from payments.topups import tasks as topup_tasks
from payments.topups.tables import TopUp, TopUpAttempt, TopUpEvent
from tests.payments.topups.looking import where_is
from tests.payments.topups.people import AMOUNT, Payer, ask_now, wait_for_notices
from tests.web.bank.running import RunningBank


def test_planted_card_fields_are_found_nowhere_in_the_database(
    database: Engine, payer: Payer, bank: RunningBank
) -> None:
    bank.faults(extra_card_fields=True, duplicate=3)
    payer.starts().decides("pay")
    wait_for_notices(3)
    ask_now(payer.attempt)
    topup_tasks.sweep()
    assert (payer.state, payer.balance) == ("paid", AMOUNT)
    for marker in ("4111111111111111", "411111******1111", "R KHATUN", "c" * 64):
        assert where_is(database, marker) == []


def test_the_search_for_markers_can_find_one(database: Engine, payer: Payer) -> None:
    payer.starts()
    assert "public.topup" in where_is(database, str(payer.topup))


@pytest.mark.parametrize(
    ("table", "columns"),
    [
        (
            TopUp,
            "id owner wallet amount currency state created_at paid_at expires_at late subject",
        ),
        (
            TopUpAttempt,
            "id topup gateway state txn bank started_at paid_at ours page trace terminal financial_day",
        ),
        (TopUpEvent, "id attempt at what by outcome difference"),
        (
            GatewayNotice,
            "id gateway delivery_key received_at authentic claimed ours page txn bank trace terminal settled_by",
        ),
    ],
)
def test_what_is_stored_of_a_payment_is_a_closed_list(table: type[Table], columns: str) -> None:
    assert [column.name for column in table.__table__.columns] == columns.split()
