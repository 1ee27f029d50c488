"""The folders of the versions of one model: complete when visible, one promotion at a time."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from core.errors import CorruptError
from core.files import sync
from core.inference.version_folder import VersionFolder
from core.locks import held
from core.paths import StatePaths, confined
from core.registry.records import ModelVersion
from core.registry.registry import ModelRegistry

_STAGING = ".draft-"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFolders:
    """The version folders of model `name`, `models/NAME/VERSION/`."""

    paths: StatePaths
    registry: ModelRegistry
    name: str

    @contextmanager
    def staging(self) -> Iterator[VersionFolder]:
        """Yield an empty folder for a new version; it is removed at the end unless published.

        Other promotions of the model wait. The kernel releases the lock when this process ends; the
        staging folder of a killed promotion is removed by the next one.
        """
        parent = confined(self.paths.home, self._folder(1).parent)
        parent.mkdir(parents=True, exist_ok=True)
        with held(parent / ".lock"):
            for stale in parent.glob(f"{_STAGING}*"):
                shutil.rmtree(stale)
            staged = parent / f"{_STAGING}{os.getpid()}"
            staged.mkdir()
            try:
                yield VersionFolder(staged)
            finally:
                shutil.rmtree(staged, ignore_errors=True)

    def next_version(self) -> int:
        """Return the lowest number above all registered versions and all version folders.

        A folder may exist without a registered version: its promotion was killed just before the
        registration, or an older database was restored. It is kept.
        """
        parent = self._folder(1).parent
        used = [int(path.name) for path in parent.iterdir() if path.name.isdecimal()]
        return max([self.registry.next_version(self.name), *(number + 1 for number in used)])

    def publish(self, staged: VersionFolder, version: ModelVersion) -> ModelVersion:
        """Rename the staging folder and register the version; on failure the folder is removed."""
        target = self._folder(version.version)
        self._move(staged, version, target)
        try:
            return self.registry.register(version)
        except BaseException:
            shutil.rmtree(target, ignore_errors=True)
            raise

    def repair(self, staged: VersionFolder, version: ModelVersion) -> None:
        """Replace the folder of an equal version by the staging folder if it is damaged."""
        target = self._folder(version.version)
        try:
            VersionFolder(target).verify()
        except CorruptError:
            shutil.rmtree(target, ignore_errors=True)
            self._move(staged, version, target)

    def _move(self, staged: VersionFolder, version: ModelVersion, target: Path) -> None:
        """Write the model card, make every byte durable, and rename the folder."""
        staged.write_card(version.to_document(), staged.files())
        for path in staged.path.rglob("*"):
            sync(path)
        staged.path.rename(target)
        sync(target.parent)

    def _folder(self, version: int) -> Path:
        """Return the folder of a version."""
        return self.paths.model(self.name, version)
