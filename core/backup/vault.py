"""The vault: one repository, what Datahall knows of its snapshots, and their manifests."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from core.backup.engine import BackupEngine, BackupProgress, OnProgress, RepositoryStatus, Snapshot
from core.backup.manifest import Manifest, manifest_digest, parse_manifest, write_manifest
from core.backup.names import stored_name
from core.backup.proof import Proof
from core.backup.snapshots import SnapshotStore
from core.clock import Clock
from core.errors import CorruptError, DatahallError, NotFoundError, UnavailableError
from core.files import PRIVATE_FILE, read_json, write_atomic
from core.locks import held
from core.paths import StatePaths

_LATEST = "latest"
_REMEMBERED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What an operation is doing, and how far it is; `total` is absent when unknown."""

    message: str
    done: float = 0.0
    total: float | None = None
    unit: str = "bytes"
    seconds_left: float | None = None


OnStage = Callable[[Stage], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Vault:
    """What the operations of saving and restoring work on."""

    engine: BackupEngine
    store: SnapshotStore
    paths: StatePaths
    clock: Clock

    @property
    def manifest_name(self) -> str:
        """Stored name of a snapshot's own manifest."""
        return stored_name(self.paths.home, self.paths.staged_manifest)

    def initialise(self) -> str | None:
        """Make the repository where there is none; return its recovery key when one was made.

        The key is kept nowhere: show it, once. A repository that a job had to make without anybody
        looking gets its recovery key at the first call of this. Waits for a backup that runs.
        """
        with self.turn(lambda _: None):
            return self.engine.initialise()

    def snapshots(self) -> Sequence[Snapshot]:
        """Return the known snapshots of this repository, newest first."""
        return self.store.list(self.engine.repository)

    def find(self, name: str) -> Snapshot:
        """Return a snapshot by id, the start of one, or `latest`; raises NotFoundError.

        One that the database does not know (it was lost) is looked for in the repository.
        """
        found = _named(self.snapshots(), name)
        if not found and self.engine.is_initialised():
            self.refresh()
            found = _named(self.snapshots(), name)
        if len(found) == 1:
            return found[0]
        problem = "is the start of several snapshots" if found else "is no snapshot"
        raise NotFoundError(f"{name!r} {problem}", remedy='See "datahall backup list"')

    def refresh(self) -> None:
        """Make the rows agree with the repository: snapshots may be lost, or unknown here."""
        there = {snapshot.id: snapshot for snapshot in self.engine.snapshots()}
        known = {snapshot.id for snapshot in self.snapshots()}
        for snapshot_id in there.keys() - known:
            self.store.record(there[snapshot_id])
        self.store.forget(sorted(known - there.keys()))

    def protecting(self, dataset_digest: str) -> Snapshot | None:
        """Return the newest verified snapshot here that holds the dataset, or None.

        Cheap: no call of the program. A repository folder that was removed protects nothing.
        """
        for snapshot in self.store.holding(dataset_digest):
            is_here = snapshot.repository == self.engine.repository
            if is_here and self.engine.holds(snapshot.id) is not False:
                return snapshot
        return None

    def status(self) -> RepositoryStatus:
        """Say where backups go and whether they can; never raises, `detail` says what is wrong."""
        snapshots = self.snapshots()
        proven = [entry.created_at for entry in snapshots if entry.verified_at is not None]
        drilled = [entry.restored_at for entry in snapshots if entry.restored_at is not None]
        detail: dict[str, str] = {}
        if drilled:
            detail["last_drill_at"] = str(max(drilled))
        program = version = ""
        is_initialised = False
        try:
            program, _, version = self.engine.program.partition(" ")
            is_initialised = self.engine.is_initialised()
            free = self.engine.free_bytes()
            detail |= {"free_bytes": str(free)} if free is not None else {}
            if is_initialised and self.engine.has_recovery_key() is False:
                detail["recovery_key"] = "missing"
        except UnavailableError as error:
            detail |= {"unavailable": error.message, "remedy": error.remedy}
        except DatahallError as error:
            detail |= {"error": error.message, "remedy": error.remedy}
        return RepositoryStatus(
            repository=self.engine.repository,
            program=program,
            version=version,
            is_initialised=is_initialised,
            snapshots=len(snapshots),
            last_success_at=max(proven, default=None),
            detail=detail,
        )

    def forget(self, snapshot_ids: Sequence[str]) -> None:
        """Remove snapshots, what only they held, and their manifests."""
        chosen = [self.find(name).id for name in snapshot_ids]
        with self.turn(lambda _: None):
            self.engine.forget(chosen)
            self.store.forget(chosen)
            for snapshot_id in chosen:
                self.paths.manifest(snapshot_id).unlink(missing_ok=True)
                self.paths.proof(snapshot_id).unlink(missing_ok=True)

    @contextmanager
    def turn(self, on_stage: OnStage) -> Iterator[None]:
        """Wait until no other backup of this home runs, and keep others waiting meanwhile."""
        message = "waiting for another backup"
        with held(self.paths.backup_lock, lambda: on_stage(Stage(message=message))):
            yield

    def keep(self, snapshot: Snapshot, text: str, proof: Proof) -> Snapshot:
        """Record a snapshot with its manifest and what the comparison found."""
        write_manifest(self.paths.manifest(snapshot.id), text)
        self.keep_proof(snapshot.id, proof)
        recorded = replace(
            snapshot,
            manifest_digest=manifest_digest(text),
            verified_at=None if proof.faults else self.clock.now(),
        )
        self.store.record(recorded)
        return recorded

    def keep_proof(self, snapshot_id: str, proof: Proof) -> None:
        """Keep what a comparison found."""
        document = {"at": self.clock.now(), **proof.document()}
        text = json.dumps(document, indent=2) + "\n"  # ASCII: names need not be UTF-8
        write_atomic(self.paths.proof(snapshot_id), text, mode=PRIVATE_FILE)

    def changed_in(self, snapshot_id: str) -> tuple[str, ...]:
        """Return the files that changed while the snapshot read them, as far as it is known."""
        try:
            return tuple(read_json(self.paths.proof(snapshot_id))["changed"])
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return ()

    def manifest_of(self, snapshot: Snapshot) -> Manifest:
        """Return the snapshot's manifest: the kept one, or the one inside the snapshot.

        Raises NotFoundError when there is none and CorruptError when it was tampered with.
        """
        path = self.paths.manifest(snapshot.id)
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        if not self._is_genuine(snapshot, text):
            text = self._fetch_manifest(snapshot)
            if not self._is_genuine(snapshot, text):
                raise CorruptError(
                    f"the manifest in snapshot {snapshot.id[:8]} is not the one kept"
                )
            write_manifest(path, text)
        return parse_manifest(text, f"snapshot {snapshot.id[:8]}")

    def newest_manifests(self) -> Iterator[Manifest]:
        """Yield the kept manifests of the newest snapshots; damaged ones are passed over."""
        for snapshot in islice(self.snapshots(), _REMEMBERED):
            try:
                text = self.paths.manifest(snapshot.id).read_text(encoding="utf-8")
                if self._is_genuine(snapshot, text):
                    yield parse_manifest(text, snapshot.id)
            except (OSError, ValueError, CorruptError):
                continue

    def _is_genuine(self, snapshot: Snapshot, text: str) -> bool:
        """Whether `text` is the manifest that the snapshot was recorded with."""
        if not text:
            return False
        return snapshot.manifest_digest in ("", manifest_digest(text))

    def _fetch_manifest(self, snapshot: Snapshot) -> str:
        """Return the text of the manifest inside the snapshot."""
        with TemporaryDirectory(prefix=".tmp-manifest-", dir=self.paths.home) as scratch:
            target = Path(scratch) / "restored"
            try:
                self.engine.restore(snapshot.id, target, self.manifest_name)
            except NotFoundError as error:
                raise NotFoundError(
                    f"snapshot {snapshot.id[:8]} holds no manifest to compare with",
                    remedy="It was not made by Datahall; restore it with: restic restore",
                ) from error
            return (target / self.manifest_name).read_text(encoding="utf-8")


def stages(message: str, on_stage: OnStage) -> OnProgress:
    """Return a listener that tells an engine's progress as stages called `message`."""

    def tell(progress: BackupProgress) -> None:
        on_stage(
            Stage(
                message=message,
                done=progress.bytes_done,
                total=progress.bytes_total or None,
                seconds_left=progress.seconds_left,
            )
        )

    return tell


def _named(snapshots: Sequence[Snapshot], name: str) -> Sequence[Snapshot]:
    """Return the snapshots that `name` may mean."""
    if name == _LATEST:
        return snapshots[:1]
    return [entry for entry in snapshots if name and entry.id.startswith(name)]
