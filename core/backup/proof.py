"""Proof that a snapshot, or what was restored from it, is what the manifest says.

restic's exit code is no proof: 0.14 ends with 0 when a path is missing, later ones when files
vanish, and all of them when a file is rewritten while they read it.
"""

import os
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from core.backup.engine import ManifestEntry
from core.backup.manifest import RACY_S, Manifest, changed_since, content_digest
from core.backup.names import is_below, legible

_NANO = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What comparing a snapshot's listing with its manifest found, by stored name.

    `changed` files were written to or vanished while being read, `appeared` ones came meanwhile:
    they are no fault of the snapshot, but nothing vouches for their bytes in it.
    """

    missing: tuple[str, ...] = ()
    different: tuple[str, ...] = ()
    unexpected: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    appeared: tuple[str, ...] = ()

    @property
    def faults(self) -> tuple[str, ...]:
        """Files that speak against the snapshot."""
        return (*self.missing, *self.different, *self.unexpected)

    def document(self) -> dict[str, Any]:
        """Return the proof as it is kept."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What comparing restored files with the manifest found.

    `matched` files of `files` hold the very bytes; `unproven` ones changed while they were backed
    up, so no bytes can be demanded of them.
    """

    files: int
    bytes: int
    matched: int
    missing: tuple[str, ...] = ()
    different: tuple[str, ...] = ()
    unproven: tuple[str, ...] = ()

    @property
    def faults(self) -> tuple[str, ...]:
        """Files that are not what was backed up."""
        return (*self.missing, *self.different)


def prove(manifest: Manifest, listing: Mapping[str, int], root: Path, own_name: str) -> Proof:
    """Compare a snapshot just made with the manifest taken before it.

    `own_name` is the manifest's own file in the snapshot.
    """
    changed = tuple(changed_since(manifest, root))
    found = compare_listing(manifest, listing, changed, own_name)
    since_ns = (manifest.created_at - RACY_S) * _NANO
    appeared = tuple(name for name in found.unexpected if _is_new(root / name, since_ns))
    return Proof(
        missing=found.missing,
        different=found.different,
        unexpected=tuple(name for name in found.unexpected if name not in appeared),
        changed=changed,
        appeared=appeared,
    )


def compare_listing(
    manifest: Manifest, listing: Mapping[str, int], changed: Collection[str], own_name: str
) -> Proof:
    """Compare names and sizes; files in `changed` are passed over."""
    expected: Counter[str] = Counter()
    for entry in manifest.entries:
        expected[legible(entry.path)] += entry.bytes
    loose = {legible(name) for name in changed}
    firm = [name for name in expected if name not in loose]
    return Proof(
        missing=tuple(name for name in firm if name not in listing),
        different=tuple(
            name for name in firm if name in listing and listing[name] != expected[name]
        ),
        unexpected=tuple(name for name in listing if name not in expected and name != own_name),
        changed=tuple(changed),
    )


def compare_restored(
    manifest: Manifest, target: Path, only: str | None, changed: Collection[str]
) -> Comparison:
    """Compare every byte below `target` with the manifest; with `only`, of what lies in it."""
    loose = frozenset(changed)
    chosen = [entry for entry in manifest.entries if not only or is_below(entry.path, only)]
    firm = [entry for entry in chosen if entry.path not in loose]
    missing = [entry.path for entry in firm if not os.path.lexists(target / entry.path)]
    gone = frozenset(missing)
    different = [
        entry.path for entry in firm if entry.path not in gone and not _matches(entry, target)
    ]
    return Comparison(
        files=len(chosen),
        bytes=sum(entry.bytes for entry in chosen),
        matched=len(firm) - len(missing) - len(different),
        missing=tuple(missing),
        different=tuple(different),
        unproven=tuple(entry.path for entry in chosen if entry.path in loose),
    )


def _matches(entry: ManifestEntry, target: Path) -> bool:
    """Whether a restored file holds what the entry says."""
    path = target / entry.path
    try:
        return bool(entry.link) == path.is_symlink() and content_digest(path) == entry.sha256
    except OSError:
        return False


def _is_new(path: Path, since_ns: float) -> bool:
    """Whether a file came to be after the manifest was begun, or is gone again."""
    try:
        return path.lstat().st_ctime_ns >= since_ns
    except OSError:
        return True
