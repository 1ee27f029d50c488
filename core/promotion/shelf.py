"""Where the versions of a model stand: folders that appear whole, one promotion at a time."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from core.errors import CorruptError
from core.files import sync
from core.inference.version_folder import VersionFolder
from core.locks import held
from core.paths import StatePaths, confined
from core.registry.records import ModelVersion
from core.registry.registry import ModelRegistry

_DRAFT = ".draft-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """The folders of one model's versions."""

    paths: StatePaths
    registry: ModelRegistry
    name: str

    @contextmanager
    def draft(self) -> Iterator[VersionFolder]:
        """Give an empty folder to fill; it is gone afterwards unless it was placed.

        Others who draft the same model wait. The lock ends with this process, however it dies, and
        what a killed promotion left is removed by the next one.
        """
        parent = confined(self.paths.home, self._folder(1).parent)
        parent.mkdir(parents=True, exist_ok=True)
        with held(parent / ".lock"):
            for left in parent.glob(f"{_DRAFT}*"):
                shutil.rmtree(left)
            draft = parent / f"{_DRAFT}{os.getpid()}"
            draft.mkdir()
            try:
                yield VersionFolder(draft)
            finally:
                shutil.rmtree(draft, ignore_errors=True)

    def next_version(self) -> int:
        """Return a number that neither the registry nor a folder has.

        A folder may stand unregistered: a promotion was killed at the last moment, or the database
        was restored from before. It is left alone.
        """
        parent = self._folder(1).parent
        taken = [int(path.name) for path in parent.iterdir() if path.name.isdecimal()]
        return max([self.registry.next_version(self.name), *(number + 1 for number in taken)])

    def place(self, draft: VersionFolder, version: ModelVersion) -> ModelVersion:
        """Move a draft to its place and register it; a failure takes the folder away again."""
        target = self._folder(version.version)
        self._settle(draft, version, target)
        try:
            return self.registry.register(version)
        except BaseException:
            shutil.rmtree(target, ignore_errors=True)
            raise

    def restore(self, draft: VersionFolder, version: ModelVersion) -> None:
        """Put a draft in the place of an equal version whose folder is gone or damaged."""
        target = self._folder(version.version)
        try:
            VersionFolder(target).verify()
        except CorruptError:
            shutil.rmtree(target, ignore_errors=True)
            self._settle(draft, version, target)

    def _settle(self, draft: VersionFolder, version: ModelVersion, target: Path) -> None:
        """Write the card, make every byte durable, and rename the folder."""
        draft.write_card(asdict(version), draft.files())
        for path in draft.path.rglob("*"):
            sync(path)
        draft.path.rename(target)
        sync(target.parent)

    def _folder(self, version: int) -> Path:
        """Return the folder of a version."""
        return self.paths.model(self.name, version)
