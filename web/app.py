"""Builds the application: routes, the guard, answers and headers. Its threads and connections are counted together."""

import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from litestar import Litestar, Request, Response, Router
from litestar.concurrency import set_asyncio_executor
from litestar.config.compression import CompressionConfig
from litestar.datastructures import State
from litestar.handlers import HTTPRouteHandler
from litestar.static_files import create_static_files_router
from litestar.types import ControllerRouterHandler

import web.api
import web.pages
from marketplace.foundation.database import transaction
from marketplace.foundation.settings import Settings, read
from marketplace.organizations import queries as organizations
from marketplace.organizations.rules import NotFounded
from payments.gateways import directory
from web import errors
from web.api import reference
from web.identity import Identity, guard
from web.opening import open_house
from web.policies import POLICIES
from web.threads import Handlers

STATIC = Path(__file__).parent / "static"
BODY_BYTES = 1_000_000
FOREVER = "public, max-age=31536000, immutable"


def create_app(settings: Settings | None = None) -> Litestar:
    """A factory, because the executor must be chosen before the event loop runs.

    Raises SettingRefused; ValueError on a route without a policy.
    """
    settings = settings or read()
    set_asyncio_executor(Handlers(settings.thread_count, thread_name_prefix="handler"))
    open_house(settings, connections=settings.thread_count)
    app = Litestar(
        # Routers: handlers given to Litestar one by one are registered twice when they share a path, and then one
        # that runs in a thread answers with a coroutine in place of its Response (2.25).
        [
            Router("/", route_handlers=list(routes_of(web.pages)), include_in_schema=False),
            Router("/", route_handlers=list(routes_of(web.api))),
            _static(),
        ],
        guards=[guard],
        middleware=[Identity(settings, _home_language())],
        exception_handlers=errors.HANDLERS,
        after_request=lambda response: response,
        before_send=[security_headers],
        compression_config=CompressionConfig(backend="gzip", minimum_size=1000, exclude_opt_key="nocompress"),
        request_max_body_size=BODY_BYTES,
        logging_config=None,  # ours is an allow-list; Litestar's prints what libraries say
        openapi_config=reference.description(),
        state=State({"settings": settings}),
    )
    check_policies(app)
    return app


def all_routes() -> Iterator[ControllerRouterHandler]:
    """The `routes` of every module below `web/pages` and `web/api`."""
    for package in (web.pages, web.api):
        yield from routes_of(package)


def routes_of(package: ModuleType) -> Iterator[ControllerRouterHandler]:
    """The `routes` of every module below one package."""
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        yield from getattr(importlib.import_module(found.name), "routes", ())


def check_policies(app: Litestar) -> None:
    """Every route names a policy that exists, or the application does not start."""
    for route in app.routes:
        for handler in getattr(route, "route_handlers", ()):
            if isinstance(handler, HTTPRouteHandler) and handler.opt.get("policy") not in POLICIES:
                if handler.fn.__module__.startswith("litestar."):
                    continue  # OPTIONS handlers that Litestar adds by itself
                raise ValueError(f"{route.path} declares no policy: give it opt={{'policy': …}}")


async def security_headers(message: Any, scope: Any) -> None:
    """Headers of every answer: what the page may load, and that nothing personal is kept by caches."""
    if message["type"] != "http.response.start":
        return
    settings: Settings = scope["litestar_app"].state.settings
    raw: list[tuple[bytes, bytes]] = message.setdefault("headers", [])
    present = {name.lower() for name, _ in raw}
    for name, value in _headers(settings).items():
        if name.encode() not in present:
            raw.append((name.encode(), value.encode()))


def _headers(settings: Settings) -> dict[str, str]:
    banks = "".join(f" {origin}" for origin in sorted(directory.pages()))
    headers = {
        "content-security-policy": (
            "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data:; "
            "connect-src 'self'; manifest-src 'self'; frame-ancestors 'none'; base-uri 'none'; "
            f"form-action 'self'{banks}"
        ),
        "x-content-type-options": "nosniff",
        "referrer-policy": "same-origin",
        "cross-origin-opener-policy": "same-origin",
        "permissions-policy": "geolocation=(self), camera=(), microphone=(), payment=()",
        "cache-control": "private, no-store",
    }
    if settings.secure:
        headers["strict-transport-security"] = "max-age=31536000"
    return headers


def _static() -> ControllerRouterHandler:
    STATIC.mkdir(exist_ok=True)
    return create_static_files_router(
        path="/static",
        directories=[STATIC],
        opt={"policy": "public.assets", "no_identity": True},
        guards=[],
        include_in_schema=False,
        cache_control=None,
        after_request=_keep_for_ever,
    )


def _keep_for_ever(response: Response[Any]) -> Response[Any]:
    response.headers["cache-control"] = FOREVER
    return response


def _home_language() -> str:
    try:
        with transaction() as session:
            return organizations.home(session).language
    except NotFounded:
        return "en"  # an empty database: `karigar migrate` has run and nobody has founded a town yet


def settings_of(request: Request[Any, Any, Any]) -> Settings:
    """This process's settings."""
    settings: Settings = request.app.state.settings
    return settings
