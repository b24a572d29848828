"""What a shop's machine asks the simulated Stripe, as the original answers: ids, lists, expansions, keys, errors."""

import hashlib
import hmac
import json
import time
from dataclasses import dataclass
from urllib.parse import parse_qsl

from litestar import Response, get, post
from litestar.params import FromPath, RawBody

from web.bank import stripe_counter as counter
from web.bank.api import BankRequest
from web.bank.stripe_books import Act, Books
from web.bank.stripe_rules import CARD_LIKE, Doc, Refusal, only, unfold

KINDS = {
    "checkout/sessions": "checkout.session", "payment_intents": "payment_intent", "charges": "charge",
    "refunds": "refund", "disputes": "dispute", "balance_transactions": "balance_transaction", "payouts": "payout",
    "events": "event",
}  # fmt: skip
FILTERS = {
    "checkout.session": ("status", "payment_intent"),
    "refund": ("payment_intent", "charge"),
    "dispute": ("payment_intent", "charge"),
    "charge": ("payment_intent",),
    "balance_transaction": ("payout", "source", "type", "currency"),
    "payout": ("status",),
    "event": ("type",),
}
EXPANDABLE = {
    "payment_intent": "payment_intent", "latest_charge": "charge", "charge": "charge", "payout": "payout",
    "balance_transaction": "balance_transaction",
}  # fmt: skip
SOURCES = {"ch": "charge", "re": "refund", "dp": "dispute", "po": "payout"}
GARBLED = {
    "truncated": b'{"id": "cs_test_',
    "page": b"<html><body>Service is being maintained</body></html>",
    "latin": b'{"id": "\xe9\xff"}',
    "list": b'["paid"]',
    "huge": b'{"id": "' + b"9" * 2_000_000 + b'"}',
}
STRETCH = (("gte", 0), ("lte", 1 << 40), ("lt", 1 << 40))
PRIVATE = frozenset({"label", "intent_metadata"})
BROKEN = b'{"error": {"type": "api_error", "message": "Something went wrong on Stripe\'s end."}}'


@get("/v1/{path:path}", sync_to_thread=True)
def ask(request: BankRequest, path: FromPath[str]) -> Response[bytes]:
    """Retrieve or list."""
    pairs = [(name, value) for name, value in parse_qsl(request.url.query, keep_blank_values=True)]
    return _answered(request, path, pairs, creating=False)


@post("/v1/{path:path}", status_code=200, sync_to_thread=True)
def do(request: BankRequest, path: FromPath[str], body: RawBody) -> Response[bytes]:
    """Create or act, at most once for one key."""
    return _answered(request, path, parse_qsl(body.decode(), keep_blank_values=True), creating=True)


@dataclass(frozen=True, slots=True)
class _Call:
    """One call as it arrived, under its key if it has one, and how this answer is to be spoilt."""

    place: str
    params: Doc
    creating: bool
    key: str
    spoils: str


def _answered(request: BankRequest, path: str, pairs: list[tuple[str, str]], *, creating: bool) -> Response[bytes]:
    books: Books = request.app.state["stripe_books"]
    place, key = path.strip("/"), request.headers.get("idempotency-key", "") if creating else ""
    try:
        admit(request)
        call = _Call(place, unfold(pairs), creating, key, _spoils(books, _name_of(place, creating=creating)))
        digest = hashlib.sha256(repr((place, sorted(pairs))).encode()).hexdigest()
        before = books.remembered(key, digest) if key else None
    except Refusal as refusal:
        return refused(refusal)
    if before is not None:
        return _json(before[1], before[0], replayed=True)
    return _worked(request, books, call)


def _worked(request: BankRequest, books: Books, call: _Call) -> Response[bytes]:
    """Do it and answer, unless this answer is lost or spoilt; the key remembers what was begun, a 500 too."""
    if call.spoils in {"error_before", "cut_before"}:
        _hang(books)
        _settle_key(books, call, 500 if call.spoils == "error_before" else None, BROKEN)
        return _json(BROKEN, 500 if call.spoils == "error_before" else 504)
    try:
        with books.act() as act:
            told = _do(act, call, request.app.state["stripe_url"]) if call.creating else _look(act, call)
    except Refusal as refusal:
        _settle_key(books, call, None, b"")
        return refused(refusal)
    status, answer = (500, BROKEN) if call.spoils == "error_after" else (200, json.dumps(told).encode())
    _settle_key(books, call, status, answer)
    if call.spoils == "cut_after":
        _hang(books)
        return _json(BROKEN, 504)
    return _json(GARBLED.get(call.spoils, answer), status)


def _settle_key(books: Books, call: _Call, status: int | None, answer: bytes) -> None:
    """Keep the answer under the key; without a status the endpoint had not begun, and the key is free again."""
    if call.key and status is None:
        books.forget(call.key)
    elif call.key and status is not None:
        books.remember(call.key, status, answer)


def _do(act: Act, call: _Call, url: str) -> Doc:
    params = call.params
    match call.place.split("/"):
        case ["checkout", "sessions"]:
            return _shown(act, counter.open_page(act, params, url=url))
        case ["checkout", "sessions", id, "expire"]:
            return _shown(act, counter.expire(act, act.find(id, "checkout.session")))
        case ["refunds"]:
            return counter.refund(act, params)
        case ["disputes", id]:
            return counter.answer_dispute(act, act.find(id, "dispute"), params)
        case ["disputes", id, "close"]:
            return counter.close_dispute(act, act.find(id, "dispute"), won=False)
    raise Refusal(404, f"Unrecognized request URL (POST: /v1/{call.place}).")


