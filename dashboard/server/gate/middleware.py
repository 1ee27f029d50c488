"""The gate as ASGI middleware, so that it covers WebSockets as well as HTTP.

A password field inside a Streamlit script would leave the WebSocket, uploads, media files and
metrics open. A one-time link gives a signed cookie; every request without one is refused, except
for the health check. The app learns the signed-in user from headers that only the gate can set.

Decisions use `scope["path"]`, never a URL that is rebuilt from the Host header.
"""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import parse_qsl, quote, unquote_to_bytes, urlencode

from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.audit import Actor, AuditOutcome, Ledger, Role
from core.errors import DatahallError, DeniedError, InputError
from core.network import HOST_HEADER, is_own_name, is_same_origin
from core.settings import WebSettings
from dashboard.server.gate.pages import (
    continue_page,
    refused_page,
    sign_in_page,
    signed_out_page,
)
from dashboard.server.gate.sign_in import (
    WRONG_TOKENS_PER_MINUTE,
    SessionStore,
    SignInSession,
    TokenStore,
)

USER_HEADER = "x-datahall-user"
ROLE_HEADER = "x-datahall-role"
HEALTH_PATH = "/healthz"
SIGN_OUT_PATH = "/sign-out"
MOST_HEADER_BYTES = 32_768
_LOG = logging.getLogger(__name__)
_ANONYMOUS = Actor(name="anonymous", role=Role.VIEWER, origin="page")
_IDENTITY_PREFIX = b"x-datahall-"
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_SIGNED_OUT_CODE = 4401
_PAGE_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
_SECURITY_HEADERS = MappingProxyType(
    {
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": "no-referrer",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    }
)
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_PATH = re.compile(rb"([!-$&-~]|%[0-9A-Fa-f]{2})*")
_QUERY = re.compile(rb"(?!.*%00)[!-~]*")
# The headers that the gate or the HTTP server decides on; each may occur once. A cookie may hold
# any byte that is not a control character, because other servers on this host set cookies too.
_HEADER_SYNTAX = MappingProxyType(
    {
        "host": HOST_HEADER,
        "origin": re.compile(
            rf"null|[a-z][a-z0-9+.-]*://({HOST_HEADER.pattern})?", re.ASCII | re.IGNORECASE
        ),
        "content-length": re.compile(r"[0-9]{1,18}"),
        "cookie": re.compile(r"[\t\x20-\x7e\x80-\xff]*"),
        "sec-fetch-mode": re.compile(r"[a-z-]+"),
        "sec-fetch-site": re.compile(r"[a-z-]+"),
        "upgrade": re.compile(r"[!-~ ]+"),
    }
)


@dataclass(frozen=True, slots=True)
class GateMiddleware:
    """Passes requests of signed-in users to `app`, with their identity; answers all others."""

    app: ASGIApp
    settings: WebSettings
    sessions: SessionStore
    tokens: TokenStore
    policy: str
    ledger: Callable[[], Ledger]

    @property
    def cookie(self) -> str:
        """Name of the cookie; contains the port, because cookies are shared between ports."""
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
        """Answer one request, or pass it on."""
        session = None
        response = self._refusal(scope)
        if response is None:
            session = self._session(scope)
            response = await self._gate_response(scope, session)
        if response is None and session is None and scope["path"] != HEALTH_PATH:
            response = _unauthorized(scope)
        if response is not None:
            await response(scope, receive, send)
        else:
            await self.app(_with_identity(scope, session), receive, send)

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse one WebSocket, or pass it on and close it when its session ends."""
        session = self._session(scope) if self._refusal(scope) is None else None
        if session is None:
            await send({"type": "websocket.close", "code": _SIGNED_OUT_CODE})
            return
        left = self.sessions.seconds_left(session)
        with self.sessions.watch(session) as ended:
            expiry = asyncio.get_running_loop().call_later(left, ended.set)
            try:
                await self.app(
                    _with_identity(scope, session),
                    _receive_until(ended, receive, send),
                    _send_until(ended, send),
                )
            finally:
                expiry.cancel()

    def _refusal(self, scope: Scope) -> Response | None:
        """Return the answer to a request that is refused even with a valid cookie, or None."""
        problem = _malformed_part(scope)
        if problem is not None:
            return _bad_request(scope, problem)
        if not is_own_name(_header(scope, "host"), self.settings.host):
            # DNS rebinding: the name of another site that resolves to this machine.
            return _page(403, refused_page("This server does not accept that host name."))
        changes = scope["type"] == "websocket" or scope["method"] not in _SAFE_METHODS
        if changes and _is_cross_origin(scope):
            return _page(403, refused_page("The request was sent by a page of another site."))
        return None

    async def _gate_response(self, scope: Scope, session: SignInSession | None) -> Response | None:
        """Return the response to signing in or out; None for every other request."""
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

    async def _sign_out(self, scope: Scope, session: SignInSession | None) -> Response:
        """End the session, if there is one."""
        if session is not None:
            self.sessions.end(session)
            actor = Actor(name=session.name, role=session.role, origin="page")
            await self._record(actor, "sessions.end", _client_address(scope), AuditOutcome.ALLOWED)
        response = _page(200, signed_out_page())
        response.delete_cookie(self.cookie, path="/", httponly=True, samesite="strict")
        return response

    async def _sign_in(self, scope: Scope, token: str, target: str) -> Response:
        """Return a session for a valid token, or the page that explains the refusal."""
        # Users also paste the complete link.
        user = self.tokens.redeem(token.strip().rpartition("token=")[2])
        address = _client_address(scope)
        if user is None:
            return await self._refuse_token(address)
        actor = Actor(name=user.name, role=user.role, origin="page")
        await self._record(actor, "sessions.open", address, AuditOutcome.ALLOWED)
        session = self.sessions.open(user)
        # A browser does not send the new cookie along with a redirect from another site.
        response = (
            _page(200, continue_page(target))
            if _is_cross_site(scope)
            else RedirectResponse(target, 303, {"cache-control": "no-store"})
        )
        response.set_cookie(
            self.cookie,
            self.sessions.cookie_value(session),
            max_age=int(self.sessions.seconds_left(session)),
            path="/",
            httponly=True,
            samesite="strict",
            secure=scope.get("scheme") == "https",
        )
        return response

    async def _refuse_token(self, address: str) -> Response:
        """Return the refusal of a wrong token.

        The audit log gets one row per address and minute: more would let anyone fill the disk.
        """
        count = self.tokens.count_wrong(address)
        if count == 1:
            await self._record(_ANONYMOUS, "sessions.open", address, AuditOutcome.DENIED)
        if count > WRONG_TOKENS_PER_MINUTE:
            text = "Too many wrong links or tokens from this address. Check the link."
            return _page(429, sign_in_page(text), {"retry-after": "60"})
        text = "The link is not valid: it was already used, or a newer link has replaced it."
        return _page(401, sign_in_page(text))

    async def _record(self, actor: Actor, action: str, target: str, outcome: AuditOutcome) -> None:
        """Write one durable row to the audit log, outside the event loop.

        A failure goes to the server's log only: an operator must be able to sign in when the disk
        is full.
        """
        try:
            await asyncio.to_thread(lambda: self.ledger().note(actor, action, target, outcome))
        except DatahallError as error:
            _LOG.warning("not in the audit log: %s %s %s: %s", action, outcome, target, error)

    def _session(self, scope: Scope) -> SignInSession | None:
        """Return the session of the request's cookie."""
        pairs = (pair.strip().partition("=") for pair in _header(scope, "cookie").split(";"))
        value = {name: value for name, _, value in pairs}.get(self.cookie)
        return self.sessions.read(value) if value else None


def _malformed_part(scope: Scope) -> str | None:
    """Return the part of a request that is malformed, or None."""
    headers = [
        (name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]
    ]
    if sum(len(name) + len(value) for name, value in headers) > MOST_HEADER_BYTES:
        return f"headers of more than {MOST_HEADER_BYTES} bytes"
    for name, syntax in _HEADER_SYNTAX.items():
        values = [value for key, value in headers if key == name]
        if len(values) > 1 or not all(map(syntax.fullmatch, values)):
            return f"header {name}"
    if not any(name == "host" for name, _ in headers):
        return "no header host"
    if any(_CONTROL.search(value) for _, value in headers):
        return "control character in a header"
    return "address" if _is_malformed_address(scope) else None


def _is_malformed_address(scope: Scope) -> bool:
    """Whether the path or the query cannot be decoded, or holds what no file name can hold."""
    path = scope.get("raw_path") or quote(scope["path"]).encode()
    try:
        decoded = unquote_to_bytes(path).decode()
    except UnicodeDecodeError:
        return True
    return (
        _PATH.fullmatch(path) is None
        or _QUERY.fullmatch(scope["query_string"]) is None
        or _CONTROL.search(decoded) is not None
    )


def _client_address(scope: Scope) -> str:
    """Return the address of the client."""
    return str((scope.get("client") or ("unknown", 0))[0])


def _without_identity(scope: Scope) -> Scope:
    """Return the scope without identity headers: only the gate may set them."""
    kept = [pair for pair in scope["headers"] if not pair[0].lower().startswith(_IDENTITY_PREFIX)]
    return {**scope, "headers": kept}


def _with_identity(scope: Scope, session: SignInSession | None) -> Scope:
    """Return the scope with the name and the role of the signed-in user."""
    if session is None:
        return scope
    identity = [
        (USER_HEADER.encode(), session.name.encode("latin-1", "replace")),
        (ROLE_HEADER.encode(), session.role.value.encode()),
    ]
    return {**scope, "headers": [*scope["headers"], *identity]}


def _header(scope: Scope, name: str) -> str:
    """Return the value of a header; empty when it is absent."""
    wanted = name.encode()
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == wanted), "")


