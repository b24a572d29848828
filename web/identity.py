"""Who is asking: the session cookie or token, the principal it stands for, and the guard of every route."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from functools import partial
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
from web import first
from web.home import home
from web.parts import Theme
from web.policies import POLICIES

LANGUAGES = ("en", "bn", "fa", "ar")
PREFERENCE_COOKIE = "language"
THEMES = ("auto", "light", "dark")
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
YEAR = 365 * 24 * 3600
TOKEN_LENGTH = 43  # of 256 bits in base64


@dataclass(frozen=True)
class Principal:
    """The one who asks: a person with a session, or a visitor with nothing but a random token.

    `roles` count in the whole house, `parts` for a part of it alone: a manager of one compound manages that compound.
    `pending` is somebody whose password or code was right and whose authenticator has not been asked yet: they are a
    visitor everywhere but on the page that asks for its digits. What somebody owes comes before other pages
    (web.first).
    """

    person: PersonId | None
    roles: frozenset[str]
    language: str
    token: str = field(repr=False)
    session: UUID | None = None
    bearer: bool = False
    stepped_up: bool = False
    second_factor: bool = False
    parts: frozenset[str] = frozenset()
    pending: PersonId | None = None
    owes_acceptance: bool = False
    owes_authenticator: bool = False

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
        preference = preference_of(request)
        fallback = _wished_language(request) or self.home_language
        production = request.app.state.settings.production
        find = partial(self._find, bearer=bearer, chosen=preference.language, fallback=fallback, production=production)
        found = await sync_to_thread(find, sent) if sent else None
        fresh = found is None and (sent is None or len(sent) != TOKEN_LENGTH)
        token = new_token() if fresh or sent is None else sent
        principal = found or Principal(None, frozenset(), preference.language or fallback, token)
        scope["user"] = principal
        scope["state"]["preference"] = preference

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start" and not bearer:
                headers = MutableScopeHeaders.from_message(message)
                if fresh and "set-cookie" not in headers:
                    headers.add("set-cookie", session_cookie(self.settings, token).to_header(header=""))
                if "language" in request.query_params and preference.language:
                    headers.add("set-cookie", preference.cookie(self.settings).to_header(header=""))
            await send(message)

        await next_app(scope, receive, answer)

    def _token(self, request: Request[Any, Any, Any]) -> tuple[str | None, bool]:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and given:
            return given.strip(), True
        return request.cookies.get(cookie_name(self.settings)), False

    def _find(self, token: str, *, bearer: bool, chosen: str, fallback: str, production: bool) -> Principal | None:
        with transaction() as session:
            found = people.touch(session, token, now=clock.now())
            if found is None or found.person_id is None:
                return None
            protected = found.second_factor or people_queries.has_second_factor(session, found.person_id)
            unread = first.owes_acceptance(session, found.person_id, now=clock.now())
        if protected and not found.second_factor:
            language = chosen or found.language or fallback
            return Principal(None, frozenset(), language, token, session=found.session_id, pending=found.person_id)
        roles = people_queries.names_in(found.roles, home().id)
        return Principal(
            found.person_id,
            roles,
            chosen or found.language or fallback,
            token,
            session=found.session_id,
            bearer=bearer,
            stepped_up=found.stepped_up,
            second_factor=found.second_factor,
            parts=found.role_names - roles,
            owes_acceptance=unread,
            owes_authenticator=not protected and first.needs_authenticator(found.role_names, production=production),
        )


@dataclass(frozen=True)
class Preference:
    """What the reader chose on this device; an empty language where nothing was chosen."""

    language: str = ""
    theme: Theme = "auto"

    def cookie(self, settings: Settings) -> Cookie:
        """Kept for a year, on this device; the register of cookies calls it `language`."""
        return Cookie(
            key=PREFERENCE_COOKIE,
            value=f"{self.language}.{self.theme}",
            path="/",
            max_age=YEAR,
            secure=settings.secure,
            samesite="lax",
            httponly=True,
        )


def preference_of(request: Request[Any, Any, Any]) -> Preference:
    """The cookie's choice, with the language that this address asks for over it (`?language=bn`)."""
    language, _, theme = request.cookies.get(PREFERENCE_COOKIE, "").partition(".")
    asked = request.query_params.get("language", "")
    chosen = asked if asked in LANGUAGES else language
    return Preference(chosen if chosen in LANGUAGES else "", theme if theme in THEMES else "auto")  # type: ignore[arg-type]


def _wished_language(request: Request[Any, Any, Any]) -> str:
    for wish in request.headers.get("accept-language", "").split(","):
        code = wish.partition(";")[0].strip()[:2].lower()
        if code in LANGUAGES:
            return code
    return ""


def visitor_of(request: Request[Any, Any, Any]) -> Principal:
    """Whoever asks for an address that leads nowhere: such a request ends before anybody was looked up."""
    language = preference_of(request).language or _wished_language(request)
    return Principal(None, frozenset(), language or "en", new_token())


async def guard(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """The one guard of all routes: the declared policy, the request's origin and the form's token."""
    policy = POLICIES[handler.opt["policy"]]
    settings: Settings = connection.app.state.settings
    if handler.opt.get("no_identity"):
        return
    principal: Principal = connection.scope["user"]
    if policy.development and settings.production:
        raise NotFoundException
    roles = principal.roles | principal.parts if policy.parts else principal.roles
    if not policy.admits(roles, signed_in=principal.signed_in):
        if principal.signed_in:
            raise NotFoundException  # what one may not know of is not there
        raise NotAuthorizedException
    request: Request[Any, Any, Any] = Request(connection.scope, connection.receive)
    first.check(request, policy, acceptance=principal.owes_acceptance, authenticator=principal.owes_authenticator)
    if request.method in SAFE or not policy.form_token or principal.bearer:
        return
    _check_origin(connection, settings)
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
