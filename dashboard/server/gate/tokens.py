"""One-time tokens: made by whoever may read the home folder, used up by their first use."""

import hmac
import math
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

from core.audit import Role
from core.clock import Clock
from core.files import PRIVATE_FILE, digest_text, read_json, write_json
from core.network import url_of
from core.paths import StatePaths
from core.settings import Settings

TOKEN_BYTES = 32
MOST_FAILURES = 5
FAILURE_WINDOW_S = 60.0
MOST_CALLERS = 1000


def issue_token(paths: StatePaths, *, name: str = "admin", role: Role = Role.ADMIN) -> str:
    """Return a new one-time token; the one before is void.

    Only its digest is kept, so that a copy of the home folder signs nobody in.
    """
    token = secrets.token_urlsafe(TOKEN_BYTES)
    document = {"digest": digest_text(token), "name": name, "role": role.value}
    write_json(paths.sign_in_token, document, mode=PRIVATE_FILE)
    return token


def sign_in_url(settings: Settings, token: str) -> str:
    """Return the link that signs in with `token` on this machine."""
    return f"{url_of(settings.web.host, settings.web.port)}/?" + urlencode({"token": token})


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Whom a token signs in."""

    name: str
    role: Role


@dataclass(slots=True)
class TokenDesk:
    """Takes tokens: one use each, and few tries per caller and minute."""

    path: Path
    clock: Clock
    _failures: dict[str, list[float]] = field(default_factory=dict)
    _told: set[str] = field(default_factory=set)
    _told_since: float = -math.inf

    def is_closed(self, caller: str) -> bool:
        """Whether this caller has failed too often just now."""
        since = self.clock.monotonic() - FAILURE_WINDOW_S
        recent = [at for at in self._failures.get(caller, []) if at > since]
        if recent:
            self._failures[caller] = recent
        else:
            self._failures.pop(caller, None)
        return len(recent) >= MOST_FAILURES

    def redeem(self, token: str, caller: str) -> Claim | None:
        """Return whom the token signs in and use it up; None when it is not the one."""
        document = self._read()
        if document and hmac.compare_digest(document.get("digest", ""), digest_text(token)):
            # Of two that come with the same token at once, the one whose rename works wins.
            spent = self.path.with_name(f".{self.path.name}.{os.getpid()}.spent")
            try:
                self.path.rename(spent)
            except FileNotFoundError:
                return None
            spent.unlink()
            return Claim(name=document["name"], role=Role(document["role"]))
        if len(self._failures) < MOST_CALLERS:
            self._failures.setdefault(caller, []).append(self.clock.monotonic())
        return None

    def is_news(self, caller: str) -> bool:
        """Whether a refusal of this caller is its first in this minute, and so worth a record.

        Strangers could fill the disk with more.
        """
        now = self.clock.monotonic()
        if now - self._told_since >= FAILURE_WINDOW_S:
            self._told, self._told_since = set(), now
        is_new = caller not in self._told and len(self._told) < MOST_CALLERS
        if is_new:
            self._told.add(caller)
        return is_new

    def _read(self) -> dict[str, str]:
        """Return the kept token, or nothing when there is none."""
        try:
            return read_json(self.path)
        except (OSError, ValueError):
            return {}
