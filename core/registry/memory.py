"""The model registry's in-memory twin: demos and tests without a database."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from core.clock import Clock
from core.errors import ConflictError, NotFoundError
from core.registry.history import version_before, version_in_force
from core.registry.records import AliasEvent, ModelVersion


@dataclass(slots=True)
class MemoryModelRegistry:
    """Keeps versions and alias moves in this process; safe to use from several threads."""

    clock: Clock
    _versions: list[ModelVersion] = field(default_factory=list)
    _events: list[AliasEvent] = field(default_factory=list)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def next_version(self, name: str) -> int:
        """Return the number that the next version of `name` will get."""
        with self._lock:
            return (
                max((item.version for item in self._versions if item.name == name), default=0) + 1
            )

    def register(self, version: ModelVersion) -> ModelVersion:
        """Store a version; raises ConflictError when the number is taken."""
        with self._lock:
            if self._find(version.name, version.version) is not None:
                raise ConflictError(f"{version.name} version {version.version} is registered")
            stored = replace(version, aliases=())
            self._versions.append(stored)
            return stored

    def get(self, name: str, version: int) -> ModelVersion:
        """Return a version; raises NotFoundError."""
        with self._lock:
            found = self._find(name, version)
            if found is None:
                raise NotFoundError(f"there is no version {version} of {name}")
            return replace(found, aliases=self._aliases(found))

    def list(self) -> Sequence[ModelVersion]:
        """Return all versions, newest first, each with the aliases that point at it."""
        with self._lock:
            found = [replace(item, aliases=self._aliases(item)) for item in self._versions]
        return sorted(found, key=lambda item: (item.created_at, item.version), reverse=True)

    def set_alias(
        self, name: str, alias: str, version: int, *, actor: str, action: str, reason: str
    ) -> AliasEvent:
        """Point the alias at a version; raises NotFoundError."""
        with self._lock:
            self.get(name, version)
            before = self.history(name, alias)
            event = AliasEvent(
                name=name,
                alias=alias,
                version=version,
                previous=before[0].version if before else None,
                time=self.clock.now(),
                actor=actor,
                action=action,
                reason=reason,
            )
            self._events.append(event)
            return event

    def resolve(self, alias: str, name: str | None = None) -> ModelVersion:
        """Return the version an alias points at; raises NotFoundError when it points nowhere."""
        with self._lock:
            events = self.history(name, alias)
            if not events or events[0].version is None:
                raise NotFoundError(
                    f"no model version is {alias!r} yet",
                    remedy="Promote a finished run: datahall models promote RUN",
                )
            return self.get(events[0].name, events[0].version)

    def history(self, name: str | None = None, alias: str | None = None) -> Sequence[AliasEvent]:
        """Return the moves of aliases, newest first."""
        with self._lock:
            return [
                event
                for event in reversed(self._events)
                if name in (None, event.name) and alias in (None, event.alias)
            ]

    def served_at(self, time: float, alias: str, name: str | None = None) -> AliasEvent | None:
        """Return the event that was in force at `time`, or None when nothing served."""
        return version_in_force(self.history(name, alias), time)

    def previous(self, name: str, alias: str) -> int:
        """Return the version to roll back to; raises NotFoundError when there is none."""
        return version_before(self.history(name, alias), name, alias)

    def _find(self, name: str, version: int) -> ModelVersion | None:
        """Return a stored version, or None."""
        return next(
            (item for item in self._versions if (item.name, item.version) == (name, version)), None
        )

    def _aliases(self, version: ModelVersion) -> tuple[str, ...]:
        """Return the aliases that point at a version now."""
        newest = {(event.name, event.alias): event.version for event in self._events}
        here = (version.name, version.version)
        return tuple(sorted(alias for (name, alias), at in newest.items() if (name, at) == here))
