"""The manifest: name, size and SHA-256 of every file, taken just before a backup reads them."""

import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from hashlib import sha256
from pathlib import Path

from core.backup.engine import BackupProgress, ManifestEntry, OnProgress
from core.backup.failures import missing_sources, unreadable
from core.backup.messages import Trouble
from core.backup.walk import Found, Walk
from core.errors import CorruptError
from core.files import PRIVATE_FILE, digest_file, digest_text, write_atomic

FORMAT = 1
# Younger than this, a file may have changed again without its times showing it.
RACY_S = 2.0
_NANO = 1_000_000_000
_FIELDS = tuple(field.name for field in fields(ManifestEntry))


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a snapshot must contain. `created_at` is when the first file was looked at."""

    created_at: float
    what: str
    entries: tuple[ManifestEntry, ...]

    @property
    def bytes(self) -> int:
        """Sum of the files' bytes."""
        return sum(entry.bytes for entry in self.entries)

    def text(self) -> str:
        """Return the one text of this manifest; names that are not UTF-8 are escaped in it."""
        document = {
            "format": FORMAT,
            "created_at": self.created_at,
            "what": self.what,
            "entries": [_document(entry) for entry in self.entries],
        }
        return json.dumps(document, sort_keys=True, separators=(",", ":")) + "\n"


def manifest_digest(text: str) -> str:
    """Return the digest by which a snapshot's row knows its manifest."""
    return digest_text(text)


def write_manifest(path: Path, text: str) -> None:
    """Keep a manifest's text; it names private files, so only the owner reads it."""
    write_atomic(path, text, mode=PRIVATE_FILE)


def parse_manifest(text: str, origin: str) -> Manifest:
    """Return the manifest in `text`; raises CorruptError naming its `origin`."""
    try:
        document = json.loads(text)
        entries = tuple(ManifestEntry(**entry) for entry in document["entries"])
        return Manifest(
            created_at=float(document["created_at"]), what=str(document["what"]), entries=entries
        )
    except (ValueError, KeyError, TypeError) as error:
        raise CorruptError(f"the manifest in {origin} cannot be read ({error})") from error


def take_manifest(
    walk: Walk,
    what: str,
    now: float,
    known: Callable[[str], ManifestEntry | None],
    on_progress: OnProgress,
) -> Manifest:
    """Hash every file of the walk; raises when anything is missing or cannot be read.

    A file that looks as it did in an earlier manifest (`known` by name) is not hashed again: the
    engine does not read such a file again either, so both still speak of the same bytes.
    """
    found = list(walk)
    if walk.missing:
        raise missing_sources(walk.missing)
    entries: list[ManifestEntry] = []
    troubles = list(walk.troubles)
    done = 0
    total = sum(entry.status.st_size for entry in found)
    for file in found:
        try:
            entries.append(_entry(file, known(file.name)))
        except FileNotFoundError:
            pass  # vanished since it was found: nothing to back up
        except OSError as error:
            text = (error.strerror or "").lower()
            troubles.append(Trouble(item=file.name, during="manifest", text=text))
        done += file.status.st_size
        on_progress(
            BackupProgress(
                bytes_done=done, bytes_total=total,
                files_done=len(entries), files_total=len(found),
            )
        )  # fmt: skip
    if troubles:
        raise unreadable(troubles)
    return Manifest(created_at=now, what=what, entries=tuple(entries))


def known_entries(manifests: Iterable[Manifest]) -> Mapping[str, ManifestEntry]:
    """Return the entries that may be trusted again, by name; newest manifest first."""
    found: dict[str, ManifestEntry] = {}
    for manifest in manifests:
        settled_ns = (manifest.created_at - RACY_S) * _NANO
        for entry in manifest.entries:
            if max(entry.modified_ns, entry.changed_ns) < settled_ns:
                found.setdefault(entry.path, entry)
    return found


def changed_since(manifest: Manifest, root: Path) -> Sequence[str]:
    """Return the manifest's files that are no more what they were when they were hashed.

    What the engine read in between is then neither the old nor surely the new content. A file
    whose times moved but whose content did not (a new hard link, a touch of its mode) is fine.
    """
    racy_ns = (manifest.created_at - RACY_S) * _NANO
    return [entry.path for entry in manifest.entries if _is_changed(entry, root, racy_ns)]


def content_digest(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, or of a link's target; raises OSError."""
    if path.is_symlink():
        return _link_digest(os.readlink(path))  # noqa: PTH115  (a Path tidies the target)
    return digest_file(path)


def _entry(file: Found, known: ManifestEntry | None) -> ManifestEntry:
    """Return the entry of one file; raises OSError."""
    status = file.status
    link = os.readlink(file.path) if file.is_link else ""  # noqa: PTH115  (as above)
    if known is not None and not link and _looks_like(known, status):
        return known
    return ManifestEntry(
        path=file.name,
        bytes=0 if link else status.st_size,
        sha256=_link_digest(link) if link else digest_file(file.path),
        link=link,
        modified_ns=status.st_mtime_ns,
        changed_ns=status.st_ctime_ns,
        inode=status.st_ino,
    )


def _document(entry: ManifestEntry) -> Mapping[str, str | int]:
    """Return an entry's fields (asdict copies each value: five times the time at 50,000 files)."""
    return {name: getattr(entry, name) for name in _FIELDS}


def _looks_like(entry: ManifestEntry, status: os.stat_result) -> bool:
    """Whether a file's marks are those of the entry."""
    marks = (entry.bytes, entry.modified_ns, entry.changed_ns, entry.inode)
    return marks == (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)


def _is_changed(entry: ManifestEntry, root: Path, racy_ns: float) -> bool:
    """Whether a file is gone or holds other content than when it was hashed."""
    path = root / entry.path
    try:
        status = path.lstat()
        if status.st_mtime_ns != entry.modified_ns or bool(entry.link) != path.is_symlink():
            return True
        is_settled = max(status.st_mtime_ns, status.st_ctime_ns) < racy_ns
        if is_settled and (entry.link or _looks_like(entry, status)):
            return False
        return content_digest(path) != entry.sha256
    except OSError:
        return True


def _link_digest(target: str) -> str:
    """Return the digest of a link's target, whatever bytes it has."""
    return sha256(os.fsencode(target)).hexdigest()
