"""restic's command lines, exactly (tests/golden/restic-argv.txt shows them).

The repository and its password are never here: they travel in the environment, because anybody on
the machine may read a command line.
"""

import re
from collections.abc import Sequence
from pathlib import Path

from core.backup.find import Restic
from core.backup.walk import EXCLUDED

RECOVERY_USER = "recovery"
_GLOB = re.compile(r"([\\*?\[\]])")


def literal(name: str) -> str:
    """Return the pattern that matches `name` and nothing else."""
    return _GLOB.sub(r"\\\1", name)


def init(restic: Restic) -> tuple[str, ...]:
    """Create the repository."""
    return (str(restic.path), "init")


def contact(restic: Restic) -> tuple[str, ...]:
    """Open the repository; fails when it is not there."""
    return (str(restic.path), "cat", "config", "--json")


def keys(restic: Restic) -> tuple[str, ...]:
    """List the keys."""
    return (str(restic.path), "key", "list", "--json")


def add_key(restic: Restic, password_file: str) -> tuple[str, ...]:
    """Add the recovery key, whose password is read from `password_file`."""
    return (
        str(restic.path), "key", "add", "--user", RECOVERY_USER,
        "--new-password-file", password_file,
    )  # fmt: skip


def backup(
    restic: Restic, root: Path, names: Sequence[str], tags: Sequence[str]
) -> tuple[str, ...]:
    """Store `names`, given relative to `root`, the folder that restic runs in.

    Patterns are tied to the root: a home below a folder called `x.tmp` is still backed up.
    """
    tag_options = tuple(part for tag in tags for part in ("--tag", tag))
    excludes = tuple(
        part for name in EXCLUDED for part in ("--exclude", f"{literal(str(root))}/**/{name}")
    )
    return (str(restic.path), "backup", "--json", *tag_options, *excludes, "--", *names)


def snapshots(restic: Restic) -> tuple[str, ...]:
    """List the snapshots."""
    return (str(restic.path), "snapshots", "--json")


def contents(restic: Restic, snapshot_id: str) -> tuple[str, ...]:
    """List the files of one snapshot, the snapshot itself first."""
    return (str(restic.path), "ls", "--json", snapshot_id)


def restore(
    restic: Restic, snapshot_id: str, target: Path, only: str | None = None
) -> tuple[str, ...]:
    """Write a snapshot, or the one file or folder named `only`, below `target`."""
    talk = ("--json",) if restic.tells_restore else ()
    some = ("--include", "/" + literal(only)) if only else ()
    return (str(restic.path), "restore", *talk, "--target", str(target), *some, snapshot_id)


def check(restic: Restic, *, read_data: bool) -> tuple[str, ...]:
    """Check the structure, with `read_data` every stored byte."""
    talk = ("--json",) if restic.tells_check else ()
    depth = ("--read-data",) if read_data else ()
    return (str(restic.path), "check", *talk, *depth)


def forget(restic: Restic, snapshot_ids: Sequence[str]) -> tuple[str, ...]:
    """Remove snapshots and what only they held."""
    return (str(restic.path), "forget", "--json", "--prune", *snapshot_ids)


def unlock(restic: Restic) -> tuple[str, ...]:
    """Remove stale locks; restic itself leaves those that may be alive."""
    return (str(restic.path), "unlock")
