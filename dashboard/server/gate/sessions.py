"""Sessions as signed cookies: who, with which role, until when; and those that ended early."""

import asyncio
import base64
import binascii
import contextlib
import hashlib
import hmac
import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from core.audit import Role
from core.clock import Clock
from core.files import PRIVATE_FILE, PRIVATE_FOLDER, read_json, write_atomic, write_json, write_new
from core.paths import StatePaths
from dashboard.server.gate.tokens import Claim

KEY_BYTES = 32
HOUR_S = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One sign-in."""

    id: str
    name: str
    role: Role
    expires: float


@dataclass(slots=True)
class SessionBook:
    """Opens, reads and ends sessions; safe within one event loop."""

    paths: StatePaths
    hours: float
    clock: Clock
    _key: bytes = b""
    _ended: dict[str, float] = field(default_factory=dict)
    _watchers: dict[str, list[asyncio.Event]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Read the key and the sessions that were ended before their time."""
        self._key = _read_key(self.paths)
        with contextlib.suppress(OSError, ValueError):
            self._ended = read_json(self.paths.ended_sessions)

    def open(self, claim: Claim) -> Session:
        """Return a new session for whom a token named."""
        return Session(
            id=secrets.token_urlsafe(16),
            name=claim.name,
            role=claim.role,
            expires=self.clock.now() + self.hours * HOUR_S,
        )

    def seal(self, session: Session) -> str:
        """Return the session as a cookie's value."""
        document = [session.id, session.name, session.role.value, session.expires]
        # Without padding: cookies would have to quote it.
        body = base64.urlsafe_b64encode(json.dumps(document).encode()).decode().rstrip("=")
        return f"{body}.{self._sign(body)}"

    def read(self, value: str) -> Session | None:
        """Return the session that a cookie holds; None when it is forged, over or ended."""
        body, _, signature = value.partition(".")
        if not hmac.compare_digest(signature.encode(), self._sign(body).encode()):
            return None
        try:
            identity, name, role, expires = json.loads(base64.urlsafe_b64decode(body + "==="))
            session = Session(id=identity, name=name, role=Role(role), expires=float(expires))
        except (ValueError, TypeError, binascii.Error):
            return None
        is_over = session.expires <= self.clock.now() or session.id in self._ended
        return None if is_over else session

    def end(self, session: Session) -> None:
        """End a session now: its cookie is void and its open connections close."""
        now = self.clock.now()
        self._ended = {key: until for key, until in self._ended.items() if until > now}
        self._ended[session.id] = session.expires
        write_json(self.paths.ended_sessions, self._ended, mode=PRIVATE_FILE)
        for watcher in self._watchers.pop(session.id, []):
            watcher.set()

    @contextmanager
    def watch(self, session: Session) -> Iterator[asyncio.Event]:
        """Give an event that is set when the session is ended by someone."""
        event = asyncio.Event()
        self._watchers.setdefault(session.id, []).append(event)
        try:
            yield event
        finally:
            watchers = self._watchers.get(session.id, [])
            if event in watchers:
                watchers.remove(event)
            if not watchers:
                self._watchers.pop(session.id, None)

    def seconds_left(self, session: Session) -> float:
        """Return how long the session still lasts."""
        return max(session.expires - self.clock.now(), 0.0)

    def _sign(self, body: str) -> str:
        """Return the signature of a cookie's body."""
        return hmac.new(self._key, body.encode(), hashlib.sha256).hexdigest()


def _read_key(paths: StatePaths) -> bytes:
    """Return the signing key, made at the first start (mode 600, never overwritten)."""
    paths.secrets.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    write_new(paths.cookie_key, secrets.token_bytes(KEY_BYTES), mode=PRIVATE_FILE)
    if paths.cookie_key.stat().st_size < KEY_BYTES:  # a key of nothing would sign for anyone
        write_atomic(paths.cookie_key, secrets.token_bytes(KEY_BYTES), mode=PRIVATE_FILE)
    return paths.cookie_key.read_bytes()
