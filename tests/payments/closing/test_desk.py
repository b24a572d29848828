"""Is all the money here: what came in, what hangs at the gateway, what the bank says, what waits and how long."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from marketplace.foundation.database import transaction
from payments.closing import desk
from tests.payments.closing.days import FINANCE, MONDAY, NOW, TUESDAY, ZONE, bdt, has_line, live_through, signs
from tests.payments.reconciliation.planted import DAY, Book, Line


def test_the_desk_tells_where_the_money_is(database: Engine) -> None:
    bank, clearing = live_through()
    with transaction() as session:
        has_line(session, day=MONDAY, key="L1", owner=FINANCE)
        has_line(session, day=TUESDAY, key="L2", owner=UUID(int=0), minor=300)
    signed = signs(bank)
    with transaction() as session:
        (gateway,) = desk.at_gateways(session, "BDT", now=NOW)
        (account,) = desk.at_banks(session, "BDT", zone=ZONE, today=TUESDAY)
        ages = desk.ages(session, "BDT", now=NOW + timedelta(days=5))
        owners = desk.owners(session, "BDT")
        share = desk.explained(session, "BDT", today=NOW.date())
        files = desk.last_files(session)
        days = desk.days(session, "BDT")
    assert (gateway.account.name, gateway.topped_up, gateway.top_ups) == ("sandbox", bdt(25_000), 2)
    assert (gateway.deposited, gateway.fees, gateway.held) == (bdt(19_600), bdt(400), bdt(5_000))
    assert gateway.unreported + gateway.on_its_way == gateway.held
    assert (account.said_on, account.bank, account.difference) == (MONDAY, bdt(19_600), bdt(0))
    assert [(each.bucket, each.count, each.value) for each in ages if each.count] == [("4-7", 2, bdt(1_000))]
    assert len(ages) == len(desk.BUCKETS)
    assert [(each.owner, each.count) for each in owners] == [(FINANCE, 1), (None, 1)]
    assert (share.within_one, share.within_four) == (0, None)
    assert [(each.gateway, each.source, each.last_on) for each in files] == [("sandbox", "statement", MONDAY)]
    assert [(each.account.kind, each.last and each.last.id) for each in days] == [
        ("bank", signed), ("clearing", None), ("every", None),
    ]  # fmt: skip
    assert clearing == gateway.account.id


def test_an_open_line_is_found_by_any_of_its_numbers(session: Session) -> None:
    book = Book(session)
    book.tops_up("T9", 700, bank="BK9")
    book.reports(
        Line("K1", 500, txn="T1", bank="BK1", ours="ours-1", batch="B1"), Line("K2", 900, txn="T2", batch="B1"),
        days=[DAY],
    )  # fmt: skip
    book.states(Line("K3", 300, batch="B3"))
    known = {
        "T1": ["K1"], "BK1": ["K1"], "ours-1": ["K1"], "K1": ["K1"], "B1": ["B1", "K2", "K1"], "K2": ["K2"],
        "B3": ["K3"], "K3": ["K3"], "T9": ["T9"], "BK9": ["T9"], "T": [], "' OR true --": [],
    }  # fmt: skip
    for number, about in known.items():
        assert desk.by_number(session, number) == [book.exception(each) for each in about], number
