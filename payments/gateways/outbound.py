"""The one way to a provider: short timeouts, a named host, no redirects, and never inside a transaction."""

import json
from collections.abc import Mapping

import httpx

from marketplace.foundation.database import forbid_open_transaction
from payments.gateways.rules import AnswerNotUnderstood, GatewayUnreachable

CONNECT_SECONDS = 3.0
READ_SECONDS = 10.0
LARGEST_ANSWER = 1_000_000


class HostNotAllowed(RuntimeError):
    """An address outside the settings: a mistake of ours or an attempt to lead us astray."""


class Outbound:
    """Calls one provider at one address. Safe to share between threads.

    `explains_refusals`: this provider tells in the body of a 4xx what is the matter, so that body is an answer too.
    """

    def __init__(
        self,
        base_url: str,
        *,
        hosts: frozenset[str],
        bearer: str = "",
        read_seconds: float = READ_SECONDS,
        explains_refusals: bool = False,
    ) -> None:
        address = httpx.URL(base_url)
        if address.host not in hosts:
            raise HostNotAllowed(address.host)
        self._explains_refusals = explains_refusals
        self._client = httpx.Client(
            base_url=address,
            timeout=httpx.Timeout(read_seconds, connect=CONNECT_SECONDS),
            follow_redirects=False,
            trust_env=False,
            headers={"accept": "application/json"} | ({"authorization": f"Bearer {bearer}"} if bearer else {}),
        )

    def post(self, path: str, body: Mapping[str, object], *, repeatable: bool = False) -> dict[str, object]:
        """Send JSON, return the JSON object answered. Raises GatewayUnreachable, AnswerNotUnderstood."""
        return _object(self.fetch(path, body, repeatable=repeatable))

    def fetch(self, path: str, body: Mapping[str, object], *, repeatable: bool = False) -> bytes:
        """Send JSON, return the bytes answered. Raises GatewayUnreachable, AnswerNotUnderstood."""
        return self._call(self._client.build_request("POST", _checked(path), json=dict(body)), repeatable=repeatable)

    def post_form(self, path: str, fields: Mapping[str, str], *, repeatable: bool = False) -> dict[str, object]:
        """Send a form, return the JSON object answered. Raises GatewayUnreachable, AnswerNotUnderstood."""
        return _object(
            self._call(self._client.build_request("POST", _checked(path), data=dict(fields)), repeatable=repeatable)
        )

    def get(self, path: str, query: Mapping[str, str], *, repeatable: bool = True) -> dict[str, object]:
        """Ask, return the JSON object answered. Raises GatewayUnreachable, AnswerNotUnderstood."""
        return _object(
            self._call(self._client.build_request("GET", _checked(path), params=dict(query)), repeatable=repeatable)
        )

    def close(self) -> None:
        self._client.close()

    def _call(self, request: httpx.Request, *, repeatable: bool) -> bytes:
        forbid_open_transaction()
        # `from None`: the original error names the request, and a request may name a payer.
        try:
            return self._once(request)
        except httpx.ConnectError as failure:
            if not repeatable:
                raise GatewayUnreachable(type(failure).__name__) from None
        except httpx.HTTPError as failure:
            raise GatewayUnreachable(type(failure).__name__) from None
        return self._call(request, repeatable=False)

    def _once(self, request: httpx.Request) -> bytes:
        answer = self._client.send(request, stream=True)
        try:
            if answer.status_code >= 500 or answer.status_code == 429:
                raise GatewayUnreachable(str(answer.status_code))
            if answer.status_code >= 300 and not (self._explains_refusals and answer.status_code >= 400):
                raise AnswerNotUnderstood(str(answer.status_code))
            received = b""
            for piece in answer.iter_bytes():
                received += piece
                if len(received) > LARGEST_ANSWER:
                    raise AnswerNotUnderstood("too long")
            return received
        finally:
            answer.close()


def _checked(path: str) -> str:
    if not path.startswith("/") or path.startswith("//"):
        raise HostNotAllowed(path)
    return path


def _object(received: bytes) -> dict[str, object]:
    try:
        found = json.loads(received)
    except (ValueError, RecursionError):
        raise AnswerNotUnderstood("no JSON") from None
    if not isinstance(found, dict):
        raise AnswerNotUnderstood("no JSON object")
    return found
