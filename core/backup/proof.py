"""Compare a snapshot, or files restored from it, with the manifest.

restic's exit code is not sufficient: 0.14 exits with 0 when a path is missing, later versions when
files disappear, and all of them when a file is rewritten while they read it.
"""

import os
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from core.backup.manifest import (
    UNSETTLED_S,
    Manifest,
    changed_since,
    content_digest,
    is_below,
    replace_invalid_utf8,
)
from core.backup.records import ManifestEntry

_NANO = 1_000_000_000
_DATASET_PARTS = 4  # datasets / NAME / DIGEST / file
_DERIVED = "prepared"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """The result of comparing a snapshot's listing with its manifest, by stored name.

    `changed` files were modified or deleted while the backup read them, `appeared` ones were
    created during the backup: the snapshot is not faulty, but these bytes are not verified.
    `left_out` are damaged databases that the snapshot does not contain.
    """

    missing: tuple[str, ...] = ()
    different: tuple[str, ...] = ()
    unexpected: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    appeared: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()

    @property
    def faults(self) -> tuple[str, ...]:
        """Files that make the snapshot faulty."""
        return (*self.missing, *self.different, *self.unexpected)

    def document(self) -> dict[str, object]:
        """Return the proof as a JSON document."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The result of comparing restored files with the manifest.

    `matched` of `files` are equal, byte by byte; `unproven` files changed while they were backed
    up, so there is nothing to compare them with.
    """

    files: int
    bytes: int
    matched: int
    missing: tuple[str, ...] = ()
    different: tuple[str, ...] = ()
    unproven: tuple[str, ...] = ()

    @property
    def faults(self) -> tuple[str, ...]:
        """Files that differ from what was backed up."""
        return (*self.missing, *self.different)


def prove(manifest: Manifest, listing: Mapping[str, int], root: Path, own_name: str) -> Proof:
    """Compare a snapshot just made with the manifest taken before it.

    `own_name` is the stored name of the manifest itself.
    """
    changed = tuple(changed_since(manifest, root))
    found = compare_listing(manifest, listing, changed, own_name)
    since_ns = (manifest.created_at - UNSETTLED_S) * _NANO
    appeared = tuple(name for name in found.unexpected if _is_new(root / name, since_ns))
    return Proof(
        missing=found.missing,
        different=found.different,
        unexpected=tuple(name for name in found.unexpected if name not in appeared),
        changed=changed,
        appeared=appeared,
    )


def protected_datasets(manifest: Manifest, changed: Collection[str]) -> tuple[str, ...]:
    """Return the digests of the datasets whose imported files are all in a verified snapshot.

    Prepared files do not count: they can be derived again, and a prepare job may be writing them.
    """
    is_complete: dict[tuple[str, str], bool] = {}
    skipped = frozenset(changed)
    for entry in manifest.entries:
        parts = entry.path.split("/")
        if parts[0] != "datasets" or len(parts) < _DATASET_PARTS or parts[3] == _DERIVED:
            continue
        key = (parts[1], parts[2])
        is_complete[key] = is_complete.get(key, True) and entry.path not in skipped
    return tuple(sorted({digest for (_, digest), complete in is_complete.items() if complete}))


def compare_listing(
    manifest: Manifest, listing: Mapping[str, int], changed: Collection[str], own_name: str
) -> Proof:
    """Compare names and sizes; files in `changed` are skipped."""
    expected: Counter[str] = Counter()
    for entry in manifest.entries:
        expected[replace_invalid_utf8(entry.path)] += entry.bytes
    skipped = {replace_invalid_utf8(name) for name in changed}
    compared = [name for name in expected if name not in skipped]
    return Proof(
        missing=tuple(name for name in compared if name not in listing),
        different=tuple(
            name for name in compared if name in listing and listing[name] != expected[name]
        ),
        unexpected=tuple(name for name in listing if name not in expected and name != own_name),
        changed=tuple(changed),
    )


def compare_restored(
    manifest: Manifest, target: Path, only: str | None, changed: Collection[str]
) -> Comparison:
    """Compare every byte below `target` with the manifest; with `only`, of that file or folder."""
    skipped = frozenset(changed)
    chosen = [entry for entry in manifest.entries if not only or is_below(entry.path, only)]
    compared = [entry for entry in chosen if entry.path not in skipped]
    missing = [entry.path for entry in compared if not os.path.lexists(target / entry.path)]
    gone = frozenset(missing)
    different = [
        entry.path for entry in compared if entry.path not in gone and not _matches(entry, target)
    ]
    return Comparison(
        files=len(chosen),
        bytes=sum(entry.bytes for entry in chosen),
        matched=len(compared) - len(missing) - len(different),
        missing=tuple(missing),
        different=tuple(different),
        unproven=tuple(entry.path for entry in chosen if entry.path in skipped),
    )


def _matches(entry: ManifestEntry, target: Path) -> bool:
    """Whether a restored file has the content of the entry."""
    path = target / entry.path
    try:
        return bool(entry.link) == path.is_symlink() and content_digest(path) == entry.sha256
    except OSError:
        return False


def _is_new(path: Path, since_ns: float) -> bool:
    """Whether a file was created after the start of the manifest, or was deleted since."""
    try:
        return path.lstat().st_ctime_ns >= since_ns
    except OSError:
        return True
