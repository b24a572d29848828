"""Mapping profiles: which column of a sender's table says what. Made beside the file that needs it, with a preview of
what would be understood; a change is a new version."""

from collections.abc import Mapping as Named
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, cast
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from marketplace.foundation import clock
from marketplace.foundation.cards import mask_card_numbers
from marketplace.foundation.database import transaction
from marketplace.foundation.money import EXPONENTS, Money
from marketplace.foundation.scripts import ascii_digits
from payments.gateways import directory
from payments.statements import profiles, queries
from payments.statements.mapping import CHOICES, COLUMNS, Mapping, ProfileIncomplete, read_mapping
from payments.statements.queries import Profile, Upload
from payments.statements.readers import How, events, raw_rows
from payments.statements.rules import FileNotUnderstood, LineKind, Source, Stage, Stated
from web import answers, statement_files
from web.forms import FormBody
from web.forms.fields import Fields
from web.identity import Req
from web.pages.finance import file_words as words
from web.parts import Filled
from web.respond import page, see_other

ROOT: Final = "/finance/profiles"
SHOWN: Final = 8
UNDERSTOOD: Final = 10
MAPPED_KINDS: Final = ("refund", "chargeback", "fee", "payment", "reserve", "adjustment", "payout", "other")


@dataclass(frozen=True)
class Understood:
    """What a mapping makes of the first lines of a file, and where it stops."""

    lines: tuple[tuple[Stated, Money], ...]
    why: str = ""


@get(ROOT, opt={"policy": "finance.read"}, sync_to_thread=True)
def every(request: Req) -> Response[str]:
    """The profiles in use."""
    with transaction() as session:
        found = queries.profiles(session)
    return page(request, "pages/finance/profiles.html", profiles=found, sources=words.SOURCES)


@get(f"{ROOT}/new", opt={"policy": "finance.read"}, sync_to_thread=True)
def new(request: Req) -> Response[str]:
    """An empty form; `upload` names the file that it is made for."""
    upload = _upload(request.query_params.get("upload", ""))
    asked = request.query_params.get("source", "")
    source = upload.source if upload else Source(asked) if asked in list(Source) else Source.STATEMENT
    start = {"source": source.value, "gateway": upload.gateway if upload else ""}
    return _page(request, Filled(start), upload=upload)


@get(f"{ROOT}/{{id:uuid}}", opt={"policy": "finance.read"}, sync_to_thread=True)
def one(request: Req, id: FromPath[UUID]) -> Response[str]:
    """A profile, to be looked at or changed. Refuses ProfileNotFound."""
    with transaction() as session:
        found = queries.profile(session, id)
    upload = _upload(request.query_params.get("upload", ""))
    return _page(request, Filled(_typed(found)), upload=upload, profile=found)


@post(f"{ROOT}/preview", opt={"policy": "finance.write"}, status_code=200, sync_to_thread=True)
def preview(request: Req, data: FormBody) -> Response[str]:
    """What would be understood; nothing is kept."""
    upload = _upload(str(data.get("upload", "")))
    try:
        mapping = _mapping(data)
    except ProfileIncomplete as lacking:
        return _page(request, Filled(data), upload=upload, lacks=_lacking(request, lacking))
    shown = None if upload is None else _understood(request, upload, str(data.get("gateway", "")), mapping)
    return _page(request, Filled(data), upload=upload, understood=shown)


@get(f"{ROOT}/preview", opt={"policy": "finance.read"}, sync_to_thread=False)
def again() -> Redirect:
    """A preview that is reloaded begins anew."""
    return see_other(ROOT)


@post(ROOT, opt={"policy": "finance.write"}, sync_to_thread=True)
def save(request: Req, data: FormBody) -> Response[str] | Redirect:
    """Keep the profile, and read the file again by it. Refuses UploadNotFound, UploadMoved."""
    fields = Fields(data, request.user.language)
    name = fields.text("name", longest=60)
    gateway = fields.choice("gateway", [each.name for each in directory.connected()])
    upload = _upload(fields.raw("upload"))
    lacks = ""
    try:
        mapping = _mapping(data)
    except ProfileIncomplete as lacking:
        mapping, lacks = None, _lacking(request, lacking)
    if fields.errors or mapping is None:
        form = Filled(data, answers.beside(fields.errors, request))
        return _page(request, form, upload=upload, lacks=lacks, status=422)
    with transaction() as session:
        by, now = request.user.person_id, clock.now()
        id = profiles.save(session, name=name, gateway=gateway, mapping=mapping, by=by, now=now)
    if upload is not None and upload.stage in (Stage.REFUSED, Stage.SHOWN):
        statement_files.read_again(upload.id, profile=id)
        return see_other(f"/finance/imports/{upload.id}")
    return see_other(ROOT)


