"""The letters that a demo keeps instead of sending them, newest first. Development only (policy `public.letters`)."""

from litestar import Response, get

from marketplace.foundation.database import transaction
from marketplace.notices import queries as notices
from marketplace.privacy import actions as privacy
from web.identity import Req
from web.respond import page

SHOWN = 50


@get("/-/letters", opt={"policy": "public.letters"}, sync_to_thread=True)
def letters(request: Req) -> Response[str]:
    """Each with its channel and the number or address it would have gone to."""
    with transaction() as session:
        kept = notices.copies(session, limit=SHOWN)
        to = {
            copy.delivery.id: privacy.own_contact(
                session, person=copy.delivery.person_id, contact=copy.delivery.contact_id
            )
            for copy in kept
            if copy.delivery.contact_id is not None
        }
    return page(request, "pages/public/letters.html", letters=kept, to=to)


routes = [letters]
