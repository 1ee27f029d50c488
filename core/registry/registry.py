"""The model registry: model versions, and the aliases that point at them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from core.clock import Clock
from core.database import Database
from core.errors import ConflictError, NotFoundError
from core.registry.records import AliasAction, AliasEvent, ModelVersion, SelfTest
from core.scores import Scores
from core.tables import alias_event, model_version

_STORED_FIELDS = ModelVersion.__dataclass_fields__.keys() - {
    "aliases", "scores", "self_test", "valid_scores",
}  # fmt: skip
_EVENT_FIELDS = AliasEvent.__dataclass_fields__.keys() - {"action"}


@dataclass(frozen=True, slots=True)
class ModelRegistry:
    """Stores model versions and alias moves; recorded moves are never changed."""

    database: Database
    clock: Clock

    def next_version(self, name: str) -> int:
        """Return the highest version number of `name` plus 1."""
        query = sa.select(sa.func.max(model_version.c.version)).where(model_version.c.name == name)
        with self.database.read() as connection:
            return int(connection.execute(query).scalar() or 0) + 1

    def register(self, version: ModelVersion) -> ModelVersion:
        """Store a version durably; raises ConflictError when the number is taken."""
        try:
            with self.database.write(durable=True) as connection:
                connection.execute(sa.insert(model_version).values(**version.to_document()))
        except IntegrityError as error:
            raise ConflictError(
                f"{version.name} version {version.version} is registered already",
                remedy="Promote the run again; it gets the next free number",
            ) from error
        return replace(version, aliases=())

    def get(self, name: str, version: int) -> ModelVersion:
        """Return a version; raises NotFoundError."""
        with self.database.read() as connection:
            return _to_version(_version_row(connection, name, version), _read_aliases(connection))

    def list(self) -> Sequence[ModelVersion]:
        """Return all versions, newest first, each with the aliases that point at it."""
        newest = (model_version.c.created_at.desc(), model_version.c.version.desc())
        with self.database.read() as connection:
            rows = connection.execute(sa.select(model_version).order_by(*newest)).mappings().all()
            aliases = _read_aliases(connection)
        return [_to_version(row, aliases) for row in rows]

    def set_alias(
        self, name: str, alias: str, version: int, *, actor: str, action: AliasAction, reason: str
    ) -> AliasEvent:
        """Point the alias at a version, atomically and durably.

        Raises NotFoundError when there is no such version.
        """
        with self.database.write(durable=True) as connection:
            _version_row(connection, name, version)
            newest = connection.execute(_select_events(name, alias).limit(1)).mappings().first()
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
            values = {**asdict(event), "action": str(event.action)}
            connection.execute(sa.insert(alias_event).values(**values))
        return event

    def resolve(self, alias: str, name: str | None = None) -> ModelVersion:
        """Return the version that an alias points at.

        Without a name, the model whose alias moved last is chosen. Raises NotFoundError when no
        version has the alias.
        """
        with self.database.read() as connection:
            newest = connection.execute(_select_events(name, alias).limit(1)).mappings().first()
            if newest is None or newest["version"] is None:
                of_model = f" of model {name}" if name else ""
                raise NotFoundError(
                    f"no version{of_model} has the alias {alias!r}",
                    remedy="Promote a finished run: datahall models promote RUN",
                )
            row = _version_row(connection, newest["name"], newest["version"])
            return _to_version(row, _read_aliases(connection))

    def history(self, name: str | None = None, alias: str | None = None) -> Sequence[AliasEvent]:
        """Return the alias moves, newest first, all or those of one model or alias."""
        with self.database.read() as connection:
            rows = connection.execute(_select_events(name, alias)).mappings().all()
        return [_to_event(row) for row in rows]

    def served_at(self, time: float, alias: str, name: str | None = None) -> AliasEvent | None:
        """Return the alias move in force at `time`; None when no version was deployed.

        That is the move recorded last among those up to `time`; moves are compared in the order
        of recording, so that a clock that was set back does not change the result.
        """
        events = self.history(name, alias)
        newest = next((event for event in events if event.time <= time), None)
        return None if newest is None or newest.version is None else newest

    def previous(self, name: str, alias: str) -> int:
        """Return the version to roll back to; raises NotFoundError when there is none."""
        stack = _version_stack(self.history(name, alias))
        if len(stack) < 2:  # noqa: PLR2004  (the current version and the one before it)
            raise NotFoundError(
                f"{name} has no earlier {alias} version to roll back to",
                remedy="Promote another run: datahall models promote RUN",
            )
        return stack[-2]


def _version_stack(events: Sequence[AliasEvent]) -> Sequence[int]:
    """Replay the moves of one alias, newest first, on a stack; the current version is last.

    A promotion pushes its version; a roll back pops versions until its own is on top. So two roll
    backs in a row undo two promotions instead of alternating between two versions.
    """
    stack: list[int] = []
    for event in reversed(events):
        if event.version is None:
            continue
        if event.action is AliasAction.ROLLBACK and event.version in stack:
            while stack[-1] != event.version:
                stack.pop()
        elif not stack or stack[-1] != event.version:
            stack.append(event.version)
    return stack


def _select_events(name: str | None, alias: str | None) -> sa.Select[tuple[object, ...]]:
    """Return the query for the alias moves, newest first."""
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
            f"{name} has no version {version}", remedy="List the versions: datahall models list"
        )
    return row


def _read_aliases(connection: sa.Connection) -> Mapping[tuple[str, int], tuple[str, ...]]:
    """Return the aliases of each (name, version)."""
    columns = (alias_event.c.name, alias_event.c.alias)
    newest = sa.select(sa.func.max(alias_event.c.sequence)).group_by(*columns)
    query = sa.select(alias_event).where(alias_event.c.sequence.in_(newest))
    found: dict[tuple[str, int], tuple[str, ...]] = {}
    for row in connection.execute(query.order_by(alias_event.c.alias)).mappings():
        key = (row["name"], row["version"])
        found[key] = (*found.get(key, ()), row["alias"])
    return found


def _to_version(
    row: sa.RowMapping, aliases: Mapping[tuple[str, int], tuple[str, ...]]
) -> ModelVersion:
    """Convert a row of `model_version` to its record."""
    values = {name: row[name] for name in _STORED_FIELDS}
    return ModelVersion(
        **values,
        scores=Scores.from_document(row["scores"]),
        valid_scores=Scores.from_validation(row["scores"].get("valid", {})),
        self_test=SelfTest.from_document(row["self_test"]),
        aliases=aliases.get((row["name"], row["version"]), ()),
    )


def _to_event(row: sa.RowMapping) -> AliasEvent:
    """Convert a row of `alias_event` to its record."""
    values = {name: row[name] for name in _EVENT_FIELDS}
    return AliasEvent(**values, action=AliasAction(row["action"]))
