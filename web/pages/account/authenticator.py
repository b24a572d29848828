"""The second factor: set up with a picture or by hand, proved with its first digits, replaced by recovery codes."""

import io

import pyotp
import segno
from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.response import Redirect

from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.errors import Refused
from marketplace.people import actions as people
from marketplace.people import queries
from marketplace.people.rules import STAFF, SecondFactorOff, SecondFactorOn, WrongStep
from marketplace.privacy import actions as privacy
from web import answers
from web.forms import FormBody
from web.forms.fields import Fields
from web.home import home
from web.identity import Req
from web.pages.account import confirmation
from web.parts import Filled
from web.respond import page, see_other

HERE = "/account/authenticator"


@get(HERE, opt={"policy": "own.read"}, sync_to_thread=True)
def show(request: Req) -> Response[str]:
    """Whether it is in use; while it is being set up, the picture and the secret."""
    return _page(request, {}, 200)


@get(HERE + "/picture.svg", opt={"policy": "own.read"}, sync_to_thread=True)
def picture(request: Req) -> Response[bytes]:
    """The QR code that an authenticator app reads, as long as it is not in use."""
    with transaction() as session:
        secret = queries.unproved_totp(session, request.user.person_id)
        username = privacy.own(session, person=request.user.person_id, field="username")
    if secret is None:
        raise NotFoundException
    issuer = home().name[request.user.language]
    address = pyotp.TOTP(secret).provisioning_uri(name=username or issuer, issuer_name=issuer)
    drawn = io.BytesIO()
    segno.make(address, error="m").save(drawn, kind="svg", border=2, scale=4, dark="#000", light="#fff", xmldecl=False)
    return Response(drawn.getvalue(), media_type="image/svg+xml")


@post(HERE, opt={"policy": "own.write"}, sync_to_thread=True)
def begin(request: Req) -> Redirect:
    """A fresh secret, to be proved. Refuses SecondFactorOn."""
    if not request.user.stepped_up:
        return confirmation.needed(HERE)
    with transaction() as session:
        people.begin_totp(session, person=request.user.person_id, now=clock.now())
    return see_other(HERE)


@post(HERE + "/proof", opt={"policy": "own.write"}, sync_to_thread=True)
def enable(request: Req, data: FormBody) -> Response[str] | Redirect:
    """The first digits switch it on; the recovery codes are shown this once."""
    if not request.user.stepped_up:
        return confirmation.needed(HERE)
    fields = Fields(data, request.user.language)
    typed = fields.text("digits", longest=20)
    if fields.errors:
        return _page(request, fields.errors, 422)
    try:
        with transaction() as session:
            now = clock.now()
            codes = people.enable_totp(session, person=request.user.person_id, typed=typed, now=now)
            if request.user.session is not None:
                people.mark_second_factor(session, request.user.session, now=now)
            people.end_sessions(
                session, request.user.person_id, because="second_factor_on", now=now, keep=request.user.session
            )
    except WrongStep as refusal:
        return _page(request, {"digits": refusal}, 422)
    except (SecondFactorOff, SecondFactorOn):
        return see_other(HERE)  # another window was quicker
    return page(request, "pages/account/recovery_codes.html", codes=codes)


@post(HERE + "/codes", opt={"policy": "own.write"}, sync_to_thread=True)
def renew(request: Req) -> Response[str] | Redirect:
    """Ten new recovery codes; the old ones are void."""
    if not request.user.stepped_up:
        return confirmation.needed(HERE)
    person = request.user.person_id
    with transaction() as session:
        if not queries.has_second_factor(session, person):
            raise SecondFactorOff
        codes = people.renew_recovery_codes(session, person=person)
    return page(request, "pages/account/recovery_codes.html", codes=codes)


@get(HERE + "/ending", opt={"policy": "own.read"}, sync_to_thread=True)
def ask_end(request: Req) -> Response[str]:
    """What follows when it is switched off."""
    return page(request, "pages/account/authenticator_ending.html")


@post(HERE + "/ending", opt={"policy": "own.write"}, sync_to_thread=True)
def end(request: Req) -> Redirect:
    """Switch it off, or drop one that was never proved. Refuses SecondFactorOff."""
    if not request.user.stepped_up:
        return confirmation.needed(f"{HERE}/ending")
    me = request.user.person_id
    with transaction() as session:
        people.end_totp(session, person=me, by=me, reason=None, now=clock.now())
    return see_other(HERE)


routes = [show, picture, begin, enable, renew, ask_end, end]


def _page(request: Req, errors: dict[str, Refused], status: int) -> Response[str]:
    person = request.user.person_id
    with transaction() as session:
        is_on = queries.has_second_factor(session, person)
        secret = queries.unproved_totp(session, person)
    shown = " ".join(secret[at : at + 4] for at in range(0, len(secret), 4)) if secret else ""
    return page(
        request, "pages/account/authenticator.html", is_on=is_on, secret=shown, status_code=status,
        is_staff=not STAFF.isdisjoint(request.user.roles), form=Filled(errors=answers.beside(errors, request)),
    )  # fmt: skip
