"""Zarinpal and SSLCommerz: what their settings must be, which notices are theirs, and what their reports say."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest

from marketplace.foundation.ids import uuid7
from marketplace.foundation.money import Money
from marketplace.foundation.settings import SettingRefused, Settings
from payments.gateways import sslcommerz, zarinpal
from payments.gateways.protocol import LineKind, RawRequest
from payments.gateways.rules import AnswerNotUnderstood, Outcome
from payments.gateways.sslcommerz import Sslcommerz, SslcommerzStore
from payments.gateways.sslcommerz_report import read_settlement
from payments.gateways.zarinpal import _attempt_in

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
MERCHANT = "5f0c3a52-7b1d-4d3e-9a44-0c1f7be2a901"
DEMO = Settings(mode="demo")

PUBLISHED = {  # the notice that SSLCommerz shows in its own library, with the password of that test store
    "tran_id": "5E121A0D01F92", "val_id": "200105225826116qFnATY9sHIwo", "amount": "10.00",
    "card_type": "VISA-Dutch Bangla", "store_amount": "9.75", "card_no": "418117XXXXXX6675",
    "bank_tran_id": "200105225825DBgSoRGLvczhFjj", "status": "VALID", "tran_date": "2020-01-05 22:58:21",
    "currency": "BDT", "card_issuer": "TRUST BANK, LTD.", "card_brand": "VISA", "card_issuer_country": "Bangladesh",
    "card_issuer_country_code": "BD", "store_id": "test_testemi", "currency_type": "BDT", "currency_amount": "10.00",
    "currency_rate": "1.0000", "base_fair": "0.00", "value_a": "", "value_b": "", "value_c": "", "value_d": "",
    "risk_level": "0", "risk_title": "Safe",
}  # fmt: skip
SIGNED = {
    "verify_key": ",".join(sorted(PUBLISHED)),
    "verify_sign": "d42fab70ae0bcbda5280e7baffef60b0",
    "verify_sign_sha2": "02c0417ff467c109006382d56eedccecd68382e47245266e7b47abbb3d43976e",
}
HEADING = "tran_id,bank_tran_id,card_no,amount,store_amount,settled_on"


@pytest.fixture
def store() -> Iterator[Sslcommerz]:
    with closing(Sslcommerz(SslcommerzStore("http://127.0.0.1:9", "test_testemi", "test_testemi@ssl"))) as adapter:
        yield adapter


def settings(**given: str) -> Settings:
    return Settings(mode=given.pop("mode", "demo"), **given)


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"zarinpal_api_base": "http://127.0.0.1:8100"}, "ZARINPAL_MERCHANT_ID"),
        ({"zarinpal_merchant_id": "1234"}, "ZARINPAL_MERCHANT_ID"),
        ({"zarinpal_merchant_id": "x" * 36}, "ZARINPAL_MERCHANT_ID"),
        ({"zarinpal_merchant_id": MERCHANT, "zarinpal_api_base": "payment.zarinpal.com"}, "ZARINPAL_API_BASE"),
        ({"zarinpal_merchant_id": MERCHANT, "zarinpal_api_base": "http://payment.zarinpal.com"}, "ZARINPAL_API_BASE"),
        ({"zarinpal_merchant_id": MERCHANT, "zarinpal_api_base": "https://a.example:port"}, "ZARINPAL_API_BASE"),
        (
            {"mode": "production", "zarinpal_merchant_id": MERCHANT, "zarinpal_api_base": "http://127.0.0.1:8100"},
            "ZARINPAL_API_BASE",
        ),
        (
            {
                "mode": "production",
                "zarinpal_merchant_id": MERCHANT,
                "zarinpal_api_base": "https://sandbox.zarinpal.com",
            },
            "ZARINPAL_API_BASE",
        ),
    ],
)
def test_a_setting_of_zarinpal_that_is_wrong_is_refused_by_name(given: dict[str, str], name: str) -> None:
    with pytest.raises(SettingRefused) as refused:
        zarinpal.from_settings(settings(**given))
    assert refused.value.name == name
    assert MERCHANT not in str(refused.value)


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"sslcommerz_store_id": "shop"}, "SSLCOMMERZ_STORE_PASSWORD"),
        ({"sslcommerz_store_password": "secret@ssl"}, "SSLCOMMERZ_STORE_ID"),
        ({"sslcommerz_api_base": "http://127.0.0.1:8100"}, "SSLCOMMERZ_STORE_ID"),
        ({"sslcommerz_store_id": "shop", "sslcommerz_store_password": "with blank"}, "SSLCOMMERZ_STORE_PASSWORD"),
        ({"sslcommerz_store_id": "shop", "sslcommerz_store_password": "abc"}, "SSLCOMMERZ_STORE_PASSWORD"),
        (
            {
                "mode": "production", "sslcommerz_store_id": "shop", "sslcommerz_store_password": "secret@ssl",
                "sslcommerz_api_base": "https://sandbox.sslcommerz.com",
            },
            "SSLCOMMERZ_API_BASE",
        ),
    ],
)  # fmt: skip
def test_a_setting_of_sslcommerz_that_is_wrong_is_refused_by_name(given: dict[str, str], name: str) -> None:
    with pytest.raises(SettingRefused) as refused:
        sslcommerz.from_settings(settings(**given))
    assert refused.value.name == name
    assert "secret@ssl" not in str(refused.value)


def test_without_settings_there_is_no_gateway_and_the_usual_address_is_live() -> None:
    assert zarinpal.from_settings(DEMO) is None
    assert sslcommerz.from_settings(DEMO) is None
    rial = zarinpal.from_settings(settings(zarinpal_merchant_id=MERCHANT))
    taka = sslcommerz.from_settings(settings(sslcommerz_store_id="shop", sslcommerz_store_password="secret@ssl"))
    practice = zarinpal.from_settings(
        settings(zarinpal_merchant_id=MERCHANT, zarinpal_api_base="https://sandbox.zarinpal.com/")
    )
    assert rial is not None
    assert taka is not None
    assert practice is not None
    assert (rial.can.live, taka.can.live, practice.can.live) == (True, True, False)
    assert (rial.can.currencies, taka.can.currencies) == (frozenset({"IRR"}), frozenset({"BDT"}))
    for each in (rial, taka, practice):
        each.close()


def read(store: Sslcommerz, fields: dict[str, str]) -> tuple[bool, Outcome | None, int]:
    notice = store.read(RawRequest({}, urlencode(fields).encode(), NOW))
    assert not any(shown in repr(notice) for shown in ("418117", "6675", "TRUST"))
    return notice.authentic, notice.claims, notice.reply[0]


def test_the_published_example_is_a_true_notice_and_keeps_nothing_of_the_card(store: Sslcommerz) -> None:
    assert read(store, PUBLISHED | SIGNED) == (True, Outcome.PAID, 200)


@pytest.mark.parametrize(
    "changed",
    [
        {"amount": "11.00"},
        {"tran_id": "5E121A0D01F93"},
        {"status": "FAILED"},
        {"verify_sign_sha2": ""},
        {"verify_sign_sha2": SIGNED["verify_sign"]},  # the old signature in the new one's place
        {"verify_sign_sha2": "é" * 64},
        {"verify_key": "tran_id"},  # signs too little
        {"verify_key": ""},
        {"verify_key": "," * 5000},
        {"store_id": "another"},
        {"tran_id": "4111111111111111"},
    ],
)
def test_a_notice_with_anything_changed_is_not_believed(store: Sslcommerz, changed: dict[str, str]) -> None:
    assert read(store, PUBLISHED | SIGNED | changed) == (False, None, 400)


def test_the_same_notice_has_one_key_and_a_forgery_another(store: Sslcommerz) -> None:
    raw = RawRequest({}, urlencode(PUBLISHED | SIGNED).encode(), NOW)
    other = RawRequest({}, urlencode(PUBLISHED | SIGNED | {"amount": "11.00"}).encode(), NOW)
    assert store.read(raw).key == store.read(raw).key
    assert store.read(raw).key != store.read(other).key


@pytest.mark.parametrize(
    "url", ["https://evil.example/pay", "http://securepay.sslcommerz.com/pay", "https://sslcommerz.com.evil.example/p"]
)
def test_nobody_is_sent_to_a_page_that_is_not_theirs(store: Sslcommerz, url: str) -> None:
    assert not store._is_theirs(url)
    assert store._is_theirs("https://epay-gw.sslcommerz.com/0a1b2c")


def test_the_attempt_is_found_in_our_own_address_of_return() -> None:
    attempt = uuid7()
    assert _attempt_in(f"https://karigar.example/top-ups/returns/{attempt}?Authority=A&Status=OK") == attempt
    for other in ("https://karigar.example/top-ups/returns/", "zarin_link", None, 7):
        assert _attempt_in(other) is None


def report(*rows: str, heading: str = HEADING) -> bytes:
    return "\r\n".join(["Settlement Report", "Store: Karigar", heading, *rows, ""]).encode()


def test_a_settlement_is_read_below_its_moving_heading_and_without_cards() -> None:
    lines = read_settlement(
        report(
            "aaaa,200105225825DBgSoRGLvczhFjj,418117XXXXXX6675,1500.00,1470.00,2026-11-22,payment,",
            "aaaa,200105225825DBgSoRGLvczhFjj,418117XXXXXX6675,-500.00,-500.00,2026-11-23,refund,R1R1R1R1",
            "aaaa,200105225825DBgSoRGLvczhFjj,418117XXXXXX6675,-100.00,-100.00,2026-11-23,refund,R2R2R2R2",
            heading=HEADING + ",type,refund_ref_id",
        )
    )
    assert [(line.kind, line.gross, line.fee) for line in lines] == [
        (LineKind.PAYMENT, Money(150_000, "BDT"), Money(3_000, "BDT")),
        (LineKind.REFUND, Money(-50_000, "BDT"), Money(0, "BDT")),
        (LineKind.REFUND, Money(-10_000, "BDT"), Money(0, "BDT")),
    ]
    assert "6675" not in repr(lines)


ROW = "aaaa,200105225825DBgSoRGLvczhFjj,418117XXXXXX6675,1500.00,1470.00,2026-11-22"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"tran_id,amount\r\naaaa,1.00\r\n",
        report(ROW, ROW),
        report(ROW.replace("1500.00", "1500.005")),
        report(ROW.replace("2026-11-22", "yesterday")),
        report(ROW.replace("200105225825DBgSoRGLvczhFjj", "4111111111111111")),
        report(ROW + ",more"),
        report(ROW).replace(b"aaaa", b"\xff\xfe"),
    ],
)
def test_a_settlement_that_does_not_hold_together_is_refused_whole(body: bytes) -> None:
    with pytest.raises(AnswerNotUnderstood):
        read_settlement(body)
