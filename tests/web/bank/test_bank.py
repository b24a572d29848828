"""The sandbox bank as its merchants and payers meet it: over HTTP, in a process of its own."""

import csv
import hashlib
import hmac
import io
import itertools
import json
import re
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from marketplace.foundation.cards import contains_card_number, passes_luhn
from tests.web.bank.running import SECRET, BusyServer, RunningBank, running_bank
from web.bank.rules import financial_day, new_tracking_number
from web.bank.words import LANGUAGES, WORDS

_orders = itertools.count()


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBank]:
    with running_bank(tmp_path_factory.mktemp("bank")) as running:
        yield running


@pytest.fixture
def bank_of_its_own(tmp_path: Path) -> Iterator[RunningBank]:
    """For tests that move the bank's clock."""
    with running_bank(tmp_path) as running:
        yield running


@pytest.fixture(autouse=True)
def _no_faults(bank: RunningBank) -> None:
    bank.faults()


class Door:
    """A merchant's door that counts who rings."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, bytes]] = []
        door = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                door.heard.append((self.headers["bank-signature"], body))
                self.send_response(200)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = BusyServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/notice"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def wait_for(self, number: int, seconds: float = 10) -> list[tuple[str, bytes]]:
        pause = threading.Event()
        for _ in range(int(seconds * 20)):
            if len(self.heard) >= number:
                break
            pause.wait(0.05)
        return self.heard

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def door() -> Iterator[Door]:
    opened = Door()
    yield opened
    opened.close()


def ask(bank: RunningBank, *, notify: str = "http://127.0.0.1:9/n", **changed: object) -> dict[str, str]:
    order = f"order{next(_orders)}"
    body: dict[str, object] = {
        "order": order,
        "amount": 150_000,
        "currency": "BDT",
        "return_url": "http://127.0.0.1:9/back",
        "notify_url": notify,
        "expires_at": (datetime.now(UTC) + timedelta(minutes=30)).isoformat(),
        "label": "Top-up",
    }
    answer = bank.tell("/pay/request", body | changed)
    answer.raise_for_status()
    opened: dict[str, str] = answer.json()
    return opened | {"order": str(changed.get("order", order))}


def verify(bank: RunningBank, order: str, amount: int = 150_000) -> dict[str, object]:
    found: dict[str, object] = bank.tell("/pay/verify", {"order": order, "amount": amount}).json()
    return found


def rows(bank: RunningBank, kind: str, day: str) -> list[dict[str, str]]:
    answer = bank.tell(f"/reports/{kind}", {"day": day})
    answer.raise_for_status()
    return list(csv.DictReader(io.StringIO(answer.text)))


def test_a_paid_payment_is_verified_first_and_then_already_with_the_same_two_numbers(bank: RunningBank) -> None:
    page = ask(bank)
    assert bank.decide(page["url"], "pay").status_code == 303
    first, again = verify(bank, page["order"]), verify(bank, page["order"])
    assert (first["status"], again["status"]) == ("first", "already")
    assert first["transaction"] == again["transaction"]
    assert re.fullmatch(r"SB[A-Z0-9]{10}", str(first["transaction"]))
    assert re.fullmatch(r"\d{12}", str(first["tracking"]))


def test_tracking_numbers_fail_the_luhn_check() -> None:
    assert not any(passes_luhn(new_tracking_number()) for _ in range(500))


@pytest.mark.parametrize(("decision", "state"), [("decline", "declined"), ("cancel", "cancelled"), ("close", "open")])
def test_what_is_not_paid_is_not_verified(bank: RunningBank, decision: str, state: str) -> None:
    page = ask(bank)
    bank.decide(page["url"], decision)
    told = verify(bank, page["order"])
    assert (told["status"], told["state"], told["transaction"]) == ("not_paid", state, "")


def test_an_empty_account_is_declined(bank: RunningBank) -> None:
    page = ask(bank)
    bank.decide(page["url"], "pay", account="empty")
    assert verify(bank, page["order"])["state"] == "declined"


def test_a_second_decision_changes_nothing(bank: RunningBank) -> None:
    page = ask(bank)
    bank.decide(page["url"], "cancel")
    bank.decide(page["url"], "pay")
    assert verify(bank, page["order"])["state"] == "cancelled"


def test_another_amount_commits_nothing(bank: RunningBank) -> None:
    page = ask(bank)
    bank.decide(page["url"], "pay")
    assert verify(bank, page["order"], amount=149_999)["status"] == "not_paid"
    assert verify(bank, page["order"])["status"] == "first"


def test_the_same_order_is_the_same_page_and_another_amount_is_refused(bank: RunningBank) -> None:
    page = ask(bank)
    assert ask(bank, order=page["order"])["token"] == page["token"]
    body = {
        "order": page["order"],
        "amount": 1,
        "currency": "BDT",
        "return_url": "http://127.0.0.1:9/",
        "notify_url": "http://127.0.0.1:9/",
        "expires_at": datetime.now(UTC).isoformat(),
    }
    assert bank.tell("/pay/request", body).status_code == 409


def test_a_stranger_is_told_nothing(bank: RunningBank) -> None:
    assert bank.tell("/pay/verify", {"order": "x"}, secret="guessed secret guess").status_code == 401
    assert bank.tell("/-/faults", {"faults": {}}, secret="guessed secret guess").status_code == 401


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_speaks_four_languages_and_has_no_field_for_a_card(bank: RunningBank, language: str) -> None:
    page = ask(bank)
    shown = bank.client.get(f"/pay/{page['token']}", params={"language": language})
    assert shown.status_code == 200
    assert f'lang="{language}" dir="{"rtl" if language in ("fa", "ar") else "ltr"}"' in shown.text
    fields = re.findall(r"<(?:input|select|textarea)[^>]*>", shown.text)
    assert {re.sub(r".*type=\"(\w+)\" name=\"(\w+)\".*", r"\1 \2", field) for field in fields} == {"radio account"}
    assert "style=" not in shown.text
    assert "<script" not in shown.text
    assert "default-src 'none'" in shown.headers["content-security-policy"]


def test_every_language_has_every_word() -> None:
    assert all(words.keys() == WORDS["en"].keys() for words in WORDS.values())
    assert all(all(words.values()) for words in WORDS.values())


def test_the_payer_comes_back_by_get_or_by_post(bank: RunningBank) -> None:
    by_get = bank.decide(ask(bank)["url"], "pay")
    assert by_get.headers["location"].startswith("http://127.0.0.1:9/back?token=tk")
    bank.faults(return_method="POST")
    by_post = bank.decide(ask(bank)["url"], "pay")
    assert by_post.status_code == 200
    assert '<form method="post" action="http://127.0.0.1:9/back"' in by_post.text


def test_who_pays_and_closes_is_not_sent_back(bank: RunningBank) -> None:
    page = ask(bank)
    left = bank.decide(page["url"], "pay_and_close")
    assert left.status_code == 200
    assert "127.0.0.1:9/back" not in left.text
    assert verify(bank, page["order"])["status"] == "first"


def test_who_pays_late_pays_after_the_page_has_closed(bank_of_its_own: RunningBank, door: Door) -> None:
    bank = bank_of_its_own
    page = ask(bank, notify=door.url)
    bank.decide(page["url"], "pay_late")
    assert verify(bank, page["order"])["status"] == "not_paid"
    bank.advance(timedelta(minutes=31).total_seconds())
    assert len(door.wait_for(1)) == 1
    assert verify(bank, page["order"])["status"] == "first"


def test_unverified_money_is_listed_and_goes_back_after_a_day(bank_of_its_own: RunningBank) -> None:
    bank = bank_of_its_own
    page = ask(bank)
    bank.decide(page["url"], "pay")
    listed = bank.tell("/pay/unverified", {}).json()["payments"]
    assert [each["order"] for each in listed] == [page["order"]]
    bank.advance(timedelta(hours=24, seconds=5).total_seconds())
    assert verify(bank, page["order"])["state"] == "reversed"


def test_a_notice_is_signed_over_its_bytes(bank: RunningBank, door: Door) -> None:
    bank.decide(ask(bank, notify=door.url)["url"], "pay")
    signature, body = door.wait_for(1)[0]
    stamp = re.match(r"t=(\d+)", signature)
    assert stamp is not None
    right = hmac.new(SECRET.encode(), stamp[1].encode() + b"." + body, hashlib.sha256).hexdigest()
    assert signature == f"t={stamp[1]},v1={right}"


@pytest.mark.parametrize("copies", [2, 50])
def test_a_notice_is_sent_as_often_as_the_fault_says(bank: RunningBank, door: Door, copies: int) -> None:
    bank.faults(duplicate=copies)
    bank.decide(ask(bank, notify=door.url)["url"], "pay")
    heard = door.wait_for(copies, seconds=60)
    assert len(heard) == copies
    assert len({json.loads(body)["delivery"] for _, body in heard}) == 1


def test_a_lost_notice_never_comes_and_a_late_one_comes_later(bank: RunningBank, door: Door) -> None:
    bank.faults(lost=True)
    bank.decide(ask(bank, notify=door.url)["url"], "pay")
    bank.faults(late_seconds=2)
    bank.decide(ask(bank, notify=door.url)["url"], "pay")
    assert door.wait_for(1, seconds=0.8) == []
    assert len(door.wait_for(1)) == 1


def test_a_forged_notice_claims_paid_before_anybody_paid(bank: RunningBank, door: Door) -> None:
    bank.faults(forged=True)
    ask(bank, notify=door.url)
    _, body = door.wait_for(1)[0]
    assert json.loads(body)["claim"] == "paid"


def test_books_survive_a_restart(tmp_path: Path) -> None:
    with running_bank(tmp_path) as bank:
        page = ask(bank)
        bank.decide(page["url"], "pay")
        first = verify(bank, page["order"])
        bank.close()
        bank.open()
        assert verify(bank, page["order"]) == first | {"status": "already"}


def test_the_reports_of_a_day_agree_with_each_other(tmp_path: Path) -> None:
    with running_bank(tmp_path) as bank:
        for _ in range(3):
            page = ask(bank)
            bank.decide(page["url"], "pay")
            day = str(verify(bank, page["order"])["financial_day"])
        assert (
            bank.tell("/pay/refund", {"key": "r1", "order": page["order"], "amount": 50_000}).json()["status"]
            == "refunded"
        )
        assert (
            bank.tell("/pay/refund", {"key": "r1", "order": page["order"], "amount": 50_000}).json()["status"]
            == "refunded"
        )
        assert (
            bank.tell("/pay/refund", {"key": "r2", "order": page["order"], "amount": 150_000}).json()["status"]
            == "refused"
        )
        settled = rows(bank, "settlement", day)
        assert [row["type"] for row in settled] == ["LINE"] * 4 + ["TOTAL"]
        assert settled[-1]["gross"] == "4000.00"  # three of 1500, less one refund of 500
        assert settled[-1]["fee"] == "90.00"
        stated = rows(bank, "statement", day)
        assert [row["type"] for row in stated] == ["OPENING", "LINE", "CLOSING"]
        assert stated[1]["amount"] == settled[-1]["net"] == "3910.00"
        assert stated[1]["text"].endswith(settled[-1]["batch"])


def test_the_financial_day_ends_at_a_quarter_to_midnight() -> None:
    dhaka = ZoneInfo("Asia/Dhaka")
    before = datetime(2026, 11, 21, 23, 44, 59, tzinfo=dhaka)
    assert financial_day(before, dhaka).isoformat() == "2026-11-21"
    assert financial_day(before + timedelta(seconds=1), dhaka).isoformat() == "2026-11-22"


def test_the_bank_can_be_told_to_send_what_nobody_may_keep(bank: RunningBank) -> None:
    page = ask(bank)
    bank.decide(page["url"], "pay")
    assert not contains_card_number(json.dumps(verify(bank, page["order"])))
    bank.faults(extra_card_fields=True)
    assert contains_card_number(json.dumps(verify(bank, page["order"])))