def _look(act: Act, call: _Call) -> Doc:
    place, params = call.place, call.params
    resource, _, id = place.rpartition("/")
    expand = [str(each) for each in params.get("expand", {}).values()]
    if place not in KINDS and resource in KINDS:
        found = act.find(id, KINDS[resource])
        return _shown(act, _expanded(act, found, expand))
    return _list(act, place, params, expand)


def _list(act: Act, place: str, params: Doc, expand: list[str]) -> Doc:
    """Newest first, a page at a time."""
    kind = KINDS.get(place)
    if kind is None:
        raise Refusal(404, f"Unrecognized request URL (GET: /v1/{place}).")
    only(params, "limit", "starting_after", "created", "arrival_date", *FILTERS.get(kind, ()))
    found = [each for each in act.all(kind) if _fits(each, params, FILTERS.get(kind, ()))]
    after = params.get("starting_after")
    if after:
        ids = [each["id"] for each in found]
        if after not in ids:
            raise Refusal(400, f"No such {kind}: '{after}'", code="resource_missing", param="starting_after")
        found = found[ids.index(after) + 1 :]
    limit = min(int(params.get("limit", 10)), 100)
    inside = [each.removeprefix("data.") for each in expand if each.startswith("data.")]
    data = [_shown(act, _expanded(act, each, inside)) for each in found[:limit]]
    return {"object": "list", "url": f"/v1/{place}", "has_more": len(found) > limit, "data": data}


def _fits(each: Doc, params: Doc, filters: tuple[str, ...]) -> bool:
    for name in ("created", "arrival_date"):
        stretch = params.get(name)
        if isinstance(stretch, dict):
            low, last, end = (int(str(stretch.get(word, usual))) for word, usual in STRETCH)
            if not low <= each[name] <= min(last, end - 1):
                return False
    return all(each.get(name) == params[name] for name in filters if name in params)


def _expanded(act: Act, found: Doc, paths: list[str]) -> Doc:
    """The same with the objects of these paths in place of their ids."""
    told = dict(found)
    if found["object"] == "charge" and "refunds" in paths:
        mine = [each for each in act.all("refund") if each["charge"] == found["id"]]
        told["refunds"] = {"object": "list", "data": mine, "has_more": False}
    for name in {path.split(".")[0] for path in paths}:
        id = told.get(name)
        kind = SOURCES.get(str(id).split("_")[0]) if name == "source" else EXPANDABLE.get(name)
        if isinstance(id, str) and kind:
            deeper = [path.partition(".")[2] for path in paths if path.startswith(name + ".")]
            told[name] = _expanded(act, act.find(id, kind), deeper)
    return told


def _shown(act: Act, told: Doc) -> Doc:
    """A session as the faults would have it; everything else as it is."""
    if told.get("object") != "checkout.session":
        return told
    switches, told = (
        act.switches,
        {key: value for key, value in told.items() if key not in {"label", "intent_metadata"}},
    )
    told["amount_total"] += switches.amount_off
    told["currency"] = switches.currency or told["currency"]
    told["livemode"] = switches.live
    intent = told["payment_intent"]
    if isinstance(intent, dict):
        intent["amount_received"] += switches.amount_off
        intent["currency"] = told["currency"]
        if switches.extra_card_fields:
            intent["latest_charge"] = {**intent["latest_charge"], "payment_method_details": {"card": CARD_LIKE}}
    others = [each for each in act.all("checkout.session") if each["id"] != told["id"] and each["payment_intent"]]
    if switches.foreign and others and isinstance(intent, dict):
        told["payment_intent"] = {**intent, "id": others[0]["payment_intent"]}
        if switches.foreign == "order":
            told["client_reference_id"] = others[0]["client_reference_id"]
    if switches.extra_card_fields:
        told |= {
            "card": CARD_LIKE,
            "card_number": CARD_LIKE["number"],
            "customer_details": {"name": CARD_LIKE["number"]},
        }
    return told


def admit(request: BankRequest) -> None:
    """Let in whoever has the account's key. Raises Refusal."""
    given = request.headers.get("authorization", "")
    if not hmac.compare_digest(given.encode(), f"Bearer {request.app.state['stripe_key']}".encode()):
        raise Refusal(401, "Invalid API Key provided.", type="invalid_request_error")


def _name_of(place: str, *, creating: bool) -> str:
    """A call's name for the switch `only`, such as "sessions.retrieve"."""
    parts = place.removeprefix("checkout/").split("/")
    return f"{parts[0]}.{'create' if creating else 'list' if len(parts) == 1 else 'retrieve'}"


def _spoils(books: Books, call: str) -> str:
    with books.act() as act:
        switches = act.switches
        if not switches.fault or switches.only not in {"", call} or 0 < switches.times <= act.spoilt:
            return ""
        act.run("UPDATE switch SET spoilt = spoilt + 1")
    if switches.fault == "rate_limit":
        raise Refusal(429, "Too many requests hit the API too quickly.", code="rate_limit")
    return switches.fault


def refused(refusal: Refusal) -> Response[bytes]:
    """The refusal as the original words it."""
    return _json(json.dumps(refusal.body).encode(), refusal.status)


def _hang(books: Books) -> None:
    with books.act() as act:
        seconds = act.switches.hang_seconds
    time.sleep(seconds)


def _json(body: bytes, status: int = 200, *, replayed: bool = False) -> Response[bytes]:
    headers = {"request-id": "req_simulated"} | ({"idempotent-replayed": "true"} if replayed else {})
    return Response(body, media_type="application/json", status_code=status, headers=headers)


ROUTES = [ask, do]
