"""The organization's settings: each with its bounds, changed with a reason; jobs keep the terms they were quoted."""

from dataclasses import dataclass
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from marketplace.foundation import clock
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
from web.pages.admin.words import SETTING_NAMES
from web.parts import Filled
from web.respond import page, see_other


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


@get("/admin/settings", opt={"policy": "admin.read"}, sync_to_thread=True)
def every(request: Req) -> Response[str]:
    """All settings in force."""
    with transaction() as session:
        values = queries.home(session).settings
    rows = [Row(setting, values[key]) for key, setting in SETTINGS.items()]
    return page(request, "pages/admin/settings.html", rows=rows)


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
