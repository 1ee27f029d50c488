"""What one backup covers, and which datasets a snapshot protects."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from core.backup.manifest import Manifest
from core.errors import InputError, NotFoundError
from core.paths import StatePaths, confined

SCOPES = ("all", "data", "runs", "state")
_DATASET_PARTS = 4  # datasets / NAME / DIGEST / file
_DERIVED = "prepared"  # made again from the imported pairs at any time


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """Paths and databases of one backup; `dataset` is the digest when it is about one only."""

    what: str
    paths: tuple[Path, ...]
    databases: tuple[Path, ...]
    tags: tuple[str, ...]
    dataset: str | None = None


def cover(paths: StatePaths, what: str) -> Coverage:
    """Return what `all`, `data`, `runs`, `state` or one dataset (`NAME/DIGEST`) means.

    `runs` takes the models and the database with it: without its row a run is a heap of files.
    Keys and tokens are never covered. Raises InputError and NotFoundError.
    """
    if "/" in what:
        return _cover_dataset(paths, what)
    folders = {
        "all": (paths.datasets, paths.runs, paths.models),
        "data": (paths.datasets,),
        "runs": (paths.runs, paths.models),
        "state": (),
    }
    databases = {
        "all": (paths.database, paths.telemetry),
        "data": (),
        "runs": (paths.database,),
        "state": (paths.database, paths.telemetry),
    }
    if what not in folders:
        raise InputError(f"unknown scope {what!r}", remedy="Use one of " + ", ".join(SCOPES))
    chosen = folders[what]
    if what in ("all", "state"):
        chosen = (*chosen, paths.settings_file)
    coverage = Coverage(
        what=what,
        paths=tuple(path for path in chosen if path.exists()),
        databases=tuple(path for path in databases[what] if path.exists()),
        tags=("datahall", f"what:{what}"),
    )
    if not coverage.paths and not coverage.databases:
        raise InputError(f"there is nothing of {what!r} to back up yet")
    return coverage


def protected_datasets(manifest: Manifest, changed: Collection[str]) -> tuple[str, ...]:
    """Return the digests whose imported content is whole in a proven snapshot.

    Prepared files do not matter: they are derived, and a prepare job may be writing them.
    """
    whole: dict[tuple[str, str], bool] = {}
    loose = frozenset(changed)
    for entry in manifest.entries:
        parts = entry.path.split("/")
        if parts[0] != "datasets" or len(parts) < _DATASET_PARTS or parts[3] == _DERIVED:
            continue
        key = (parts[1], parts[2])
        whole[key] = whole.get(key, True) and entry.path not in loose
    return tuple(sorted({digest for (_, digest), is_whole in whole.items() if is_whole}))


def _cover_dataset(paths: StatePaths, what: str) -> Coverage:
    """Return the coverage of one dataset version."""
    name, _, digest = what.rpartition("/")
    folder = paths.dataset(name, digest)
    is_named = name and digest and "/" not in name and not {name, digest} & {".", ".."}
    if not is_named or not folder.is_dir():
        raise NotFoundError(f"there is no dataset {what!r}", remedy='See "datahall data list"')
    confined(paths.datasets, folder)
    return Coverage(
        what=f"dataset:{digest}",
        paths=(folder,),
        databases=(),
        tags=("datahall", f"dataset:{digest}"),
        dataset=digest,
    )
