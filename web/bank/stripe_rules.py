"""The simulated Stripe's own rules: ids, fees, signatures, what it refuses, and the faults it can be told to make."""

import hashlib
import hmac
import secrets
import string
from typing import Annotated, Any, Literal

import msgspec

Doc = dict[str, Any]

SIGNS = string.ascii_letters + string.digits
CURRENCIES = {"bdt": 2, "qar": 2, "usd": 2, "eur": 2, "kwd": 3}
FEE_PERCENT, FEE_FIXED, DISPUTE_FEE = 29, 100, 1500  # in thousandths of the amount; in the smallest unit
KEY_LIVES = 24 * 3600
SHORTEST_PAGE, LONGEST_PAGE = 30 * 60, 24 * 3600
ROTATED_OUT = "whsec_rotatedOutLongAgo0000000000000"  # the fault `signer: old` signs with it; no merchant knows it
FORGER = "whsec_somebodyWhoIsNotStripe00000000"
CARD_LIKE = {"number": "4111111111111111", "last4": "1111", "fingerprint": "c" * 16, "exp_month": 12, "exp_year": 2031}

Decision = Literal["pay", "pay_and_close", "ask_bank", "approve", "refuse", "slow", "decline", "cancel", "close"]


class Refusal(Exception):
    """An answer that is an error, as the original words it. `kept`: the endpoint had begun, so the key remembers it."""

    def __init__(
        self, status: int, message: str, *, type: str = "invalid_request_error", code: str = "", param: str = ""
    ) -> None:
        super().__init__(message)
        self.status = status
        self.body: Doc = {"error": {"type": type, "message": message}}
        self.body["error"] |= {name: value for name, value in (("code", code), ("param", param)) if value}


class Switches(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What goes wrong from now on.

    Events: `duplicate` copies at once; `late_seconds` before one is sent; `reorder`: of what is due together the last
    is sent first; `lost`: never; `signer`: whose secret signs; `skew_seconds` of the clock that stamps; `forged`: a
    false one as soon as a page opens. Answers: `amount_off`, `currency`, `foreign`, `live`, `extra_card_fields` change
    what a session tells; `fault` spoils the answers of the calls in `only`, `times` of them (0: all).
    """

    duplicate: Annotated[int, msgspec.Meta(ge=1, le=100)] = 1
    late_seconds: Annotated[float, msgspec.Meta(ge=0, le=30 * 86_400)] = 0
    reorder: bool = False
    lost: bool = False
    forged: bool = False
    signer: Literal["current", "second", "both", "old"] = "current"
    skew_seconds: Annotated[int, msgspec.Meta(ge=-86_400, le=86_400)] = 0
    amount_off: Annotated[int, msgspec.Meta(ge=-1_000_000_000, le=1_000_000_000)] = 0
    currency: Literal["", "bdt", "qar", "usd", "eur"] = ""
    foreign: Literal["", "intent", "order"] = ""
    live: bool = False
    extra_card_fields: bool = False
    fault: Literal[
        "",
        "rate_limit",
        "error_before",
        "error_after",
        "cut_before",
        "cut_after",
        "truncated",
        "page",
        "latin",
        "list",
        "huge",
    ] = ""
    only: Annotated[str, msgspec.Meta(pattern=r"^([a-z_]+\.(create|retrieve|list))?$")] = ""
    times: Annotated[int, msgspec.Meta(ge=0, le=1000)] = 0
    hang_seconds: Annotated[float, msgspec.Meta(ge=0, le=60)] = 0


def new_id(prefix: str, length: int = 24) -> str:
    return prefix + "_" + "".join(secrets.choice(SIGNS) for _ in range(length))


def fee_of(amount: int) -> int:
    """2.9 percent, half up, and one whole unit."""
    return (amount * FEE_PERCENT + 500) // 1000 + FEE_FIXED


def signature(keys: list[str], stamp: int, body: bytes) -> str:
    """The `Stripe-Signature` header: the time, and one v1 for each secret that is in force."""
    signed = [hmac.new(key.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest() for key in keys]
    return ",".join([f"t={stamp}", *(f"v1={each}" for each in signed), f"v0={'0' * 64}"])


def unfold(pairs: list[tuple[str, str]]) -> Doc:
    """A form as an object: `a[b][0][c]=1` becomes a.b[0].c. Raises Refusal for what is none."""
    found: Doc = {}
    for name, value in pairs:
        path = name.replace("]", "").split("[")
        place: Doc = found
        for step in path[:-1]:
            place = place.setdefault(step, {})
            if not isinstance(place, dict):
                raise Refusal(400, f"Invalid object: {path[0]}", param=path[0])
        place[path[-1] or str(len(place))] = value
    return found


def whole(params: Doc, name: str, *, least: int = 0) -> int:
    """A whole number that was sent. Raises Refusal."""
    text = str(params.get(name, ""))
    if not text.isdecimal() or len(text) > 12 or int(text) < least:
        raise Refusal(400, f"Invalid integer: {name}", code="parameter_invalid_integer", param=name)
    return int(text)


def only(params: Doc, *names: str) -> None:
    """Refuse what the endpoint does not know, as the original does. Raises Refusal."""
    strange = sorted(set(params) - set(names) - {"expand"})
    if strange:
        raise Refusal(400, f"Received unknown parameter: {strange[0]}", code="parameter_unknown", param=strange[0])
