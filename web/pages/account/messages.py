"""Which messages come over which channel, and everything that was sent to the reader."""

from collections.abc import Collection

from litestar import Response, get, post
from litestar.response import Redirect

from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.notices import actions as notices
from marketplace.notices import queries
from marketplace.notices.rules import CHANNELS, LETTERS
from web.forms import FormBody
from web.forms.fields import Fields
from web.identity import Req
from web.respond import page, see_other

HERE = "/account/messages"
SHOWN = 30


@get(HERE, opt={"policy": "own.read"}, sync_to_thread=True)
def show(request: Req) -> Response[str]:
    """The matrix message × channel; what tells of money or safety is locked, with the reason."""
    person = request.user.person_id
    with transaction() as session:
        wishes = [each for each in queries.wishes(session, person) if _is_for(each.letter, request.user.roles)]
        sent = queries.deliveries_of(session, person, limit=SHOWN)
    return page(request, "pages/account/messages.html", wishes=wishes, channels=CHANNELS, sent=sent)


@post(HERE, opt={"policy": "own.write"}, sync_to_thread=True)
def change(request: Req, data: FormBody) -> Redirect:
    """Keep the whole matrix as it was ticked; locked messages stay as they are."""
    fields, now = Fields(data, request.user.language), clock.now()
    with transaction() as session:
        for letter in LETTERS.values():
            if letter.always is None:
                for channel in CHANNELS:
                    notices.prefer(
                        session, person=request.user.person_id, letter=letter.name, channel=channel,
                        wanted=fields.ticked(f"{letter.name}-{channel}"), now=now,
                    )  # fmt: skip
    return see_other(HERE)


routes = [show, change]


def _is_for(letter: str, roles: Collection[str]) -> bool:
    role = LETTERS[letter].only_for
    return role is None or role in roles
