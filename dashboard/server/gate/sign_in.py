"""Signing in: one-time tokens, and the sessions that they open.

A user who can read the home folder can create a token. Its first use opens a session, which the
browser stores as a signed cookie. The server stores only the sessions that were ended before they
expired.
"""

import asyncio
import contextlib
import hashlib
import hmac
import logging
import math
import os
import secrets
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

from itsdangerous import BadData, URLSafeSerializer

from core.audit import Role
from core.clock import Clock
from core.files import (
    PRIVATE_FILE,
    PRIVATE_FOLDER,
    digest_text,
    read_json,
    write_atomic,
    write_json,
    write_new,
)
from core.network import url_of
from core.paths import StatePaths
from core.settings import Settings

TOKEN_BYTES = 32  # 256 bits cannot be guessed at any rate of requests
WRONG_TOKENS_PER_MINUTE = 5
MOST_ADDRESSES = 1000
MINUTE_S = 60.0
HOUR_S = 3600.0
KEY_BYTES = 32
_LOG = logging.getLogger(__name__)
# Changed whenever the content of a session cookie changes: older cookies are then invalid.
_COOKIE_FORMAT = "datahall.session.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Name and role of a user."""

    name: str
    role: Role


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInSession:
    """A signed-in browser; `expires` is a time in seconds since the epoch."""

    id: str
    name: str
    role: Role
    expires: float


def issue_token(paths: StatePaths, *, name: str = "admin", role: Role = Role.ADMIN) -> str:
    """Return a new one-time token; the previous token becomes invalid.

    Only a digest of the token is stored, so a copy of the home folder does not let anyone sign in.
    """
    token = secrets.token_urlsafe(TOKEN_BYTES)
    document = {"digest": digest_text(token), "name": name, "role": role.value}
    write_json(paths.sign_in_token, document, mode=PRIVATE_FILE)
    return token


def sign_in_url(settings: Settings, token: str) -> str:
    """Return the link that signs in with `token` on this machine."""
    return f"{url_of(settings.web.host, settings.web.port)}/?" + urlencode({"token": token})


@dataclass(slots=True)
class TokenStore:
    """Redeems the stored token once, and counts wrong tokens per address and minute.

    The count never blocks the right token: it only limits what wrong ones cost and record.
    """

    path: Path
    clock: Clock
    _wrong: Counter[str] = field(default_factory=Counter)
    _minute_began: float = -math.inf

    def redeem(self, token: str) -> User | None:
        """Return the user of the token and delete the token; None for a wrong token."""
        try:
            document = read_json(self.path)
            digest = str(document["digest"])
            user = User(name=str(document["name"]), role=Role(document["role"]))
        except (OSError, ValueError, KeyError):
            return None
        if not hmac.compare_digest(digest.encode(), digest_text(token).encode()):
            return None
        # Of two requests with the same token, only the one whose rename succeeds signs in.
        used = self.path.with_name(f".{self.path.name}.{os.getpid()}.used")
        try:
            self.path.rename(used)
        except FileNotFoundError:
            return None
        used.unlink()
        return user

    def count_wrong(self, address: str) -> int:
        """Count a wrong token; returns the number of this address in the current minute.

        Addresses beyond MOST_ADDRESSES are not counted and get a number above the limit.
        """
        now = self.clock.monotonic()
        if now - self._minute_began >= MINUTE_S:
            self._wrong.clear()
            self._minute_began = now
        if address not in self._wrong and len(self._wrong) >= MOST_ADDRESSES:
            return WRONG_TOKENS_PER_MINUTE + 1
        self._wrong[address] += 1
        return self._wrong[address]


@dataclass(slots=True)
class SessionStore:
    """Opens, reads and ends sessions; to be used from one event loop."""

    paths: StatePaths
    hours: float
    clock: Clock
    _serializer: URLSafeSerializer = field(init=False)
    _ended: dict[str, float] = field(init=False)
    _watchers: dict[str, list[asyncio.Event]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Read the signing key and the sessions that were ended before they expired."""
        self._ended = _read_ended(self.paths)
        self._serializer = URLSafeSerializer(
            _read_key(self.paths),
            salt=_COOKIE_FORMAT,
            signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256},
        )

    def open(self, user: User) -> SignInSession:
        """Return a new session."""
        return SignInSession(
            id=secrets.token_urlsafe(16),
            name=user.name,
            role=user.role,
            expires=self.clock.now() + self.hours * HOUR_S,
        )

    def cookie_value(self, session: SignInSession) -> str:
        """Return the session as a signed value that needs no quotes in a cookie."""
        return str(
            self._serializer.dumps([session.id, session.name, session.role.value, session.expires])
        )

    def read(self, value: str) -> SignInSession | None:
        """Return the session in a cookie; None when it is forged, expired or ended."""
        try:
            identifier, name, role, expires = self._serializer.loads(value)
        except BadData:
            return None
        session = SignInSession(id=identifier, name=name, role=Role(role), expires=expires)
        is_over = session.expires <= self.clock.now() or session.id in self._ended
        return None if is_over else session

    def end(self, session: SignInSession) -> None:
        """End a session now: its cookie becomes invalid and its open connections close.

        When the disk is full this holds until the next start of the server only.
        """
        now = self.clock.now()
        self._ended = {key: expires for key, expires in self._ended.items() if expires > now}
        self._ended[session.id] = session.expires
        for watcher in self._watchers.pop(session.id, []):
            watcher.set()
        try:
            write_json(self.paths.ended_sessions, self._ended, mode=PRIVATE_FILE)
        except OSError as error:
            _LOG.warning("cannot store that a session was ended: %s", error)

    @contextlib.contextmanager
    def watch(self, session: SignInSession) -> Iterator[asyncio.Event]:
        """Yield an event that is set when the session is ended."""
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

    def seconds_left(self, session: SignInSession) -> float:
        """Return the seconds until the session expires."""
        return max(session.expires - self.clock.now(), 0.0)


def _read_key(paths: StatePaths) -> bytes:
    """Return the signing key; makes it at the first start (mode 600, never overwritten)."""
    paths.secrets.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    write_new(paths.cookie_key, secrets.token_bytes(KEY_BYTES), mode=PRIVATE_FILE)
    if paths.cookie_key.stat().st_size < KEY_BYTES:  # a full disk truncated it: it would be weak
        _replace_key(paths)
    return paths.cookie_key.read_bytes()


def _replace_key(paths: StatePaths) -> None:
    """Write a new signing key, which makes every cookie invalid."""
    write_atomic(paths.cookie_key, secrets.token_bytes(KEY_BYTES), mode=PRIVATE_FILE)


def _read_ended(paths: StatePaths) -> dict[str, float]:
    """Return the expiry of each session that was ended early.

    When the file is damaged, all sessions end, because the ended ones are unknown.
    """
    try:
        return {key: float(expires) for key, expires in read_json(paths.ended_sessions).items()}
    except FileNotFoundError:
        return {}
    except (ValueError, TypeError):
        _replace_key(paths)
        return {}
