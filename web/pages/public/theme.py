"""Light or dark, remembered on this device in the one optional cookie of the register."""

from litestar import post
from litestar.response import Redirect

from web import ways
from web.forms import FormBody
from web.forms.fields import Fields
from web.identity import THEMES, Preference, Req, preference_of
from web.respond import see_other


@post("/theme", opt={"policy": "public.act"}, sync_to_thread=True)
def choose(request: Req, data: FormBody) -> Redirect:
    """Keep the choice and go back to the page it was made on; what is no theme changes nothing."""
    fields = Fields(data, request.user.language)
    back = ways.own_page(data.get("back", ""), "/")
    wanted = fields.choice("theme", THEMES)
    chosen = next((theme for theme in THEMES if theme == wanted), None)
    if chosen is None:
        return see_other(back)
    preference = Preference(preference_of(request).language, chosen)  # type: ignore[arg-type]  # one of THEMES
    return see_other(back, preference.cookie(request.app.state.settings))


routes = [choose]
