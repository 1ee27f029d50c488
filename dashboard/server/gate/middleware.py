"""The gate as ASGI middleware: pure, so that WebSockets pass through it too.

A password box inside a Streamlit script would leave the WebSocket, uploads, media and metrics
open. Decisions use `scope["path"]`, never a URL rebuilt from the Host header.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from starlette.requests import cookie_parser
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.audit import Actor, Ledger, Role
from core.network import is_own_name, is_same_origin
from core.settings import WebSettings
from dashboard.server.gate.pages import bounce_page, refused_page, sign_in_page, signed_out_page
from dashboard.server.gate.record import record
from dashboard.server.gate.sessions import Session, SessionBook
from dashboard.server.gate.tokens import TokenDesk

USER_HEADER = "x-datahall-user"
ROLE_HEADER = "x-datahall-role"
HEALTH_PATH = "/healthz"
SIGN_OUT_PATH = "/sign-out"
_STRANGER = Actor(name="stranger", role=Role.VIEWER, origin="page")
_IDENTITY_PREFIX = b"x-datahall-"
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_SIGNED_OUT_CODE = 4401
_PAGE_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
_API_ERROR = {
    "error": {
        "kind": "denied",
        "message": "not signed in",
        "remedy": "Open the link that `datahall up` printed, or send its cookie",
    }
}


@dataclass(frozen=True, slots=True)
class Gate:
    """Lets signed-in requests pass to `app`, named; answers all others itself."""

    app: ASGIApp
    settings: WebSettings
    sessions: SessionBook
    tokens: TokenDesk
    policy: str
    ledger: Callable[[], Ledger]

    @property
    def cookie(self) -> str:
        """The cookie's name; cookies ignore ports, and two Datahalls may share a host."""
        return f"datahall_{self.settings.port}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] == "http":
            await self._http(_without_identity(scope), receive, _with_headers(send, self.policy))
        elif scope["type"] == "websocket":
            await self._websocket(_without_identity(scope), receive, send)
        else:
            await self.app(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass on, one request."""
        session = self._session(scope)
        response = self._refusal(scope) or await self._own_answer(scope, session)
        if response is None and session is None and scope["path"] != HEALTH_PATH:
            response = _unauthorized(scope)
        if response is not None:
            await response(scope, receive, send)
        else:
            await self.app(_named(scope, session), receive, send)

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or pass on, one WebSocket; it is closed when its session ends."""
        session = self._session(scope)
        if session is None or self._refusal(scope) is not None or _is_foreign(scope):
            await send({"type": "websocket.close", "code": _SIGNED_OUT_CODE})
            return
        left = self.sessions.seconds_left(session)
        with self.sessions.watch(session) as ended:
            expiry = asyncio.get_running_loop().call_later(left, ended.set)
            try:
                until = _until(ended, receive, send)
                await self.app(_named(scope, session), until, _unless(ended, send))
            finally:
                expiry.cancel()

    def _refusal(self, scope: Scope) -> Response | None:
        """Return the answer to what is refused whoever asks: a wrong name, a foreign page."""
        if not is_own_name(_header(scope, "host"), self.settings.host):
            # DNS rebinding: a stranger's name that points to this machine.
            return _page(403, refused_page("This server does not answer to that name."))
        if scope["type"] == "http" and scope["method"] not in _SAFE_METHODS and _is_foreign(scope):
            return _page(403, refused_page("That request came from another site."))
        return None

    async def _own_answer(self, scope: Scope, session: Session | None) -> Response | None:
        """Return the answer of the gate's own paths: signing in and out."""
        if scope["path"] == SIGN_OUT_PATH:
            return await self._sign_out(scope, session)
        query = parse_qsl(scope["query_string"].decode("latin-1"))
        token = next((value for name, value in query if name == "token"), None)
        if token is None or scope["path"] != "/" or scope["method"] != "GET":
            return None
        rest = urlencode([(name, value) for name, value in query if name != "token"])
        target = f"/?{rest}" if rest else "/"
        if session is not None:
            return RedirectResponse(target, 303)
        return await self._sign_in(scope, token, target)

    async def _sign_out(self, scope: Scope, session: Session | None) -> Response:
        """End the session, if there is one."""
        if session is not None:
            self.sessions.end(session)
            who = Actor(name=session.name, role=session.role, origin="page")
            await record(self.ledger, who, "sessions.end", _caller(scope), "allowed")
        response = _page(200, signed_out_page())
        response.delete_cookie(self.cookie, path="/", httponly=True, samesite="strict")
        return response

    async def _sign_in(self, scope: Scope, token: str, target: str) -> Response:
        """Return a session for a good token, or the page that says why not."""
        caller = _caller(scope)
        if self.tokens.is_closed(caller):
            words = "Too many wrong tokens from this address. Wait a minute, then try again."
            return await self._refuse(
                caller, _page(429, sign_in_page(words), {"retry-after": "60"})
            )
        # People also paste the whole link.
        claim = self.tokens.redeem(token.strip().rpartition("token=")[2], caller)
        if claim is None:
            words = "That link was used before, or a newer one replaced it."
            return await self._refuse(caller, _page(401, sign_in_page(words)))
        who = Actor(name=claim.name, role=claim.role, origin="page")
        await record(self.ledger, who, "sessions.open", caller, "allowed")
        session = self.sessions.open(claim)
        response = _page(200, bounce_page(target)) if _is_linked(scope) else _redirect(target)
        response.set_cookie(
            self.cookie,
            self.sessions.seal(session),
            max_age=int(self.sessions.seconds_left(session)),
            path="/",
            httponly=True,
            samesite="strict",
            secure=scope.get("scheme") == "https",
        )
        return response

    async def _refuse(self, caller: str, response: Response) -> Response:
        """Return the refusal of a token; the ledger has one row per address and minute."""
        if self.tokens.is_news(caller):
            await record(self.ledger, _STRANGER, "sessions.open", caller, "denied")
        return response

    def _session(self, scope: Scope) -> Session | None:
        """Return the session that the request's cookie holds."""
        value = cookie_parser(_header(scope, "cookie")).get(self.cookie)
        return self.sessions.read(value) if value else None


def _caller(scope: Scope) -> str:
    """Return the address that a request came from."""
    return str((scope.get("client") or ("unknown", 0))[0])


def _without_identity(scope: Scope) -> Scope:
    """Return the scope without identity headers: only the gate may set them."""
    kept = [pair for pair in scope["headers"] if not pair[0].lower().startswith(_IDENTITY_PREFIX)]
    return {**scope, "headers": kept}


def _named(scope: Scope, session: Session | None) -> Scope:
    """Return the scope with who is signed in."""
    if session is None:
        return scope
    named = [
        (USER_HEADER.encode(), session.name.encode("latin-1", "replace")),
        (ROLE_HEADER.encode(), session.role.value.encode()),
    ]
    return {**scope, "headers": [*scope["headers"], *named]}


def _header(scope: Scope, name: str) -> str:
    """Return a header's value, empty when it is not there."""
    wanted = name.encode()
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == wanted), "")


