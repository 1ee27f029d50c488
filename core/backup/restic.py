"""Snapshots by restic: the engine that Datahall works with."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from core.backup import arguments, messages
from core.backup.client import ResticClient
from core.backup.contents import Contents, ContentsReader, RestoreMeter
from core.backup.engine import CheckReport, OnProgress, Snapshot
from core.backup.failures import (
    BackupError,
    NoRepositoryError,
    explain,
    explain_gaps,
    explain_restore,
    missing_sources,
)
from core.backup.messages import StoredSnapshot
from core.backup.names import (
    check_snapshot_id,
    check_tags,
    chosen_name,
    is_below,
    legible,
    make_target,
    require_empty,
    stored_name,
)
from core.backup.program import OnLine, OnTick, Outcome
from core.errors import CorruptError, InputError, NotFoundError

_INCOMPLETE = 3


@dataclass(slots=True)
class ResticEngine:
    """A BackupEngine on one restic repository; see there.

    What a snapshot holds never changes, so it is read once.
    """

    client: ResticClient
    _known: dict[str, Contents] = field(default_factory=dict, init=False)

    @property
    def repository(self) -> str:
        """Where snapshots go, without secrets."""
        return self.client.place.name

    @property
    def program(self) -> str:
        """`restic` and its version; raises UnavailableError."""
        return f"restic {self.client.restic.version_text}"

    def is_initialised(self) -> bool:
        """Whether the repository is there: one look at a folder, one call for a server."""
        folder = self.client.place.folder
        if folder is not None:
            return (folder / "config").exists()
        try:
            self.client.call(arguments.contact(self.client.restic))
        except NoRepositoryError:
            return False
        return True

    def free_bytes(self) -> int | None:
        """Return what the repository's device has left, None when it is elsewhere."""
        return self.client.place.free_bytes()

    def holds(self, snapshot_id: str) -> bool | None:
        """Whether the snapshot's file is in the repository's folder; None for a server."""
        folder = self.client.place.folder
        if folder is None:
            return None
        return (folder / "snapshots" / check_snapshot_id(snapshot_id)).exists()

    def initialise(self, *, recovery: bool = True) -> str | None:
        """Create key file and repository where missing; return a recovery key if one was made."""
        if self.client.place.folder is None:
            # A server is asked with the key whether it has a repository.
            self.client.place.make_key_file()
        if not self.is_initialised():
            self.client.place.make_key_file()
            outcome = self.client.once(arguments.init(self.client.restic))
            if outcome.exit_code != 0 and not self.is_initialised():
                raise explain(outcome, self.repository)
        if not recovery or self._opens_with_recovery_key():
            return None
        return self.client.add_recovery_key()

    def has_recovery_key(self) -> bool | None:
        """Whether the repository's folder holds a second key; None for a server."""
        folder = self.client.place.folder
        return None if folder is None else len(list((folder / "keys").glob("*"))) > 1

    def _opens_with_recovery_key(self) -> bool:
        """Whether one of the keys is a recovery key."""
        outcome = self.client.call(arguments.keys(self.client.restic))
        users = [key.get("userName") for key in json.loads("\n".join(outcome.stdout))]
        return arguments.RECOVERY_USER in users

    def backup(
        self, paths: Sequence[Path], tags: Sequence[str], on_progress: OnProgress | None = None
    ) -> Snapshot:
        """Store the paths as one snapshot; see BackupEngine."""
        root = self.client.place.root
        names = [stored_name(root, path) for path in paths]
        if not names:
            raise InputError("there is nothing to back up")
        check_tags(tags)
        if missing := [name for name in names if not os.path.lexists(root / name)]:
            raise missing_sources(missing)
        summary: dict[str, object] = {}

        def hear(line: str) -> None:
            found = messages.document(line)
            if found is None:
                return
            if messages.kind(found) == "status" and on_progress is not None:
                on_progress(messages.backup_progress(found))
            elif messages.kind(found) == "summary":
                summary.update(found)

        outcome = self.client.run(
            # restic asks the kernel where it is, so links in the root's path are gone by then.
            arguments.backup(self.client.restic, root.resolve(), names, tags),
            on_line=hear,
            folder=root,
        )
        return self._taken(outcome, summary)

    def snapshots(self) -> Sequence[Snapshot]:
        """Return the snapshots in the repository, newest first."""
        found = [self._described(stored) for stored in self._stored()]
        return sorted(found, key=lambda entry: (entry.created_at, entry.id), reverse=True)

    def listing(self, snapshot_id: str) -> Mapping[str, int]:
        """Return stored name -> bytes of every file in a snapshot."""
        return self._contents(snapshot_id).listing

    def restore(
        self,
        snapshot_id: str,
        target: Path,
        only: str | None = None,
        on_progress: OnProgress | None = None,
    ) -> None:
        """Write the snapshot's files below `target`; see BackupEngine."""
        require_empty(target)
        top = chosen_name(only) if only else ""
        sizes = {
            name: size
            for name, size in self.listing(snapshot_id).items()
            if not top or is_below(name, legible(top))
        }
        if top and not sizes:
            raise NotFoundError(f"snapshot {snapshot_id[:8]} holds no {top!r}")
        make_target(target)
        listener, ticker = self._meters(target, sizes, on_progress)
        argv = arguments.restore(self.client.restic, snapshot_id, target, top)
        outcome = self.client.run(argv, on_line=listener, on_tick=ticker)
        if outcome.exit_code != 0:
            raise explain_restore(outcome, self.repository)

    def check(self, *, read_data: bool) -> CheckReport:
        """Check the repository; damage is reported, anything else that fails is raised."""
        argv = arguments.check(self.client.restic, read_data=read_data)
        outcome = self.client.run(argv, uses_cache=False)
        if outcome.exit_code == 0:
            return CheckReport(problems=(), read_data=read_data)
        error = explain(outcome, self.repository)
        if not isinstance(error, CorruptError):
            raise error
        found = messages.problems((*outcome.stderr, *outcome.stdout))
        return CheckReport(problems=found or (error.message,), read_data=read_data)

    def forget(self, snapshot_ids: Sequence[str]) -> None:
        """Remove snapshots and what only they held; unknown ones are refused before any goes."""
        if not snapshot_ids:
            return
        known = {stored.id for stored in self._stored()}
        for snapshot_id in snapshot_ids:
            if snapshot_id not in known:  # restic would pass over it and end with 0
                raise NotFoundError(f"no snapshot {snapshot_id} in {self.repository}")
        self.client.call(arguments.forget(self.client.restic, snapshot_ids))
        for snapshot_id in snapshot_ids:
            self._known.pop(snapshot_id, None)

    def _taken(self, outcome: Outcome, summary: Mapping[str, object]) -> Snapshot:
        """Return the snapshot that a backup made; raises when it failed or left anything out."""
        if outcome.exit_code not in (0, _INCOMPLETE):
            error = explain(outcome, self.repository)
            is_known = type(error) is not BackupError
            raise error if is_known else explain_gaps(outcome) or error
        named = summary.get("snapshot_id")
        snapshot = None
        if named:
            contents = self._contents(str(named))
            snapshot = contents.snapshot(self.repository, messages.added_bytes(summary))
        if gaps := explain_gaps(outcome, snapshot):
            raise gaps
        if snapshot is None:
            raise BackupError("restic ended without naming a snapshot")
        return snapshot

    def _stored(self) -> Sequence[StoredSnapshot]:
        """Return the snapshots as the repository describes them."""
        outcome = self.client.call(arguments.snapshots(self.client.restic))
        found = json.loads("\n".join(outcome.stdout)) or []  # no snapshots: `null` in some versions
        return [messages.stored_snapshot(entry) for entry in found]

    def _described(self, stored: StoredSnapshot) -> Snapshot:
        """Return a snapshot with its sizes; restic before 0.17 did not keep them, so count."""
        if stored.files is None or stored.bytes is None:
            return self._contents(stored.id).snapshot(self.repository, 0)
        return Snapshot(
            id=stored.id,
            created_at=stored.created_at,
            repository=self.repository,
            paths=stored.paths,
            tags=stored.tags,
            files=stored.files,
            bytes=stored.bytes,
            added_bytes=stored.added_bytes or 0,
        )

    def _contents(self, snapshot_id: str) -> Contents:
        """Return what a snapshot holds."""
        check_snapshot_id(snapshot_id)
        if snapshot_id not in self._known:
            reader = ContentsReader()
            self.client.call(
                arguments.contents(self.client.restic, snapshot_id), on_line=reader.hear
            )
            contents = reader.contents()
            self._known[contents.stored.id] = self._known[snapshot_id] = contents
        return self._known[snapshot_id]

    def _meters(
        self, target: Path, sizes: Mapping[str, int], on_progress: OnProgress | None
    ) -> tuple[OnLine | None, OnTick | None]:
        """Return who listens to a restore: to restic's own progress, or to the bytes on disk."""
        if on_progress is None:
            return None, None
        if not self.client.restic.tells_restore:
            meter = RestoreMeter(
                target=target,
                bytes_total=sum(sizes.values()),
                files_total=len(sizes),
                clock=self.client.runner.clock,
                tell=on_progress,
            )
            return None, meter.tick

        def hear(line: str) -> None:
            found = messages.document(line)
            if found is not None and messages.kind(found) in ("status", "summary"):
                on_progress(messages.restore_progress(found))

        return hear, None