def _is_cross_origin(scope: Scope) -> bool:
    """Whether the request names another origin as its sender."""
    origin = _header(scope, "origin")
    return bool(origin) and not is_same_origin(origin, _header(scope, "host"))


def _is_cross_site(scope: Scope) -> bool:
    """Whether a link on a page of another site led here."""
    return _header(scope, "sec-fetch-site") == "cross-site"


def _bad_request(scope: Scope, problem: str) -> Response:
    """Return the answer to a malformed request."""
    if scope["path"].startswith("/api/"):
        return _error(400, InputError(f"malformed request: {problem}"))
    return _page(400, refused_page(f"The request is malformed: {problem}."))


def _unauthorized(scope: Scope) -> Response:
    """Return the answer to a request without a valid cookie."""
    if scope["path"].startswith("/api/"):
        remedy = "Open the link that `datahall up` printed, or send its cookie"
        return _error(401, DeniedError("not signed in", remedy=remedy))
    if _is_cross_site(scope) and _header(scope, "sec-fetch-mode") == "navigate":
        query = scope["query_string"].decode("latin-1")
        path = "/" + quote(scope["path"].lstrip("/\\"))
        return _page(200, continue_page(f"{path}?{query}" if query else path))
    return _page(401, sign_in_page())


def _error(status: int, error: DatahallError) -> Response:
    """Return an error as JSON, in the form of every `--json` failure."""
    return JSONResponse({"error": error.to_document()}, status)


