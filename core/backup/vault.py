"""The vault of a home folder: one repository, the rows about its snapshots, their manifests.

The repository is authoritative. The rows are a cache that is refreshed from it whenever they are
read; they add the proofs, and the records of snapshots that no longer exist.
"""

import contextlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from core.backup.errors import MissingRepositoryError, NoRepositoryError, missing_repository
from core.backup.manifest import (
    Manifest,
    manifest_digest,
    parse_manifest,
    stored_name,
    write_manifest,
)
from core.backup.proof import Proof, protected_datasets
from core.backup.records import (
    BackupProgress,
    OnProgress,
    RepositoryState,
    RepositoryStatus,
    Snapshot,
    SnapshotState,
)
from core.backup.repository import Repository, open_repository
from core.backup.snapshots import SnapshotStore
from core.clock import Clock
from core.database import Database
from core.errors import CorruptError, DatahallError, NotFoundError, UnavailableError
from core.files import PRIVATE_FILE, read_json, write_atomic
from core.locks import held, is_locked
from core.paths import StatePaths
from core.process.progress import Progress
from core.settings import Settings

_LATEST = "latest"
_NUM_MANIFESTS = 5
_SERVER_LISTING_S = 600.0  # a repository on a server is listed at most this often
_RETRY_S = 60.0  # after a listing failed
_LIST = "List the snapshots: datahall backup list"