@post(f"{ROOT}/{{id:uuid}}/retirement", opt={"policy": "finance.write"}, sync_to_thread=True)
def retire(id: FromPath[UUID]) -> Redirect:
    """No new file is read by it. Refuses ProfileNotFound."""
    with transaction() as session:
        queries.profile(session, id)
        profiles.retire(session, id, now=clock.now())
    return see_other(ROOT)


routes = [every, new, preview, again, one, save, retire]


def _upload(text: str) -> Upload | None:
    try:
        id = UUID(text)
    except ValueError:
        return None
    with transaction() as session:
        return queries.upload(session, id)


def _mapping(data: Named[str, Any]) -> Mapping:
    fields = Fields(data)
    source = fields.raw("source")
    if source not in [each.value for each in Source]:
        raise ProfileIncomplete("columns")
    heading = ascii_digits(fields.raw("heading"))
    chosen = {name: _option(data, name) for name in CHOICES}
    words_of = {kind: _list(fields.raw(f"word-{kind}")) for kind in (*MAPPED_KINDS, "debit")}
    stored = chosen | {
        "source": source,
        "columns": {name: said for name in COLUMNS[Source(source)] if (said := fields.raw(f"column-{name}"))},
        "currency": fields.raw("currency"), "account": fields.raw("account"),
        "heading": int(heading) if heading.isascii() and heading.isdecimal() and len(heading) < 4 else 0,
        "newest_first": fields.ticked("newest_first"), "day_ends": ascii_digits(fields.raw("day_ends")),
        "ignored": _list(fields.raw("ignored")), "words": {kind: list(each) for kind, each in words_of.items() if each},
    }  # fmt: skip
    return read_mapping(cast("dict[str, Any]", stored))


def _option(data: Named[str, Any], name: str) -> str:
    """A choice as it was sent: a tab is white space, which fields trim."""
    sent = str(data.get(name, ""))
    return sent if sent in CHOICES[name] else CHOICES[name][0]


def _list(text: str) -> tuple[str, ...]:
    return tuple(each.strip() for each in text.replace("،", ",").split(",") if each.strip())


def _typed(found: Profile) -> dict[str, Any]:
    mapping = found.mapping
    typed: dict[str, Any] = {name: getattr(mapping, name) for name in CHOICES}
    typed |= {f"column-{name}": heading for name, heading in mapping.columns.items()}
    typed |= {f"word-{kind}": ", ".join(said) for kind, said in mapping.words.items()}
    return typed | {
        "name": found.name, "gateway": found.gateway, "source": mapping.source.value, "currency": mapping.currency,
        "account": mapping.account, "heading": str(mapping.heading or ""), "day_ends": mapping.day_ends,
        "ignored": ", ".join(mapping.ignored), "newest_first": "on" if mapping.newest_first else "",
    }  # fmt: skip


def _lacking(request: Req, refusal: ProfileIncomplete) -> str:
    lacks = answers.sentence(request, words.LACKING.get(refusal.lacks, words.UNKNOWN))
    return answers.answer(ProfileIncomplete(lacks), request).sentence


def _understood(request: Req, upload: Upload, gateway: str, mapping: Mapping) -> Understood:
    lines: list[tuple[Stated, Money]] = []
    found = islice(events(statement_files.given(upload), How(gateway, mapping.source, mapping)), UNDERSTOOD + 1)
    try:
        lines.extend((each, Money(each.net, each.currency)) for each in found if isinstance(each, Stated))
    except FileNotUnderstood as failure:
        return Understood(tuple(lines), words.what_is_wrong(request, failure))
    return Understood(tuple(lines))


def _raw(upload: Upload | None, typed: Named[str, Any]) -> list[tuple[int, list[str]]]:
    if upload is None:
        return []
    rows = raw_rows(statement_files.given(upload), _option(typed, "encoding"), _option(typed, "separator"))
    found: list[tuple[int, list[str]]] = []
    with suppress(FileNotUnderstood):  # what was read before a fault is shown, too; a card number never is
        found.extend((place, [mask_card_numbers(cell) for cell in cells]) for place, cells in islice(rows, SHOWN))
    return found


def _page(
    request: Req,
    form: Filled,
    *,
    upload: Upload | None = None,
    profile: Profile | None = None,
    understood: Understood | None = None,
    lacks: str = "",
    status: int = 200,
) -> Response[str]:
    said = str(form.values.get("source", ""))
    source = Source(said) if said in list(Source) else Source.STATEMENT
    return page(
        request, "pages/finance/profile.html", status_code=status, form=form, upload=upload, profile=profile,
        understood=understood, lacks=lacks, rows=_raw(upload, form.values), columns=COLUMNS[source], source=source,
        sources=words.SOURCES, cells=words.CELLS, options=words.OPTIONS, kinds=words.KINDS, line_kinds=LineKind,
        mapped_kinds=MAPPED_KINDS[:3] if source is Source.SETTLEMENT else (), currencies=sorted(EXPONENTS),
        gateways=[each.name for each in directory.connected()],
    )  # fmt: skip
