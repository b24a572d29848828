"""The description of the API: made from its handlers, and shown by a page of our own."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from litestar import MediaType, Response, Router, get
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme

from web.identity import Req
from web.respond import page

VERSION = "1"
SCHEMA_PATH = "/api/v1/openapi.json"
METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True)
class Operation:
    """One thing that can be asked for or done. `fields` are those of its body, the optional ones with a `?`."""

    method: str
    path: str
    says: str
    query: tuple[str, ...]
    fields: tuple[str, ...]


@get("/api", opt={"policy": "public.read"}, include_in_schema=False, sync_to_thread=True)
def reference(request: Req) -> Response[str]:
    """Every address with what it does, in the order of the nouns."""
    schema = request.app.openapi_schema.to_schema()
    return page(request, "pages/public/api.html", groups=operations(schema), schema=SCHEMA_PATH)


routes = [reference]


def description() -> OpenAPIConfig:
    """How Litestar describes us. Its own pages load from foreign hosts, so only the file is served."""
    bearer = SecurityScheme(type="http", scheme="bearer", description="The token of POST /api/v1/session")
    return OpenAPIConfig(
        title="Karigar",
        version=VERSION,
        description="Every POST that does something carries an Idempotency-Key, a UUID, and may be sent again.",
        use_handler_docstrings=True,
        components=Components(security_schemes={"bearer": bearer}),
        security=[{"bearer": []}],
        openapi_router=Router(
            SCHEMA_PATH, route_handlers=[], opt={"policy": "public.read"}, include_in_schema=False
        ),
        render_plugins=[JsonRenderPlugin(path="/", media_type=MediaType.JSON)],
    )  # fmt: skip


def operations(schema: Mapping[str, Any]) -> dict[str, list[Operation]]:
    """The operations of a description by their noun."""
    found: dict[str, list[Operation]] = {}
    for path, item in sorted(schema["paths"].items()):
        for method in METHODS:
            told = item.get(method)
            if told is not None:
                noun = (told.get("tags") or ["…"])[0]
                query = [each["name"] for each in told.get("parameters", ()) if each["in"] == "query"]
                says = told.get("description") or told.get("summary", "")
                fields = _fields(schema, told)
                found.setdefault(noun, []).append(Operation(method.upper(), path, says, tuple(query), fields))
    return found


def _fields(schema: Mapping[str, Any], told: Mapping[str, Any]) -> tuple[str, ...]:
    content = told.get("requestBody", {}).get("content", {})
    reference = next((each["schema"].get("$ref", "") for each in content.values()), "")
    body = schema["components"]["schemas"].get(reference.rpartition("/")[2], {})
    needed = set(body.get("required", ()))
    return tuple(name if name in needed else f"{name}?" for name in body.get("properties", {}))