def _page(status: int, text: str, headers: Mapping[str, str] | None = None) -> Response:
    """Return one of the gate's own pages."""
    own = {"content-security-policy": _PAGE_POLICY, "cache-control": "no-store"}
    return HTMLResponse(text, status, {**own, **(headers or {})})


def _with_headers(send: Send, policy: str) -> Send:
    """Return a `send` that adds the security headers that a response lacks."""
    wanted = {**_SECURITY_HEADERS, "content-security-policy": policy}

    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            present = {key.decode("latin-1").lower() for key, _ in message.get("headers", [])}
            added = [(key.encode(), value.encode()) for key, value in wanted.items()
                     if key not in present]  # fmt: skip
            message = {**message, "headers": [*message.get("headers", []), *added]}
        await send(message)

    return send_with_headers


def _receive_until(
    ended: asyncio.Event, receive: Receive, send: Send
) -> Callable[[], Awaitable[Message]]:
    """Return a `receive` that closes the WebSocket once `ended` is set."""

    async def receive_or_close() -> Message:
        message = asyncio.ensure_future(receive())
        end = asyncio.ensure_future(ended.wait())
        await asyncio.wait({message, end}, return_when=asyncio.FIRST_COMPLETED)
        end.cancel()
        if message.done():
            return message.result()
        message.cancel()
        await send({"type": "websocket.close", "code": _SIGNED_OUT_CODE})
        return {"type": "websocket.disconnect", "code": _SIGNED_OUT_CODE}

    return receive_or_close


def _send_until(ended: asyncio.Event, send: Send) -> Send:
    """Return a `send` that drops the app's messages once `ended` is set."""

    async def send_while_open(message: Message) -> None:
        if not ended.is_set():
            await send(message)

    return send_while_open
