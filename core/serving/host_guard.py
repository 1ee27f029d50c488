"""Refuses requests of foreign web pages to a server that listens on this machine alone.

A web page in any browser tab can send requests to 127.0.0.1, directly or through a name that its
owner points there (DNS rebinding). So the Host header must name this machine, and a request of a
web page (Origin header) must come from a page of this machine.
"""

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from core.network import HOST_HEADER, host_name, is_loopback, is_own_name

# Browser extensions were installed by the user.
_EXTENSIONS = ("moz-extension://", "chrome-extension://")


class HostGuard:
    """ASGI middleware: status 400 for malformed headers, 403 for foreign hosts and pages.

    A server bound to another address than loopback is meant for other machines, which call it by
    names that it cannot know, and accepts every well-formed request.
    """

    def __init__(self, app: ASGIApp, bound: str) -> None:
        """Guard `app`, whose server is bound to the host `bound`."""
        self.app = app
        self.bound = bound

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on or refuse it."""
        refusal = self._refusal(Headers(scope=scope)) if scope["type"] == "http" else None
        await (refusal or self.app)(scope, receive, send)

    def _refusal(self, headers: Headers) -> JSONResponse | None:
        """Return the refusal of a request; None when it is accepted."""
        host, origin = headers.get("host", ""), headers.get("origin")
        is_foreign_page = origin == "null" or (
            origin is not None and not origin.startswith(_EXTENSIONS)
        )
        if HOST_HEADER.fullmatch(host) is None:
            return _refuse(400, "Invalid request: malformed Host header")
        if is_foreign_page and origin != "null" and not host_name(origin or ""):
            return _refuse(400, "Invalid request: malformed Origin header")
        if not is_loopback(self.bound):
            return None
        if not is_own_name(host, self.bound):
            return _refuse(
                403,
                "the server listens on this machine alone and does not answer to this host name. "
                "Behind a proxy, let the proxy send the header Host: localhost",
            )
        if is_foreign_page and not is_loopback(host_name(origin or "")):
            return _refuse(403, "requests of web pages of other machines are refused")
        return None


def _refuse(status: int, message: str) -> JSONResponse:
    """Return an error in the format of LibreTranslate."""
    return JSONResponse({"error": message}, status_code=status)