def _is_foreign(scope: Scope) -> bool:
    """Whether the request says that it comes from a page of another origin."""
    origin = _header(scope, "origin")
    return bool(origin) and not is_same_origin(origin, _header(scope, "host"))


def _is_linked(scope: Scope) -> bool:
    """Whether another site's page sent the browser here."""
    return _header(scope, "sec-fetch-site") == "cross-site"


def _unauthorized(scope: Scope) -> Response:
    """Return the answer to whoever is not signed in."""
    if scope["path"].startswith("/api/"):
        return JSONResponse(_API_ERROR, 401)
    if _is_linked(scope) and _header(scope, "sec-fetch-mode") == "navigate":
        query = scope["query_string"].decode("latin-1")
        path = "/" + quote(scope["path"].lstrip("/\\"))
        return _page(200, bounce_page(f"{path}?{query}" if query else path))
    return _page(401, sign_in_page())


def _page(status: int, text: str, headers: Mapping[str, str] | None = None) -> Response:
    """Return one of the gate's own pages."""
    own = {"content-security-policy": _PAGE_POLICY, "cache-control": "no-store"}
    return HTMLResponse(text, status, {**own, **(headers or {})})


def _redirect(target: str) -> Response:
    """Return the step to the page, without the token in the address."""
    return RedirectResponse(target, 303, {"cache-control": "no-store"})


def _with_headers(send: Send, policy: str) -> Send:
    """Return a send that adds the security headers that a response does not have."""
    wanted = {**_HEADERS, "content-security-policy": policy}

    async def guarded(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            present = {key.decode("latin-1").lower() for key, _ in message.get("headers", [])}
            added = [(key.encode(), value.encode()) for key, value in wanted.items()
                     if key not in present]  # fmt: skip
            message = {**message, "headers": [*message.get("headers", []), *added]}
        await send(message)

    return guarded


def _until(ended: asyncio.Event, receive: Receive, send: Send) -> Callable[[], Awaitable[Message]]:
    """Return a receive that closes the WebSocket once `ended` is set."""

    async def guarded() -> Message:
        message = asyncio.ensure_future(receive())
        end = asyncio.ensure_future(ended.wait())
        await asyncio.wait({message, end}, return_when=asyncio.FIRST_COMPLETED)
        end.cancel()
        if message.done():
            return message.result()
        message.cancel()
        await send({"type": "websocket.close", "code": _SIGNED_OUT_CODE})
        return {"type": "websocket.disconnect", "code": _SIGNED_OUT_CODE}

    return guarded


def _unless(ended: asyncio.Event, send: Send) -> Send:
    """Return a send that drops what the app still says on a WebSocket that is closed."""

    async def guarded(message: Message) -> None:
        if not ended.is_set():
            await send(message)

    return guarded
