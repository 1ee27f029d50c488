"""What a snapshot holds, read from `restic ls`, and how far a restore of it is."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from core.backup import messages
from core.backup.engine import BackupProgress, OnProgress, Snapshot
from core.backup.messages import StoredSnapshot
from core.clock import Clock
from core.errors import NotFoundError

_DISK_BLOCK_BYTES = 512
_LEAST_PAUSE_S = 1.0
_SHARE_OF_TIME = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """A snapshot and its files: stored name -> bytes, links with 0."""

    stored: StoredSnapshot
    listing: Mapping[str, int]
    files: int

    def snapshot(self, repository: str, added_bytes: int) -> Snapshot:
        """Return the snapshot with sizes counted from the listing."""
        return Snapshot(
            id=self.stored.id,
            created_at=self.stored.created_at,
            repository=repository,
            paths=self.stored.paths,
            tags=self.stored.tags,
            files=self.files,
            bytes=sum(self.listing.values()),
            added_bytes=added_bytes,
        )


@dataclass(slots=True)
class ContentsReader:
    """Takes in the lines of `restic ls --json`."""

    stored: StoredSnapshot | None = None
    listing: dict[str, int] = field(default_factory=dict)
    files: int = 0

    def hear(self, line: str) -> None:
        """Take in one line: the snapshot first, then its nodes."""
        found = messages.document(line)
        if found is None:
            return
        if found.get("struct_type") == "snapshot":
            self.stored, self.listing, self.files = messages.stored_snapshot(found), {}, 0
        elif found.get("type") in ("file", "symlink"):
            is_file = found["type"] == "file"
            name = str(found["path"]).removeprefix("/")
            size = int(found.get("size", 0)) if is_file else 0
            # Two names that differ in bytes that are not UTF-8 read the same: their sizes add up.
            self.listing[name] = self.listing.get(name, 0) + size
            self.files += is_file

    def contents(self) -> Contents:
        """Return what was read; raises NotFoundError when no snapshot was named."""
        if self.stored is None:
            raise NotFoundError("the repository did not describe the snapshot")
        return Contents(stored=self.stored, listing=self.listing, files=self.files)


@dataclass(slots=True)
class RestoreMeter:
    """Estimates a restore's progress from the bytes on disk, for a restic that does not tell it.

    Looks at the target as often as costs a tenth of the time.
    """

    target: Path
    bytes_total: int
    files_total: int
    clock: Clock
    tell: OnProgress
    next_at: float = 0.0

    def tick(self) -> None:
        """Tell the progress when it is time again."""
        now = self.clock.monotonic()
        if now < self.next_at:
            return
        num_bytes, num_files = _on_disk(self.target)
        self.tell(
            BackupProgress(
                bytes_done=min(num_bytes, self.bytes_total),
                bytes_total=self.bytes_total,
                files_done=min(num_files, self.files_total),
                files_total=self.files_total,
            )
        )
        spent = self.clock.monotonic() - now
        self.next_at = now + spent + max(_LEAST_PAUSE_S, spent * _SHARE_OF_TIME)


def _on_disk(folder: Path) -> tuple[int, int]:
    """Return the bytes (written, not only reserved by a name) and files below a folder."""
    num_bytes = num_files = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                status = os.lstat(os.path.join(parent, name))  # noqa: PTH118  (hot loop)
            except OSError:
                continue
            num_files += 1
            num_bytes += min(status.st_blocks * _DISK_BLOCK_BYTES, status.st_size)
    return num_bytes, num_files
