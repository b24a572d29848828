"""Where gateways ring: the bytes as they came go into the inbox, and the gateway's own reply goes back."""

from litestar import Request, Response, post
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, RawBody

from web import paying

OPT = {"policy": "gateway.notice", "no_identity": True}


@post(paying.NOTICE_PATH.replace("{gateway}", "{gateway:str}"), opt=OPT, include_in_schema=False, sync_to_thread=True)
def ring(request: Request[None, None, State], gateway: FromPath[str], body: RawBody) -> Response[bytes]:
    """Take a notice, whoever sent it: a forged one is kept as such and moves nothing."""
    try:
        status, reply = paying.take_notice(gateway, dict(request.headers), body)
    except KeyError:
        raise NotFoundException from None
    return Response(reply, status_code=status, media_type="text/plain")


routes = [ring]
