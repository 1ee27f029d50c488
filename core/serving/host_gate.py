"""Keeps web pages of strangers out of a server that listens on this machine alone.

A page that any browser tab shows can send requests to 127.0.0.1, directly or by a name that its
owner points there (DNS rebinding). Requests must therefore name this machine as their host, and
those that a web page sends must come from a page of this machine.
"""

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from core.network import host_name, is_loopback, is_own_name


class HostGate:
    """ASGI middleware: 403 for what names or comes from another host.

    Does nothing when the operator chose another address to listen on: then other names are meant.
    """

    def __init__(self, app: ASGIApp, host: str) -> None:
        """Guard `app`, which listens on `host`."""
        self.app = app
        self.is_local = is_loopback(host)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through or refuse it."""
        if scope["type"] != "http" or not self.is_local or _is_from_here(Headers(scope=scope)):
            await self.app(scope, receive, send)
            return
        refusal = JSONResponse(
            {"error": "this server answers requests of this machine only"}, status_code=403
        )
        await refusal(scope, receive, send)


def _is_from_here(headers: Headers) -> bool:
    """Return whether the host is this machine, and the sending page too if there is one."""
    if not is_own_name(headers.get("host", ""), "localhost"):
        return False
    origin = headers.get("origin")
    # Browser extensions were installed by the user; "null" is not, it may be a stranger's frame.
    if origin is None or origin.startswith(("moz-extension://", "chrome-extension://")):
        return True
    return is_loopback(host_name(origin))
