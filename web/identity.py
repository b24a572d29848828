"""Who is asking: the session cookie or token, the principal it stands for, and the guard of every route."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from litestar import Request
from litestar.concurrency import sync_to_thread
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie, MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.exceptions import NotAuthorizedException, NotFoundException, PermissionDeniedException
from litestar.handlers import BaseRouteHandler
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.ids import PersonId
from marketplace.foundation.settings import Settings
from marketplace.people import actions as people
from marketplace.people import queries as people_queries
from web.policies import POLICIES

LANGUAGES = ("en", "bn", "fa", "ar")
LANGUAGE_COOKIE = "language"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
YEAR = 365 * 24 * 3600


@dataclass(frozen=True)
class Principal:
    """The one who asks: a person with a session, or a visitor with nothing but a random token."""

    person: PersonId | None
    roles: frozenset[str]
    language: str
    token: str = field(repr=False)
    session: UUID | None = None
    bearer: bool = False

    @property
    def signed_in(self) -> bool:
        return self.person is not None

    @property
    def person_id(self) -> PersonId:
        """The person; only behind a policy that demands one."""
        if self.person is None:
            raise NotAuthorizedException
        return self.person

    @property
    def name(self) -> str:
        """The owner of commands and drafts: the person, or the visitor's token as a digest."""
        return str(self.person) if self.person else f"visitor {token_digest(self.token).hex()}"

    def has(self, role: str) -> bool:
        return role in self.roles


Req = Request[Principal, Any, Any]


def token_digest(token: str) -> bytes:
    """What is stored of a session's token."""
    return hashlib.sha256(token.encode()).digest()


def form_token(settings: Settings, token: str) -> str:
    """The word that a form must send back: bound to the session, known to its pages only."""
    return hmac.new(settings.session_secret.encode(), b"form:" + token.encode(), hashlib.sha256).hexdigest()


def cookie_name(settings: Settings) -> str:
    return "__Host-session" if settings.secure else "session"


def session_cookie(settings: Settings, token: str) -> Cookie:
    """The session's cookie: unreadable to scripts, sent to this site only."""
    return Cookie(
        key=cookie_name(settings), value=token, path="/", httponly=True, secure=settings.secure, samesite="lax"
    )


def language_cookie(settings: Settings, language: str) -> Cookie:
    return Cookie(
        key=LANGUAGE_COOKIE,
        value=language,
        path="/",
        max_age=YEAR,
        secure=settings.secure,
        samesite="lax",
        httponly=True,
    )


def new_token() -> str:
    """256 random bits."""
    return secrets.token_urlsafe(32)


class Identity(ASGIMiddleware):
    """Puts the principal into `scope["user"]`, and gives a visitor a token of his own."""

    scopes = (ScopeType.HTTP,)
    exclude_opt_key = "no_identity"

    def __init__(self, settings: Settings, home_language: str) -> None:
        self.settings = settings
        self.home_language = home_language

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        request: Request[Any, Any, Any] = Request(scope)
        sent, bearer = self._token(request)
        language = _wished_language(request, self.home_language)
        found = await sync_to_thread(self._find, sent, bearer, language) if sent else None
        new = found is None and (sent is None or len(sent) != 43)  # not one of ours: a fresh one
        token = new_token() if new or sent is None else sent
        scope["user"] = found or Principal(None, frozenset(), language, token)

        async def answer(message: Message) -> None:
            if new and not bearer and message["type"] == "http.response.start":
                headers = MutableScopeHeaders.from_message(message)
                if "set-cookie" not in headers and headers.get("cache-control", "").startswith(("no-store", "private")):
                    headers.add("set-cookie", session_cookie(self.settings, token).to_header(header=""))
            await send(message)

        await next_app(scope, receive, answer)

    def _token(self, request: Request[Any, Any, Any]) -> tuple[str | None, bool]:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and given:
            return given.strip(), True
        return request.cookies.get(cookie_name(self.settings)), False

    def _find(self, token: str, bearer: bool, language: str) -> Principal | None:  # noqa: FBT001
        now = clock.now()
        with transaction() as session:
            found = people_queries.signed_in(session, token_digest(token), now=now)
            if found is None:
                return None
            if now - found.seen_at > timedelta(minutes=1):
                people.touch(session, found.session, now=now)
        return Principal(
            found.person,
            frozenset(found.roles),
            found.language or language,
            token,
            session=found.session,
            bearer=bearer,
        )


def _wished_language(request: Request[Any, Any, Any], home: str) -> str:
    chosen = request.cookies.get(LANGUAGE_COOKIE, "")
    if chosen in LANGUAGES:
        return chosen
    for wish in request.headers.get("accept-language", "").split(","):
        code = wish.partition(";")[0].strip()[:2].lower()
        if code in LANGUAGES:
            return code
    return home


async def guard(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """The one guard of all routes: the declared policy, the request's origin and the form's token."""
    policy = POLICIES[handler.opt["policy"]]
    settings: Settings = connection.app.state.settings
    principal: Principal = connection.scope["user"]
    if policy.development and settings.production:
        raise NotFoundException
    if not policy.admits(principal.roles, signed_in=principal.signed_in):
        if principal.signed_in:
            raise NotFoundException  # what one may not know of is not there
        raise NotAuthorizedException
    if connection.scope["method"] in SAFE or not policy.form_token or principal.bearer:
        return
    _check_origin(connection, settings)
    request: Request[Any, Any, Any] = Request(connection.scope, connection.receive)
    sent = request.headers.get("x-form-token") or (await request.form()).get("form_token", "")
    if not hmac.compare_digest(str(sent), form_token(settings, principal.token)):
        raise PermissionDeniedException("form token")


def _check_origin(connection: ASGIConnection[Any, Any, Any, Any], settings: Settings) -> None:
    if connection.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise PermissionDeniedException("origin")
    origin = connection.headers.get("origin")
    if (
        origin
        and origin != "null"
        and urlsplit(origin).netloc
        not in (
            urlsplit(settings.base_url).netloc,
            connection.headers.get("host", ""),
        )
    ):
        raise PermissionDeniedException("origin")
