"""The model registry: what every adapter promises."""

import re
from collections.abc import Sequence
from typing import Protocol

from core.errors import InputError
from core.registry.records import AliasEvent, ModelVersion

PRODUCTION = "production"
ALIAS = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")


def check_alias(alias: str) -> str:
    """Return the alias; raises InputError when it is no name for one."""
    if not ALIAS.fullmatch(alias):
        raise InputError(f"{alias!r} is no name for an alias", remedy="Example: candidate")
    return alias


class ModelRegistry(Protocol):
    """Versions and the aliases that point at them; history is never rewritten."""

    def next_version(self, name: str) -> int:
        """Return the number that the next version of `name` will get."""
        ...

    def register(self, version: ModelVersion) -> ModelVersion:
        """Store a version; raises ConflictError when the number is taken."""
        ...

    def get(self, name: str, version: int) -> ModelVersion:
        """Return a version; raises NotFoundError."""
        ...

    def list(self) -> Sequence[ModelVersion]:
        """Return all versions, newest first, each with the aliases that point at it."""
        ...

    def set_alias(
        self, name: str, alias: str, version: int, *, actor: str, action: str, reason: str
    ) -> AliasEvent:
        """Point the alias at a version; atomic; raises NotFoundError when there is no such version.

        `action` is `promote` or `rollback`.
        """
        ...

    def resolve(self, alias: str, name: str | None = None) -> ModelVersion:
        """Return the version an alias points at; raises NotFoundError when it points nowhere.

        Without a name, the model whose alias moved last.
        """
        ...

    def history(self, name: str | None = None, alias: str | None = None) -> Sequence[AliasEvent]:
        """Return the moves of aliases, newest first."""
        ...

    def served_at(self, time: float, alias: str, name: str | None = None) -> AliasEvent | None:
        """Return the event that was in force at `time`, or None when nothing served."""
        ...

    def previous(self, name: str, alias: str) -> int:
        """Return the version to roll back to; raises NotFoundError when there is none.

        It is the one that the alias pointed at before the present one; roll-backs that were
        themselves undone are skipped.
        """
        ...
