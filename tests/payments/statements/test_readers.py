"""Whatever a statement is written in, it reads back as it was told; what does not add up is refused."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from payments.statements.mapping import Mapping
from payments.statements.queries import look
from payments.statements.readers import How, events, in_memory
from payments.statements.readers.sheets import LOOKED_AT
from payments.statements.rules import Begins, Ends, FileNotUnderstood, LineKind, Source, Stated
from tests.payments.statements import writing
from tests.payments.statements.writing import BY_COLUMNS, JALALI, Move, Told

DAY = date(2026, 11, 21)
OURS = ("POABCDEFGHIJKLMN", "B20261121-BDT-T1000001", "po_1AbCdEfGhIjKl", None)


def read(body: bytes, mapping: Mapping | None = None, source: Source = Source.STATEMENT) -> list[Stated]:
    how = How("sandbox", source, mapping)
    look(in_memory(body), how)
    return [each for each in events(in_memory(body), how) if isinstance(each, Stated)]


def balances(body: bytes, mapping: Mapping | None = None) -> tuple[int | None, int | None]:
    found = list(events(in_memory(body), How("sandbox", Source.STATEMENT, mapping)))
    begins = next(each for each in found if isinstance(each, Begins))
    ends = [each for each in found if isinstance(each, Ends)][-1]
    return begins.opening, ends.closing


moves = st.builds(
    Move,
    net=st.integers(-(10**9), 10**9).filter(bool),
    on=st.integers(0, 3).map(lambda days: DAY + timedelta(days=days)),
    ref=st.sampled_from(OURS),
    reversal=st.booleans(),
)
tellings = st.builds(
    Told,
    st.lists(moves, min_size=1, max_size=6).map(lambda some: tuple(sorted(some, key=lambda each: each.on))),
    opening=st.integers(-(10**7), 10**9),
)


@settings(max_examples=25)
@given(told=tellings)
def test_every_form_reads_back_as_it_was_told(told: Told) -> None:
    wanted = [(each.net, each.on, each.ref) for each in told.moves]
    for body, mapping in (
        (writing.camt(told, "02"), None), (writing.camt(told, "08"), None), (writing.mt940(told), None),
        (writing.ofx(told, 1), None), (writing.ofx(told, 2), None), (writing.by_columns(told), BY_COLUMNS),
        (writing.by_columns(told, "utf-16"), BY_COLUMNS), (writing.jalali(told), JALALI),
        (writing.zipped(a__xml=writing.camt(told)), None),
        (writing.columns_workbook(told), replace(BY_COLUMNS, decimals="point")),
    ):  # fmt: skip
        found = read(body, mapping)
        assert [(each.net, each.booked, each.reference) for each in found] == wanted, body
        assert balances(body, mapping)[1] == told.closing
        assert "KHATUN" not in repr(found)
    for body in (writing.camt(told), writing.mt940(told)):
        assert [each.reversal for each in read(body)] == [each.reversal for each in told.moves]
        assert balances(body) == (told.opening, told.closing)


def test_a_batch_entry_is_as_many_lines_as_it_has_details_that_add_up() -> None:
    parts = tuple(Move(-100 * n, DAY, f"PO{'ABC'[n - 1] * 14}", own=f"D{n}") for n in (1, 2, 3))
    whole = Move(-600, DAY, own="E1", parts=parts)
    for version in ("02", "08"):
        found = read(writing.camt(Told((whole,)), version))
        assert [(each.net, each.reference) for each in found] == [(each.net, each.ref) for each in parts]
        assert len({each.key for each in found}) == 3
    lacking = replace(whole, parts=parts[:2])
    (one,) = read(writing.camt(Told((lacking,)), "08"))
    assert (one.net, one.reference) == (-600, None)
    single = writing.camt(Told((Move(-600, DAY, own="E1"),)), "08")
    without = single.replace(b"<NtryDtls>", b"<NtryDtls><Btch><PmtInfId>"
        b"POAAAAAAAAAAAAAA</PmtInfId></Btch></NtryDtls><NtryDtls>")  # fmt: skip
    assert [each.reference for each in read(without)] == ["POAAAAAAAAAAAAAA"]


def test_what_is_only_pending_is_left_out_and_charges_are_fees() -> None:
    told = Told((Move(500, DAY, own="A"), Move(-5, DAY, own="B")))
    body = writing.camt(told).replace(
        b"<BkTxCd/>", b"<BkTxCd><Domn><Fmly><SubFmlyCd>CHRG</SubFmlyCd></Fmly></Domn></BkTxCd>"
    )
    assert {each.kind for each in read(body)} == {LineKind.FEE}
    pending = writing.camt(Told((Move(500, DAY),)), closing_off=-500).replace(b"BOOK", b"PDNG")
    assert read(pending) == []


@pytest.mark.parametrize(("side", "net"), [("C", 100), ("D", -100), ("RC", -100), ("RD", 100), ("rc", -100)])
def test_a_reversal_of_a_credit_goes_out(side: str, net: int) -> None:
    body = writing.mt940(Told((Move(net, DAY),))).replace(
        b"C1,00NTRF" if net > 0 else b"D1,00NTRF", side.encode() + b"1,00NTRF"
    )
    assert [each.net for each in read(body)] == [net]


def test_pages_of_one_statement_are_one_and_a_page_that_lacks_is_told() -> None:
    one, two, three = (Told((Move(100 * n, DAY),), opening=opening) for n, opening in ((1, 0), (2, 100), (3, 300)))
    whole = b"".join(map(writing.mt940, (one, two, three)))
    (account,) = look(in_memory(whole), How("sandbox", Source.STATEMENT)).accounts
    assert (account.lines, *balances(writing.mt940(one))[:1], account.closing and account.closing.minor) == (
        3, 0, 600,
    )  # fmt: skip
    with pytest.raises(FileNotUnderstood, match="missing"):
        read(writing.mt940(one) + writing.mt940(three))
    assert len(read(writing.zipped(b__sta=writing.mt940(two), a__xml=writing.camt(one)))) == 2


SHAPARAK = Mapping(
    Source.SETTLEMENT,
    {"booked": "تاریخ تراکنش", "time": "ساعت", "bank": "RRN", "txn": "شماره پیگیری", "gross": "مبلغ", "account": "شبا",
     "fee": "کارمزد", "value": "تاریخ واریز"},
    currency="IRR", calendar="jalali", day_ends="23:45",
)  # fmt: skip


def test_a_daily_report_of_a_switch_is_read_and_the_card_is_dropped() -> None:
    body = (
        "گزارش روزانه,,,,,,,,\r\n"
        "تاریخ تراکنش,ساعت,RRN,شماره پیگیری,شماره کارت,مبلغ,کارمزد,شبا,تاریخ واریز\r\n"
        '۱۴۰۵/۰۸/۳۰,۲۳:۴۴,۶۱۲۳۴۵۶۷۸۹۰۱,۱۲۳۴۵۶,603799******1234,"۱,۵۰۰,۰۰۰",۱۲۰۰,IR820540102680020817909002,۱۴۰۵/۰۹/۰۱\r\n'
        "۱۴۰۵/۰۸/۳۰,۲۳:۴۵,۶۱۲۳۴۵۶۷۸۹۰۲,۱۲۳۴۵۷,6037991234567893,۲۵۰۰۰,۰,IR820540102680020817909002,۱۴۰۵/۰۹/۰۱\r\n"
    ).encode()
    first, second = read(body, SHAPARAK, Source.SETTLEMENT)
    assert (first.gross, first.fee, first.net, first.currency) == (1_500_000, 1_200, 1_498_800, "IRR")
    assert (first.bank, first.txn, first.account) == ("612345678901", "123456", "IR820540102680020817909002")
    assert (first.booked, second.booked) == (date(2026, 11, 21), date(2026, 11, 22))
    assert first.batch == second.batch == "IR820540102680020817909002~2026-11-22"
    assert "603799" not in repr((first, second))


def test_a_workbook_of_a_gateway_is_its_report() -> None:
    rows: list[list[object]] = [
        ["SSLCommerz"], [], ["tran_id", "bank_tran_id", "amount", "store_amount", "settled_on", "batch"],
        ["abc1", "151114130739MqCBNx5", "1,234.50", 1203.64, DAY, "SET-1"],
        ["abc2", "151114130739MqCBNx6", 100, "97.5", DAY],
    ]  # fmt: skip
    how = How("sslcommerz", Source.SETTLEMENT)
    body = writing.workbook(rows)
    found = [each for each in events(in_memory(body), how) if isinstance(each, Stated)]
    assert [(each.gross, each.fee, each.net, each.batch) for each in found] == [
        (123_450, 3_086, 120_364, "SET-1"), (10_000, 250, 9_750, None),
    ]  # fmt: skip
    with pytest.raises(FileNotUnderstood, match="formula"):
        look(in_memory(writing.workbook([*rows, ["abc3", "=1+1", 1, 1, DAY, ""]])), how)
    with pytest.raises(FileNotUnderstood, match="rounded"):
        look(in_memory(writing.workbook([*rows, ["abc3", 1511141307390000001, 1, 1, DAY, ""]])), how)


def test_the_balance_history_of_stripe_is_read_as_its_report_is() -> None:
    body = (
        b"id,Type,Source,Amount,Fee,Net,Currency,Created (UTC),Available On (UTC),Description,Transfer\r\n"
        b"txn_1AbCdEfGhIjKl,charge,ch_1,15.00,0.75,14.25,usd,2026-11-21 10:00,2026-11-23 00:00,Doe,po_1AbCdEfGhIjKl\r\n"
        b"txn_2AbCdEfGhIjKl,payout,po_1,-14.25,0.00,-14.25,usd,2026-11-23 10:00,2026-11-23 00:00,STRIPE,\r\n"
        b"txn_3AbCdEfGhIjKl,stripe_fee,,-1.00,0.00,-1.00,usd,2026-11-23 10:00,2026-11-23 00:00,Radar,\r\n"
    )
    how = How("stripe", Source.SETTLEMENT)
    found = [each for each in events(in_memory(body), how) if isinstance(each, Stated)]
    assert [each.kind for each in found] == [LineKind.PAYMENT, LineKind.PAYOUT, LineKind.FEE]
    assert found[0].batch == "po_1AbCdEfGhIjKl"
    assert "Doe" not in repr(found)


TOLD = Told((Move(500, DAY, own="A1"), Move(-200, DAY, own="A2")))


@pytest.mark.parametrize(
    ("body", "matter"),
    [
        (writing.camt(TOLD, closing_off=1), "do not make closing"),
        (writing.mt940(TOLD, closing_off=1), "do not make closing"),
        (writing.camt(TOLD).replace(b">5.00<", b">5.001<"), "TooManyDecimals"),
        (writing.mt940(TOLD).replace(b"C5,00", b"C5,001"), "TooManyDecimals"),
        (writing.ofx(TOLD).replace(b">5.00<", b">5.001<"), "TooManyDecimals"),
        (writing.ofx(TOLD).replace(b"20261121120000", b"20261341120000"), "no day"),
        (writing.camt(TOLD).replace(b"QAR", b"XXX"), "currency"),
        (writing.camt(TOLD).replace(b"camt.053", b"camt.054"), "no camt.053"),
        (writing.camt(TOLD)[:-40], "no XML"),
        (writing.mt940(TOLD)[:-60], "middle"),
        (writing.mt940(TOLD).replace(b":61:26", b":61:xx"), "shape"),
        (writing.ofx(TOLD)[:-40], "middle"),
        (b"Date;Amount\r\n1;2\r\n", "profile"),
    ],
)
def test_what_does_not_add_up_is_refused(body: bytes, matter: str) -> None:
    with pytest.raises(FileNotUnderstood, match=matter):
        read(body)


def test_the_line_and_the_column_are_told() -> None:
    body = writing.by_columns(TOLD).replace(b"2,00", b"2,001")
    with pytest.raises(FileNotUnderstood) as refusal:
        read(body, BY_COLUMNS)
    assert (refusal.value.line, refusal.value.column) == (4, "Out")
    with pytest.raises(FileNotUnderstood) as refusal:
        read(writing.mt940(TOLD).replace(b":61:2611211121D", b":61:2613411121D"))
    assert (refusal.value.line, refusal.value.column) == (8, "61")
    with pytest.raises(FileNotUnderstood, match="one before"):
        read(writing.by_columns(TOLD).replace(b"3,00", b"3,10"), BY_COLUMNS)


def test_every_row_of_a_long_table_is_read() -> None:
    told = Told(tuple(Move(n + 1, DAY) for n in range(3 * LOOKED_AT)))
    for body, mapping in (
        (writing.by_columns(told), BY_COLUMNS), (writing.jalali(told), JALALI),
        (writing.columns_workbook(told), replace(BY_COLUMNS, decimals="point")),
    ):  # fmt: skip
        assert [each.net for each in read(body, mapping)] == [each.net for each in told.moves]
