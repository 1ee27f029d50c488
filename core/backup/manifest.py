"""The manifest: name, size and SHA-256 of every file, taken just before a backup reads them.

Stored names are relative to a root folder, with `/` between parts. Symbolic links are never
followed: a link is stored as its target.
"""

import json
import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from fnmatch import fnmatchcase
from hashlib import sha256
from pathlib import Path

from core.audit import AuditHead
from core.backup.errors import missing_sources, unreadable_files
from core.backup.records import FileProblem, ManifestEntry
from core.errors import CorruptError, InputError
from core.files import PRIVATE_FILE, digest_file, digest_text, write_atomic
from core.process.progress import Progress

FORMAT = 1
# A file younger than this may have changed again without a change of its times.
UNSETTLED_S = 2.0
# Unfinished files, and live databases, whose consistent copies are backed up instead.
EXCLUDED = ("*.tmp", ".tmp-*", "*.db", "*.db-journal", "*-wal", "*-shm")
_NANO = 1_000_000_000
_FIELDS = tuple(field.name for field in fields(ManifestEntry))
_ESCAPED_BYTE = re.compile("[\udc80-\udcff]")


def stored_name(root: Path, path: Path) -> str:
    """Return the name under which `path` is stored; raises InputError outside the root."""
    full = Path(os.path.normpath(path if path.is_absolute() else root / path))
    if full == root or not full.is_relative_to(root):
        raise InputError(f"{path} cannot be backed up: it is not below {root}")
    return full.relative_to(root).as_posix()


def replace_invalid_utf8(name: str) -> str:
    """Return the name in valid UTF-8: each invalid byte becomes U+FFFD."""
    return _ESCAPED_BYTE.sub("\ufffd", name)


def parse_stored_name(only: str) -> str:
    """Return the stored name for the option `only`; raises InputError."""
    parts = [part for part in only.split("/") if part not in ("", ".")]
    if not parts or ".." in parts:
        raise InputError(
            f"{only!r} is not a path inside a snapshot", remedy="Example: datasets/demo"
        )
    return "/".join(parts)


def is_below(name: str, top: str) -> bool:
    """Whether `name` is `top` or inside it."""
    return name == top or name.startswith(top + "/")


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundFile:
    """A regular file or a symbolic link, with its status when it was found."""

    name: str
    path: Path
    status: os.stat_result

    @property
    def is_link(self) -> bool:
        """Whether it is a symbolic link."""
        return stat.S_ISLNK(self.status.st_mode)


@dataclass(slots=True)
class Walk:
    """The files below some paths, without the excluded ones, in a fixed order.

    Attributes:
        problems: the folders that could not be read.
        missing: the paths that do not exist.
    """

    root: Path
    paths: Sequence[Path]
    problems: list[FileProblem] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    def __iter__(self) -> Iterator[FoundFile]:
        """Yield the files; one that is deleted during the walk is omitted."""
        for path in self.paths:
            name = stored_name(self.root, path)
            if not os.path.lexists(path):
                self.missing.append(name)
            elif not any(is_excluded(part) for part in name.split("/")):
                yield from self._visit(name, self.root / name)

    def _visit(self, name: str, path: Path) -> Iterator[FoundFile]:
        """Yield a file, or the content of a folder; sockets, pipes and devices have none."""
        try:
            status = path.lstat()
        except FileNotFoundError:
            return
        if stat.S_ISREG(status.st_mode) or stat.S_ISLNK(status.st_mode):
            yield FoundFile(name=name, path=path, status=status)
        elif stat.S_ISDIR(status.st_mode):
            for child in self._children(name, path):
                yield from self._visit(f"{name}/{child}", path / child)

    def _children(self, name: str, path: Path) -> Sequence[str]:
        """Return the names in a folder, sorted."""
        try:
            found = os.listdir(path)  # noqa: PTH208  (names only: a Path each costs half the walk)
        except FileNotFoundError:
            return ()
        except OSError as error:
            self.problems.append(FileProblem(item=name, during="scan", text=_reason(error)))
            return ()
        return sorted(child for child in found if not is_excluded(child))


