"""Is all the money here: what came in, what hangs at the gateway, what the bank says, what waits and how long."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import Engine

from marketplace.foundation.database import transaction
from payments.closing import desk
from tests.payments.closing.days import FINANCE, MONDAY, NOW, TUESDAY, ZONE, bdt, has_line, live_through, signs


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
