"""The organization's settings: each with its bounds, changed with a reason; jobs keep the terms they were quoted."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from marketplace.foundation import audit, clock
from marketplace.foundation.audit import Entry
from marketplace.foundation.database import transaction
from marketplace.foundation.errors import Refused
from marketplace.organizations import actions as organizations
from marketplace.organizations import queries
from marketplace.organizations.rules import SETTINGS, Setting, UnknownSetting
from web import answers
from web import home as houses
from web.forms import FormBody
from web.forms.fields import Fields
from web.identity import Req
from web.pages.admin.people import mark
from web.pages.admin.words import SETTING_NAMES
from web.parts import Filled
from web.respond import page, see_other

MOST_CHANGES = 20


@dataclass(frozen=True)
class Row:
    """A setting as it stands."""

    setting: Setting
    value: int

    @property
    def name(self) -> str:
        return SETTING_NAMES[self.setting.key]

    @property
    def changed(self) -> bool:
        return self.value != self.setting.default


@dataclass(frozen=True)
class Changed:
    """One change of a setting, as the journal has it."""

    at: datetime
    name: str
    before: int | None
    after: int
    by: str
    reason: str


@get("/admin/settings", opt={"policy": "admin.read"}, sync_to_thread=True)
def every(request: Req) -> Response[str]:
    """All settings in force with their bounds, and who changed what last and why."""
    with transaction() as session:
        values = queries.home(session).settings
        entries = audit.entries(session, action="organization.setting_changed", limit=MOST_CHANGES)
    rows = [Row(setting, values[key]) for key, setting in SETTINGS.items()]
    return page(request, "pages/admin/settings.html", rows=rows, changes=[_changed(entry) for entry in entries])


@get("/admin/settings/{key:str}", opt={"policy": "admin.read"}, sync_to_thread=True)
def one(request: Req, key: FromPath[str]) -> Response[str]:
    """One setting, to be changed."""
    return _form(request, key, Filled())


@post("/admin/settings/{key:str}", opt={"policy": "admin.write"}, sync_to_thread=True, status_code=200)
def change(request: Req, key: FromPath[str], data: FormBody) -> Response[Any] | Redirect:
    """Change it, with a reason; it goes to the journal. Refuses UnknownSetting, a value outside its bounds."""
    setting = _known(key)
    fields = Fields(data, request.user.language)
    value = fields.whole("value", least=setting.at_least, most=setting.at_most)
    reason = fields.text("reason", longest=200)
    if fields.errors:
        return _form(request, key, Filled(data, answers.beside(fields.errors, request)))
    try:
        with transaction() as session:
            here = queries.home(session)
            organizations.change_setting(
                session, here.id, key, value, by=request.user.person_id, reason=reason, now=clock.now()
            )
    except Refused as refusal:
        fields.refuse("value", refusal)
        return _form(request, key, Filled(data, answers.beside(fields.errors, request)))
    houses.forget()
    return see_other("/admin/settings")


def _changed(entry: Entry) -> Changed:
    key, before = str(entry.facts["key"]), entry.facts["before"]
    return Changed(
        at=entry.at,
        name=SETTING_NAMES.get(key, key),
        before=None if before is None else int(before),
        after=int(entry.facts["after"] or 0),
        by=mark(entry.actor) if entry.actor else "",
        reason=audit.reason_of(entry) or "",
    )


def _form(request: Req, key: str, form: Filled) -> Response[str]:
    setting = _known(key)
    with transaction() as session:
        value = queries.home(session).settings[key]
    return page(
        request, "pages/admin/setting.html", row=Row(setting, value), form=form, status_code=422 if form.errors else 200
    )


def _known(key: str) -> Setting:
    if key not in SETTINGS:
        raise UnknownSetting(key)
    return SETTINGS[key]


routes = [every, one, change]
