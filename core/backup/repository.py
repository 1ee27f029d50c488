"""Where a repository is, what opens it, and the environment that restic gets."""

import contextlib
import re
import secrets
import shutil
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from core.backup.failures import UnsafeKeyError, WrongKeyError, no_repository
from core.files import PRIVATE_FILE, PRIVATE_FOLDER, write_new

_REMOTE = re.compile(r"^(sftp|rest|s3|b2|azure|gs|swift|rclone):")
_PASSWORD_IN_URL = re.compile(r"//([^/@:]+):[^/@]+@")
_ANSWER_S = 5.0
_KEY_BYTES = 48
_OTHERS_MAY = 0o077
# No 0, 1, I, L, O: a recovery key is typed from paper.
_ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
_GROUPS = 8
_GROUP_LENGTH = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Repository:
    """A restic repository: a folder or a URL, its key file, its cache.

    `root` is the folder that stored names are relative to. `stall_s` is how long restic may do
    nothing before it is given up.
    """

    location: str
    key_file: Path
    cache: Path
    root: Path
    stall_s: float = 120.0

    @property
    def folder(self) -> Path | None:
        """The repository's folder, None when it is elsewhere."""
        if _REMOTE.match(self.location):
            return None
        return self.root / Path(self.location.removeprefix("local:")).expanduser()

    @property
    def name(self) -> str:
        """The location as it may be shown and recorded: without the password of a URL."""
        folder = self.folder
        return str(folder) if folder else _PASSWORD_IN_URL.sub(r"//\1:***@", self.location)

    @property
    def environment(self) -> Mapping[str, str]:
        """What restic is told beside its command line; other ways to a password are blanked."""
        folder = self.folder
        return {
            "RESTIC_REPOSITORY": str(folder) if folder else self.location,
            "RESTIC_REPOSITORY_FILE": "",
            "RESTIC_PASSWORD_FILE": str(self.key_file),
            "RESTIC_PASSWORD": "",
            "RESTIC_PASSWORD_COMMAND": "",
            "RESTIC_KEY_HINT": "",
            "RESTIC_CACHE_DIR": str(self.cache),
            "RESTIC_PROGRESS_FPS": "3",
        }

    def free_bytes(self) -> int | None:
        """Return what the repository's device has left; None when it is elsewhere or not told.

        A thread asks, as a dead file server never answers.
        """
        folder = self.folder
        if folder is None:
            return None
        told: list[int] = []

        def ask() -> None:
            with contextlib.suppress(OSError):
                there = next(path for path in (folder, *folder.parents) if path.exists())
                told.append(shutil.disk_usage(there).free)

        asking = threading.Thread(target=ask, daemon=True)
        asking.start()
        asking.join(_ANSWER_S)
        return told[0] if told else None

    def check_key_file(self) -> None:
        """Raise when there is no key file (or nothing yet to open), or others may read it."""
        try:
            mode = self.key_file.stat().st_mode
        except FileNotFoundError:
            if self.folder is not None and not (self.folder / "config").exists():
                raise no_repository(self.name) from None
            raise WrongKeyError(
                f"the key file {self.key_file} of the repository {self.name} is not there",
                remedy="Write the recovery key into it: install -m 600 /dev/stdin "
                + str(self.key_file),
            ) from None
        if mode & _OTHERS_MAY:
            raise UnsafeKeyError(
                f"others than its owner may read the key file {self.key_file}",
                remedy=f"chmod 600 {self.key_file}",
            )

    def make_key_file(self) -> None:
        """Write a strong random key, mode 600 from its first byte; keeps one that is there."""
        self.key_file.parent.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        write_new(self.key_file, secrets.token_urlsafe(_KEY_BYTES) + "\n", mode=PRIVATE_FILE)


def new_recovery_key() -> str:
    """Return a key that can be written down: 8 groups of 5 characters, 198 bits."""
    groups = (
        "".join(secrets.choice(_ALPHABET) for _ in range(_GROUP_LENGTH)) for _ in range(_GROUPS)
    )
    return "-".join(groups)