@dataclass(slots=True)
class _Retry:
    """The monotonic time from which a failed listing may be repeated."""

    at: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Vault:
    """The repository, rows and manifests that backups, restores and verifications use."""

    repository: Repository
    store: SnapshotStore
    paths: StatePaths
    clock: Clock
    _retry: _Retry = field(default_factory=_Retry, repr=False, compare=False)

    @property
    def manifest_name(self) -> str:
        """Stored name of a snapshot's own manifest."""
        return stored_name(self.paths.home, self.paths.staged_manifest)

    def snapshots(self) -> Sequence[Snapshot]:
        """Return the known snapshots of this repository, newest first.

        The rows are updated first if possible; snapshots that are missing are marked. During a
        backup, which records its snapshot itself, the rows are not updated.
        """
        self._refresh_quietly()
        rows = self.store.list(self.repository.key)
        present = self._present_now()
        return [replace(row, is_present=present is None or row.id in present) for row in rows]

    def refresh(self) -> None:
        """Update the rows from the repository; restic is called only if they differ.

        New snapshots get a row, with the proof that the home folder keeps of them. Rows of a home
        that was copied or moved get the new location. The row of a missing snapshot is kept if the
        snapshot was ever compared with its manifest.
        """
        try:
            self._refresh()
        except DatahallError as error:
            self._retry.at = self.clock.monotonic() + _RETRY_S
            if isinstance(error, NoRepositoryError) and self._was_used():
                raise missing_repository(self.repository.name) from error
            raise

    def find(self, name: str, *, or_missing: bool = False) -> Snapshot:
        """Return a snapshot by id, the start of one, or `latest`; raises NotFoundError.

        One that is missing from the repository is returned only with `or_missing`. Raises
        MissingRepositoryError when there is no repository any more.
        """
        found = _named(self.snapshots(), name)
        is_present = any(entry.is_present for entry in found)
        if not is_present and (self.repository.exists() or self._was_used()):
            self.refresh()
            found = _named(self.snapshots(), name)
        if len(found) > 1:
            raise NotFoundError(f"several snapshots begin with {name!r}", remedy=_LIST)
        if not found:
            raise NotFoundError(f"there is no snapshot {name!r}", remedy=_LIST)
        if not found[0].is_present and not or_missing:
            raise NotFoundError(
                f"snapshot {found[0].id[:8]} is missing from {self.repository.name}", remedy=_LIST
            )
        return found[0]

    def protecting(self, dataset_digest: str) -> Snapshot | None:
        """Return the newest verified snapshot that holds the dataset; None when there is none."""
        return self.protections([dataset_digest]).get(dataset_digest)

    def protections(self, dataset_digests: Collection[str]) -> Mapping[str, Snapshot]:
        """Return the newest verified snapshot of each dataset that one holds, by digest.

        The rows are updated at most once, and only when a dataset seems unprotected.
        """
        found = self._protections(dataset_digests)
        if len(found) < len(set(dataset_digests)):
            self._refresh_quietly()
            found = self._protections(dataset_digests)
        return found

    def status(self) -> RepositoryStatus:
        """Return the status of the repository; never raises."""
        snapshots = self.snapshots()
        proven = [item.created_at for item in snapshots if item.state is SnapshotState.VERIFIED]
        found = RepositoryStatus(
            repository=self.repository.name,
            state=RepositoryState.READY,
            snapshots=sum(entry.is_present for entry in snapshots),
            missing=tuple(entry.id for entry in snapshots if not entry.is_present),
            last_success_at=max(proven, default=None),
            last_drill_at=max(
                (snapshot.restored_at for snapshot in snapshots if snapshot.restored_at),
                default=None,
            ),
        )
        try:
            found = replace(found, version=self.repository.version)
            is_present = self.repository.exists()
            if not is_present and self._was_used():
                raise missing_repository(self.repository.name)
            found = replace(found, free_bytes=self.repository.location.free_bytes())
            if not is_present:
                return replace(found, state=RepositoryState.NEW, has_recovery_key=False)
            self.refresh()
            return replace(found, has_recovery_key=self.repository.has_recovery_key())
        except DatahallError as error:
            return replace(
                found, state=_failed_state(error), problem=error.message, remedy=error.remedy
            )

    def require_repository(self, progress: Progress, *, new: bool = False) -> None:
        """Create the repository where none has been; raises MissingRepositoryError if one was.

        `new` creates it in any case, and removes the rows of the snapshots that are lost with the
        old one. The caller holds the lock, see `hold_lock`.
        """
        if self.repository.exists():
            self.repository.location.record_repository()
            return
        if self._was_used() and not new:
            raise missing_repository(self.repository.name)
        progress.begin("creating the repository")
        self.repository.create()
        self.store.remove([entry.id for entry in self.store.list(self.repository.key)])

    def create_recovery_key(self) -> str | None:
        """Create and return a recovery key, which is not stored; None when one exists.

        Creates the repository where none has been. Waits for a running backup.
        """
        progress = Progress()
        with self.hold_lock(progress):
            self.require_repository(progress)
            return self.repository.add_recovery_key()

    def forget(self, snapshot_ids: Sequence[str]) -> None:
        """Remove snapshots, the data that only they used, their rows and manifests.

        Ids of missing snapshots are accepted: their rows and manifests are removed.
        """
        known = {entry.id: entry for entry in self.snapshots()}
        with self.hold_lock(Progress()):
            self.repository.forget(
                [key for key in snapshot_ids if key not in known or known[key].is_present]
            )
            self.store.remove(snapshot_ids)
            for snapshot_id in snapshot_ids:
                self.paths.manifest(snapshot_id).unlink(missing_ok=True)
                self.paths.proof(snapshot_id).unlink(missing_ok=True)

    @contextmanager
    def hold_lock(self, progress: Progress) -> Iterator[None]:
        """Hold the backup lock of this home; waits while another backup holds it."""
        if is_locked(self.paths.backup_lock):
            progress.begin("waiting for another backup")
        with held(self.paths.backup_lock):
            yield

    def record(self, snapshot: Snapshot, text: str, proof: Proof) -> Snapshot:
        """Record a snapshot with its manifest and the result of the comparison."""
        write_manifest(self.paths.manifest(snapshot.id), text)
        self._write_proof(snapshot.id, {"at": self.clock.now(), **proof.document()})
        recorded = replace(
            snapshot,
            manifest_digest=manifest_digest(text),
            verified_at=None if proof.faults else self.clock.now(),
        )
        self.store.record(recorded)
        return recorded

    def revoke(self, snapshot_id: str) -> None:
        """Revoke a snapshot's proof: it protects nothing until it is verified again."""
        self.store.revoke(snapshot_id)
        if proof := self._read_proof(snapshot_id):
            self._write_proof(snapshot_id, {**proof, "is_revoked": True})

    def mark_verified(self, snapshot_id: str, *, is_restored: bool = False) -> None:
        """Record that a snapshot equals its manifest, or that all of it was restored."""
        mark = self.store.mark_restored if is_restored else self.store.mark_verified
        mark(snapshot_id, self.clock.now())
        if proof := self._read_proof(snapshot_id):
            self._write_proof(snapshot_id, {**proof, "at": self.clock.now(), "is_revoked": False})

    def changed_in(self, snapshot_id: str) -> tuple[str, ...]:
        """Return the files that changed while they were backed up; empty when that is unknown."""
        changed = self._read_proof(snapshot_id).get("changed")
        return tuple(changed) if isinstance(changed, list) else ()

    def manifest_of(self, snapshot: Snapshot) -> Manifest:
        """Return the snapshot's manifest: the kept one, or the one inside the snapshot.

        Raises NotFoundError when there is none, CorruptError when it is not the recorded one.
        """
        path = self.paths.manifest(snapshot.id)
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        if not _is_genuine(snapshot, text):
            text = self._fetch_manifest(snapshot)
            if not _is_genuine(snapshot, text):
                raise CorruptError(
                    f"the manifest in snapshot {snapshot.id[:8]} differs from the recorded one",
                    remedy="Make a new backup: datahall backup run",
                )
            write_manifest(path, text)
        return parse_manifest(text, f"snapshot {snapshot.id[:8]}")

    def newest_manifests(self) -> Iterator[Manifest]:
        """Yield the kept manifests of the newest snapshots; damaged ones are skipped."""
        for snapshot in islice(self.snapshots(), _NUM_MANIFESTS):
            try:
                text = self.paths.manifest(snapshot.id).read_text(encoding="utf-8")
                if _is_genuine(snapshot, text):
                    yield parse_manifest(text, snapshot.id)
            except (OSError, ValueError, CorruptError):
                continue

    def _refresh_quietly(self) -> None:
        """Update the rows unless that failed recently; `status` names the failure."""
        is_due = self.clock.monotonic() >= self._retry.at
        if is_due and not is_locked(self.paths.backup_lock):
            with contextlib.suppress(DatahallError):
                self.refresh()

    def _protections(self, dataset_digests: Collection[str]) -> Mapping[str, Snapshot]:
        """Return the newest verified snapshot in the repository by dataset digest, from the rows.

        The repository is listed after the rows were read, see `_present_now`.
        """
        holding = self.store.holding(dataset_digests, self.repository.key)
        present = self._present_now()
        newest = {
            digest: next((key for key in ids if present is None or key in present), "")
            for digest, ids in holding.items()
        }
        snapshots = {snapshot.id: snapshot for snapshot in self.store.find(set(newest.values()))}
        return {digest: snapshots[key] for digest, key in newest.items() if key in snapshots}

    def _refresh(self) -> None:
        here = self.repository.key
        earlier = self.store.list(self.repository.name)  # rows of versions that stored the path
        self._relocate(row.id for row in earlier if row.repository != here)
        rows = {row.id: row for row in self.store.list()}  # before the listing: see `_present_now`
        present = self._listed()
        self._relocate(key for key in present & rows.keys() if rows[key].repository != here)
        if unknown := present - rows.keys():
            found = self.repository.snapshots(known=present - unknown)
            self.store.adopt(found)
            for snapshot in found:
                self._adopt_proof(snapshot)
        unproven = [
            row.id
            for row in rows.values()
            if row.repository == here and row.id not in present
            if row.verified_at is None and not row.manifest_digest
        ]
        if unproven:
            self.store.remove(unproven)

    def _relocate(self, snapshot_ids: Iterable[str]) -> None:
        """Record that these snapshots are in this repository."""
        if moved := list(snapshot_ids):
            self.store.relocate(moved, self.repository.key)

    def _listed(self) -> frozenset[str]:
        """Return the ids in the repository; a server is queried at most every 10 minutes."""
        present = self.repository.present_ids()
        if present is not None:
            return present
        kept = self._kept_listing(_SERVER_LISTING_S)
        if kept is not None:
            return kept
        present = self.repository.ids()
        document = {
            "repository": self.repository.name,
            "at": self.clock.now(),
            "ids": sorted(present),
        }
        write_atomic(self.paths.snapshot_listing, json.dumps(document) + "\n", mode=PRIVATE_FILE)
        return present

    def _present_now(self) -> frozenset[str] | None:
        """Return the ids in the repository without a call of restic; None when unknown.

        Read after the rows: a snapshot is in the repository before it gets its row.
        """
        try:
            present = self.repository.present_ids()
        except DatahallError:
            return frozenset()
        return self._kept_listing(None) if present is None else present

    def _kept_listing(self, max_age_s: float | None) -> frozenset[str] | None:
        """Return the last listing of a server; None when there is none, or it is too old."""
        try:
            document = read_json(self.paths.snapshot_listing)
            age_s = self.clock.now() - float(document["at"])
            is_usable = document["repository"] == self.repository.name
            if not is_usable or (max_age_s is not None and not 0 <= age_s < max_age_s):
                return None
            return frozenset(str(key) for key in document["ids"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _was_used(self) -> bool:
        """Whether the location held a repository before."""
        is_recorded = self.repository.location.has_held_repository()
        names = (self.repository.key, self.repository.name)  # as for `earlier` in `_refresh`
        return is_recorded or any(self.store.list(name) for name in names)

    def _adopt_proof(self, snapshot: Snapshot) -> None:
        """Give a snapshot whose row was lost the proof that the home folder keeps of it."""
        proof = self._read_proof(snapshot.id)
        faults = [proof.get(name) for name in ("missing", "different", "unexpected")]
        if not proof or proof.get("is_revoked") or any(faults):
            return
        try:
            text = self.paths.manifest(snapshot.id).read_text(encoding="utf-8")
            manifest = parse_manifest(text, snapshot.id)
        except (OSError, ValueError, CorruptError):
            return
        verified_at = float(str(proof.get("at", self.clock.now())))
        self.store.record(
            replace(snapshot, manifest_digest=manifest_digest(text), verified_at=verified_at)
        )
        self.store.protect(snapshot.id, protected_datasets(manifest, self.changed_in(snapshot.id)))

    def _read_proof(self, snapshot_id: str) -> dict[str, object]:
        """Return the kept proof of a snapshot; empty when there is none."""
        try:
            return read_json(self.paths.proof(snapshot_id))
        except (OSError, ValueError):
            return {}

    def _write_proof(self, snapshot_id: str, document: dict[str, object]) -> None:
        text = json.dumps(document, indent=2) + "\n"  # ASCII: names need not be UTF-8
        write_atomic(self.paths.proof(snapshot_id), text, mode=PRIVATE_FILE)

    def _fetch_manifest(self, snapshot: Snapshot) -> str:
        """Return the text of the manifest inside the snapshot."""
        with TemporaryDirectory(prefix=".tmp-manifest-", dir=self.paths.home) as scratch:
            target = Path(scratch) / "restored"
            try:
                self.repository.restore(snapshot.id, target, self.manifest_name)
            except NotFoundError as error:
                raise NotFoundError(
                    f"snapshot {snapshot.id[:8]} contains no manifest to compare with: it was not "
                    "made by Datahall",
                    remedy=_LIST,
                ) from error
            return (target / self.manifest_name).read_text(encoding="utf-8")


def open_vault(settings: Settings, database: Database, clock: Clock) -> Vault:
    """Return the vault of the settings' home folder; nothing is started yet."""
    return Vault(
        repository=open_repository(settings),
        store=SnapshotStore(database),
        paths=settings.paths,
        clock=clock,
    )


def reporting(progress: Progress) -> OnProgress:
    """Return a listener that reports restic's progress as the current stage's."""

    def report(step: BackupProgress) -> None:
        total = step.bytes_total or None
        progress.update(step.bytes_done, total=total, eta_s=step.seconds_left)

    return report


def _named(snapshots: Sequence[Snapshot], name: str) -> Sequence[Snapshot]:
    """Return the snapshots that `name` may refer to."""
    if name == _LATEST:
        return [entry for entry in snapshots if entry.is_present][:1]
    return [entry for entry in snapshots if name and entry.id.startswith(name)]


def _is_genuine(snapshot: Snapshot, text: str) -> bool:
    """Whether `text` is the manifest that the snapshot was recorded with."""
    if not text:
        return False
    return snapshot.manifest_digest in ("", manifest_digest(text))


def _failed_state(error: DatahallError) -> RepositoryState:
    """Return the state of a repository that answers with this error."""
    if isinstance(error, UnavailableError):
        return RepositoryState.UNAVAILABLE
    if isinstance(error, MissingRepositoryError):
        return RepositoryState.MISSING
    return RepositoryState.FAILED
