"""The files below some paths, without those that are never backed up."""

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from core.backup.messages import Trouble
from core.backup.names import stored_name

# Half-written files, and live databases (their consistent copies are backed up instead).
EXCLUDED = ("*.tmp", ".tmp-*", "*.db", "*.db-journal", "*-wal", "*-shm")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A regular file or a symbolic link, with its status when it was found."""

    name: str
    path: Path
    status: os.stat_result

    @property
    def is_link(self) -> bool:
        """Whether it is a symbolic link; links are never followed."""
        return stat.S_ISLNK(self.status.st_mode)


@dataclass(slots=True)
class Walk:
    """One walk; `troubles` are the folders that could not be read, `missing` the absent paths."""

    root: Path
    paths: Sequence[Path]
    troubles: list[Trouble] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    def __iter__(self) -> Iterator[Found]:
        """Yield the files in a fixed order; what vanishes meanwhile is left out."""
        for path in self.paths:
            name = stored_name(self.root, path)
            if not os.path.lexists(path):
                self.missing.append(name)
            elif not any(is_excluded(part) for part in name.split("/")):
                yield from self._visit(name, self.root / name)

    def _visit(self, name: str, path: Path) -> Iterator[Found]:
        """Yield a file, or what a folder holds; sockets, pipes and devices have no content."""
        try:
            status = path.lstat()
        except FileNotFoundError:
            return
        if stat.S_ISREG(status.st_mode) or stat.S_ISLNK(status.st_mode):
            yield Found(name=name, path=path, status=status)
        elif stat.S_ISDIR(status.st_mode):
            for child in self._children(name, path):
                yield from self._visit(f"{name}/{child}", path / child)

    def _children(self, name: str, path: Path) -> Sequence[str]:
        """Return what a folder holds, sorted."""
        try:
            found = os.listdir(path)  # noqa: PTH208  (names only: a Path each costs half the walk)
        except FileNotFoundError:
            return ()
        except OSError as error:
            text = (error.strerror or "").lower()
            self.troubles.append(Trouble(item=name, during="scan", text=text))
            return ()
        return sorted(child for child in found if not is_excluded(child))


def is_excluded(part: str) -> bool:
    """Whether a file or folder of that name is never backed up."""
    return any(fnmatchcase(part, pattern) for pattern in EXCLUDED)
