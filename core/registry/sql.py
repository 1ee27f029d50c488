"""The model registry in the database."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from core.clock import Clock
from core.database import Database
from core.errors import ConflictError, NotFoundError
from core.registry.history import version_before, version_in_force
from core.registry.records import AliasEvent, ModelVersion
from core.tables import alias_event, model_version

_VERSION_FIELDS = [name for name in ModelVersion.__dataclass_fields__ if name != "aliases"]
_EVENT_FIELDS = list(AliasEvent.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class SqlModelRegistry:
    """Versions and alias moves as rows; alias moves are only ever appended."""

    database: Database
    clock: Clock

    def next_version(self, name: str) -> int:
        """Return the number that the next version of `name` will get."""
        query = sa.select(sa.func.max(model_version.c.version)).where(model_version.c.name == name)
        with self.database.read() as connection:
            return int(connection.execute(query).scalar() or 0) + 1

    def register(self, version: ModelVersion) -> ModelVersion:
        """Store a version; raises ConflictError when the number is taken."""
        row = {name: value for name, value in asdict(version).items() if name in _VERSION_FIELDS}
        try:
            with self.database.write(durable=True) as connection:
                connection.execute(sa.insert(model_version).values(**row))
        except IntegrityError as error:
            raise ConflictError(
                f"{version.name} version {version.version} is registered already",
                remedy="Promote again: the next number will be taken",
            ) from error
        return replace(version, aliases=())

    def get(self, name: str, version: int) -> ModelVersion:
        """Return a version; raises NotFoundError."""
        with self.database.read() as connection:
            return _version(_version_row(connection, name, version), _aliases(connection))

    def list(self) -> Sequence[ModelVersion]:
        """Return all versions, newest first, each with the aliases that point at it."""
        newest = (model_version.c.created_at.desc(), model_version.c.version.desc())
        with self.database.read() as connection:
            rows = connection.execute(sa.select(model_version).order_by(*newest)).mappings().all()
            aliases = _aliases(connection)
        return [_version(row, aliases) for row in rows]

    def set_alias(
        self, name: str, alias: str, version: int, *, actor: str, action: str, reason: str
    ) -> AliasEvent:
        """Point the alias at a version, durably; raises NotFoundError."""
        with self.database.write(durable=True) as connection:
            self.database.lock(connection, "alias")
            _version_row(connection, name, version)
            newest = connection.execute(_events(name, alias).limit(1)).mappings().first()
            event = AliasEvent(
                name=name,
                alias=alias,
                version=version,
                previous=newest["version"] if newest else None,
                time=self.clock.now(),
                actor=actor,
                action=action,
                reason=reason,
            )
            connection.execute(sa.insert(alias_event).values(**asdict(event)))
        return event

    def resolve(self, alias: str, name: str | None = None) -> ModelVersion:
        """Return the version an alias points at; raises NotFoundError when it points nowhere."""
        with self.database.read() as connection:
            newest = connection.execute(_events(name, alias).limit(1)).mappings().first()
            if newest is None or newest["version"] is None:
                whose = f"{alias!r} of {name}" if name else repr(alias)
                raise NotFoundError(
                    f"no model version is {whose} yet",
                    remedy="Promote a finished run: datahall models promote RUN",
                )
            row = _version_row(connection, newest["name"], newest["version"])
            return _version(row, _aliases(connection))

    def history(self, name: str | None = None, alias: str | None = None) -> Sequence[AliasEvent]:
        """Return the moves of aliases, newest first."""
        with self.database.read() as connection:
            rows = connection.execute(_events(name, alias)).mappings().all()
        return [AliasEvent(**{field: row[field] for field in _EVENT_FIELDS}) for row in rows]

    def served_at(self, time: float, alias: str, name: str | None = None) -> AliasEvent | None:
        """Return the event that was in force at `time`, or None when nothing served."""
        return version_in_force(self.history(name, alias), time)

    def previous(self, name: str, alias: str) -> int:
        """Return the version to roll back to; raises NotFoundError when there is none."""
        return version_before(self.history(name, alias), name, alias)


def _events(name: str | None, alias: str | None) -> sa.Select[Any]:
    """Return the query for alias moves, newest first."""
    query = sa.select(alias_event).order_by(alias_event.c.sequence.desc())
    if name is not None:
        query = query.where(alias_event.c.name == name)
    return query if alias is None else query.where(alias_event.c.alias == alias)


def _version_row(connection: sa.Connection, name: str, version: int) -> sa.RowMapping:
    """Return the row of a version; raises NotFoundError."""
    query = sa.select(model_version).where(
        model_version.c.name == name, model_version.c.version == version
    )
    row = connection.execute(query).mappings().first()
    if row is None:
        raise NotFoundError(
            f"there is no version {version} of {name}", remedy="See: datahall models list"
        )
    return row


def _aliases(connection: sa.Connection) -> Mapping[tuple[str, int], tuple[str, ...]]:
    """Return which aliases point at which (name, version) now."""
    columns = (alias_event.c.name, alias_event.c.alias)
    newest = sa.select(sa.func.max(alias_event.c.sequence)).group_by(*columns)
    query = sa.select(alias_event).where(alias_event.c.sequence.in_(newest))
    found: dict[tuple[str, int], tuple[str, ...]] = {}
    for row in connection.execute(query.order_by(alias_event.c.alias)).mappings():
        key = (row["name"], row["version"])
        found[key] = (*found.get(key, ()), row["alias"])
    return found


def _version(
    row: sa.RowMapping, aliases: Mapping[tuple[str, int], tuple[str, ...]]
) -> ModelVersion:
    """Return the record of a row."""
    values = {name: row[name] for name in _VERSION_FIELDS}
    return ModelVersion(**values, aliases=aliases.get((row["name"], row["version"]), ()))