def is_excluded(part: str) -> bool:
    """Whether a file or folder of that name is never backed up."""
    return any(fnmatchcase(part, pattern) for pattern in EXCLUDED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The expected content of a snapshot.

    Attributes:
        created_at: when the walk began.
        audit: the end of the audit log at that time; None before its first row.
    """

    created_at: float
    what: str
    entries: tuple[ManifestEntry, ...]
    audit: AuditHead | None = None

    @property
    def bytes(self) -> int:
        """Sum of the files' bytes."""
        return sum(entry.bytes for entry in self.entries)

    def text(self) -> str:
        """Return the manifest as one ASCII JSON line; names that are not UTF-8 are escaped."""
        document = {
            "format": FORMAT,
            "created_at": self.created_at,
            "what": self.what,
            "audit": asdict(self.audit) if self.audit else None,
            "entries": [_document(entry) for entry in self.entries],
        }
        return json.dumps(document, sort_keys=True, separators=(",", ":")) + "\n"


def manifest_digest(text: str) -> str:
    """Return the digest that a snapshot's row stores."""
    return digest_text(text)


def write_manifest(path: Path, text: str) -> None:
    """Write a manifest's text, readable by the owner alone: it names private files."""
    write_atomic(path, text, mode=PRIVATE_FILE)


def parse_manifest(text: str, origin: str) -> Manifest:
    """Return the manifest in `text`; raises CorruptError that names its `origin`."""
    try:
        document = json.loads(text)
        entries = tuple(ManifestEntry(**entry) for entry in document["entries"])
        head = document.get("audit")
        return Manifest(
            created_at=float(document["created_at"]),
            what=str(document["what"]),
            entries=entries,
            audit=AuditHead(**head) if head else None,
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CorruptError(
            f"the manifest of {origin} cannot be parsed ({error})",
            remedy="Check the snapshots: datahall backup verify",
        ) from error


def take_manifest(
    walk: Walk,
    what: str,
    now: float,
    known: Callable[[str], ManifestEntry | None],
    progress: Progress,
) -> Manifest:
    """Hash every file of the walk; raises when one is missing or cannot be read.

    A file whose status equals that in an earlier manifest (`known` by name) is not hashed again:
    restic does not read such a file again either, so both refer to the same bytes.
    """
    found = list(walk)
    if walk.missing:
        raise missing_sources(walk.missing)
    entries: list[ManifestEntry] = []
    problems = list(walk.problems)
    progress.begin(
        "reading the files", total=sum(file.status.st_size for file in found), unit="bytes"
    )
    done = 0
    for file in found:
        try:
            entries.append(_entry(file, known(file.name)))
        except FileNotFoundError:
            pass  # deleted since it was found: nothing to back up
        except OSError as error:
            problems.append(FileProblem(item=file.name, during="manifest", text=_reason(error)))
        done += file.status.st_size
        progress.update(done)
    if problems:
        raise unreadable_files(problems, walk.root)
    return Manifest(created_at=now, what=what, entries=tuple(entries))


def known_entries(manifests: Iterable[Manifest]) -> Mapping[str, ManifestEntry]:
    """Return the entries that need no new hash, by name; newest manifest first."""
    found: dict[str, ManifestEntry] = {}
    for manifest in manifests:
        settled_ns = (manifest.created_at - UNSETTLED_S) * _NANO
        for entry in manifest.entries:
            if max(entry.modified_ns, entry.changed_ns) < settled_ns:
                found.setdefault(entry.path, entry)
    return found


def changed_since(manifest: Manifest, root: Path) -> Sequence[str]:
    """Return the files of the manifest whose content changed after it was hashed.

    restic may have stored either version of such a file. A file with new times but equal content (a
    new hard link, another mode) does not count as changed.
    """
    unsettled_ns = (manifest.created_at - UNSETTLED_S) * _NANO
    return [entry.path for entry in manifest.entries if _is_changed(entry, root, unsettled_ns)]


def content_digest(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, or of a link's target; raises OSError."""
    if path.is_symlink():
        return _link_digest(os.readlink(path))  # noqa: PTH115  (a Path normalises the target)
    return digest_file(path)


def _entry(file: FoundFile, known: ManifestEntry | None) -> ManifestEntry:
    """Return the entry of one file; raises OSError."""
    status = file.status
    link = os.readlink(file.path) if file.is_link else ""  # noqa: PTH115  (as above)
    if known is not None and not link and _has_status(known, status):
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


def _has_status(entry: ManifestEntry, status: os.stat_result) -> bool:
    """Whether a file's size, times and inode are those of the entry."""
    expected = (entry.bytes, entry.modified_ns, entry.changed_ns, entry.inode)
    return expected == (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)


def _is_changed(entry: ManifestEntry, root: Path, unsettled_ns: float) -> bool:
    """Whether a file was deleted, or its content changed, after it was hashed."""
    path = root / entry.path
    try:
        status = path.lstat()
        if status.st_mtime_ns != entry.modified_ns or bool(entry.link) != path.is_symlink():
            return True
        is_settled = max(status.st_mtime_ns, status.st_ctime_ns) < unsettled_ns
        if is_settled and (entry.link or _has_status(entry, status)):
            return False
        return content_digest(path) != entry.sha256
    except OSError:
        return True


def _link_digest(target: str) -> str:
    """Return the digest of a link's target, which may contain any bytes."""
    return sha256(os.fsencode(target)).hexdigest()


def _reason(error: OSError) -> str:
    return (error.strerror or "").lower()
