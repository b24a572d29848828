"""The wire to Stripe under its own client: our timeouts, one host, plain data out, nothing logged or invented."""

import logging
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, TypeVar

import httpx
import stripe

from marketplace.foundation.database import forbid_open_transaction
from payments.gateways.addresses import host_of, origin_of
from payments.gateways.outbound import CONNECT_SECONDS, LARGEST_ANSWER, HostNotAllowed
from payments.gateways.rules import AnswerNotUnderstood, GatewayUnreachable

VERSION = "2026-10-28.endive"
SENT = frozenset({"authorization", "content-type", "idempotency-key", "stripe-version"})

Answer = TypeVar("Answer")
Object = Mapping[str, object]

stripe.enable_telemetry = False
stripe.log = None
stripe._util.STRIPE_LOG = None  # the client would print whole answers; no setting of a shell may make it
logging.getLogger("stripe").setLevel(logging.CRITICAL + 1)


def client(secret_key: str, base_url: str, wire: "Wire") -> stripe.StripeClient:
    """Stripe's own client over this wire; it retries nothing."""
    return stripe.StripeClient(
        secret_key,
        base_addresses={"api": base_url, "files": base_url, "connect": base_url, "meter_events": base_url},
        http_client=wire,
        max_network_retries=0,
        stripe_version=VERSION,
    )


class Refused(AnswerNotUnderstood):
    """Stripe has said no to what was asked; nothing was done."""


class Wire(stripe.HTTPClient):
    """What the client sends through: our timeouts, our one host, no redirects, no proxy, and never in a transaction."""

    name: ClassVar[str] = "httpx"

    def __init__(self, base_url: str, *, read_seconds: float) -> None:
        super().__init__()
        self._origin = origin_of(base_url)
        timeout = httpx.Timeout(read_seconds, connect=CONNECT_SECONDS)
        self._client = httpx.Client(timeout=timeout, follow_redirects=False, trust_env=False)

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
        *,
        _usage: list[str] | None = None,
    ) -> tuple[Any, int, Mapping[str, str]]:
        forbid_open_transaction()
        if origin_of(url) != self._origin:
            raise HostNotAllowed(host_of(url))
        sent = {name: value for name, value in (headers or {}).items() if name.lower() in SENT}
        request = self._client.build_request(method, url, headers=sent, content=post_data or None)
        try:
            return self._answer(request)
        except httpx.ConnectError:
            return self._again(request)
        except httpx.HTTPError as failure:
            # `from None`: the original error names the request, and a request may name a payer.
            raise GatewayUnreachable(type(failure).__name__) from None

    def close(self) -> None:
        self._client.close()

    def _again(self, request: httpx.Request) -> tuple[bytes, int, Mapping[str, str]]:
        """Once more where nothing had been sent: every call of ours may be repeated."""
        try:
            return self._answer(request)
        except httpx.HTTPError as failure:
            raise GatewayUnreachable(type(failure).__name__) from None

    def _answer(self, request: httpx.Request) -> tuple[bytes, int, Mapping[str, str]]:
        answer = self._client.send(request, stream=True)
        try:
            received = b""
            for piece in answer.iter_bytes():
                received += piece
                if len(received) > LARGEST_ANSWER:
                    raise AnswerNotUnderstood("too long")
            _check_letters(received)
            return received, answer.status_code, answer.headers
        finally:
            answer.close()


def _check_letters(received: bytes) -> None:
    # The client decodes every answer for its log, also for one that is off, and dies of what is no UTF-8 (16.1).
    try:
        received.decode()
    except UnicodeDecodeError:
        raise AnswerNotUnderstood("no UTF-8") from None


def plain(call: Callable[[], Answer]) -> Object:
    """What a call answers, as plain data. Raises GatewayUnreachable, AnswerNotUnderstood; for a plain no Refused."""
    try:
        found = call()
    except stripe.InvalidRequestError:
        raise Refused("refused") from None
    except (stripe.AuthenticationError, stripe.PermissionError, stripe.IdempotencyError, stripe.CardError):
        raise AnswerNotUnderstood("refused") from None
    except stripe.StripeError as failure:
        raise GatewayUnreachable(type(failure).__name__) from None
    if not isinstance(found, stripe.StripeObject):
        raise AnswerNotUnderstood("no object")
    return found.to_dict()
