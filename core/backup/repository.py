"""One restic repository: encrypted, deduplicated snapshots of files below a root folder.

Stored names are relative to the root, with `/` between parts, so that they stay valid when the
home folder moves. Every method raises a DatahallError with cause and remedy: UnavailableError when
restic is not installed, CorruptError when stored bytes are wrong, InputError for bad input, and the
errors of core.backup.errors.
"""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from core.backup import output, restic
from core.backup.errors import (
    BackupError,
    NoRepositoryError,
    missing_sources,
)
from core.backup.install import obtain_restic
from core.backup.manifest import is_below, parse_stored_name, replace_invalid_utf8, stored_name
from core.backup.output import Contents, ContentsReader, StoredSnapshot
from core.backup.program import OnLine, OnTick, Outcome, WatchedRunner
from core.backup.records import (
    BackupProgress,
    CheckReport,
    OnProgress,
    RepositoryLock,
    Snapshot,
)
from core.backup.restic import Location, ResticClient
from core.clock import Clock
from core.errors import ConflictError, CorruptError, InputError, NotFoundError
from core.settings import Settings

_INCOMPLETE = 3
_DISK_BLOCK_BYTES = 512
_MIN_PAUSE_S = 1.0
_PAUSE_FACTOR = 10
_ID_LETTERS = frozenset("0123456789abcdef")
_MIN_ID_LETTERS = 4
_MAX_ID_LETTERS = 64
_LIST_REMEDY = "List the snapshots: datahall backup list"


@dataclass(slots=True)
class Repository:
    """The repository that `client` runs restic on.

    The contents of a snapshot never change, so each listing is read once.
    """

    client: ResticClient
    _contents: dict[str, Contents] = field(default_factory=dict, init=False)

    @property
    def name(self) -> str:
        """The location of the repository, without secrets; never raises."""
        return self.client.location.name

    @property
    def key(self) -> str:
        """The location of the repository, as recorded with each snapshot."""
        return self.client.location.key

    @property
    def location(self) -> Location:
        """Address, key file and folders of the repository."""
        return self.client.location

    @property
    def version(self) -> str:
        """The version of restic."""
        return self.client.restic.version_text

    def exists(self) -> bool:
        """Whether the repository exists: one file check for a folder, one call for a server."""
        folder = self.location.folder
        if folder is not None:
            return (folder / "config").exists()
        try:
            self.client.call(restic.config_argv(self.client.restic))
        except NoRepositoryError:
            return False
        return True

    def present_ids(self) -> frozenset[str] | None:
        """Return the ids of all snapshots without calling restic; None when it is on a server.

        Raises NoRepositoryError when the folder holds no repository.
        """
        folder = self.location.folder
        if folder is None:
            return None
        if not self.exists():
            raise self.location.absent()
        return frozenset(name for name in _names_in(folder / "snapshots") if _is_full_id(name))

    def has_recovery_key(self) -> bool | None:
        """Whether the repository's folder holds a second key.

        None when that is unknown: the repository is on a server, or its folder is missing.
        """
        folder = self.location.folder
        if folder is None or (self.location.has_held_repository() and not folder.exists()):
            return None
        return len(_names_in(folder / "keys")) > 1

    def create(self) -> None:
        """Create the repository and its key file where they are missing."""
        if self.location.folder is None:
            self.location.create_key_file()  # the request to the server needs the key
        if not self.exists():
            self.location.create_key_file()
            outcome = self.client.run_once(restic.init_argv(self.client.restic))
            if outcome.exit_code != 0 and not self.exists():
                raise self.client.explain(outcome)
        self.location.record_repository()

    def add_recovery_key(self) -> str | None:
        """Add a second key and return it (it is not stored); None when there is one already."""
        outcome = self.client.call(restic.keys_argv(self.client.restic))
        users = [key.get("userName") for key in json.loads("\n".join(outcome.stdout))]
        return None if restic.RECOVERY_USER in users else self.client.add_recovery_key()

    def backup(
        self, paths: Sequence[Path], tags: Sequence[str], on_progress: OnProgress | None = None
    ) -> Snapshot:
        """Store the paths (below the root) as one snapshot.

        Raises SourceMissingError or IncompleteError when anything could not be read; the rest is
        stored nevertheless as the error's `snapshot`.
        """
        root = self.location.root
        names = [stored_name(root, path) for path in paths]
        if not names:
            raise InputError("there is nothing to back up")
        _check_tags(tags)
        if missing := [name for name in names if not os.path.lexists(root / name)]:
            raise missing_sources(missing)
        summary: dict[str, object] = {}

        def on_line(line: str) -> None:
            found = output.parse_document(line)
            if found is None:
                return
            if output.document_kind(found) == "status" and on_progress is not None:
                on_progress(output.parse_backup_progress(found))
            elif output.document_kind(found) == "summary":
                summary.update(found)

        outcome = self.client.run(
            # restic resolves symbolic links of its working folder, so the patterns must as well.
            restic.backup_argv(self.client.restic, root.resolve(), names, tags),
            on_line=on_line,
            folder=root,
        )
        taken = self._finished_backup(outcome, summary)
        if on_progress is not None:
            on_progress(_final_progress(taken.bytes, taken.files))
        return taken

    def snapshots(self, known: frozenset[str] = frozenset()) -> Sequence[Snapshot]:
        """Return the snapshots in the repository, without the `known` ones, newest first."""
        found = [self._to_snapshot(entry) for entry in self._list_stored() if entry.id not in known]
        return sorted(found, key=lambda entry: (entry.created_at, entry.id), reverse=True)

    def ids(self) -> frozenset[str]:
        """Return the ids of all snapshots, as restic lists them."""
        return frozenset(entry.id for entry in self._list_stored())

    def listing(self, snapshot_id: str) -> Mapping[str, int]:
        """Return stored name -> bytes of every file (and link: 0) in a snapshot.

        Bytes of names that are not UTF-8 appear as U+FFFD.
        """
        return self._contents_of(snapshot_id).listing

    def restore(
        self,
        snapshot_id: str,
        target: Path,
        only: str | None = None,
        on_progress: OnProgress | None = None,
    ) -> None:
        """Write the snapshot's files below `target`, which must be empty or absent.

        `only` is the stored name of one file or folder.
        """
        require_empty(target)
        top = parse_stored_name(only) if only else ""
        sizes = {
            name: size
            for name, size in self.listing(snapshot_id).items()
            if not top or is_below(name, replace_invalid_utf8(top))
        }
        if top and not sizes:
            raise NotFoundError(
                f"snapshot {snapshot_id[:8]} does not contain {top!r}", remedy=_LIST_REMEDY
            )
        _create_target(target)
        on_line, on_tick = self._restore_listeners(target, sizes, on_progress)
        argv = restic.restore_argv(self.client.restic, snapshot_id, target, top)
        outcome = self.client.run(argv, on_line=on_line, on_tick=on_tick)
        if outcome.exit_code != 0:
            error = output.explain_restore(outcome, self.name)
            raise self.location.absent() if isinstance(error, NoRepositoryError) else error
        if on_progress is not None:
            on_progress(_final_progress(sum(sizes.values()), len(sizes)))

    def check(self, *, read_data: bool) -> CheckReport:
        """Check the structure, with `read_data` also every stored byte; damage is in the report."""
        argv = restic.check_argv(self.client.restic, read_data=read_data)
        outcome = self.client.run(argv, uses_cache=False)
        if outcome.exit_code == 0:
            return CheckReport(problems=(), read_data=read_data)
        error = self.client.explain(outcome)
        if not isinstance(error, CorruptError):
            raise error
        found = output.parse_check_problems((*outcome.stderr, *outcome.stdout))
        return CheckReport(problems=found or (error.message,), read_data=read_data)

    def forget(self, snapshot_ids: Sequence[str]) -> None:
        """Remove snapshots and the data that only they use; NotFoundError removes none."""
        if not snapshot_ids:
            return
        known = self.ids()
        for snapshot_id in snapshot_ids:
            if snapshot_id not in known:  # restic would skip it and exit with 0
                raise NotFoundError(f"there is no snapshot {snapshot_id} in {self.name}")
        self.client.call(restic.forget_argv(self.client.restic, snapshot_ids))
        for snapshot_id in snapshot_ids:
            self._contents.pop(snapshot_id, None)

    def locks(self) -> Sequence[RepositoryLock]:
        """Return the locks that are in the repository now."""
        listed = self.client.call(restic.list_locks_argv(self.client.restic))
        found = []
        for lock_id in (line.strip() for line in listed.stdout if line.strip()):
            argv = restic.show_lock_argv(self.client.restic, lock_id)
            outcome = self.client.run_once(argv)
            if outcome.exit_code == 0:  # otherwise the lock has been removed since
                found.append(output.parse_lock(lock_id, json.loads("\n".join(outcome.stdout))))
        return found

    def unlock(self, *, remove_all: bool) -> None:
        """Remove the stale locks, or all."""
        self.client.call(restic.unlock_argv(self.client.restic, remove_all=remove_all))

    def _finished_backup(self, outcome: Outcome, summary: Mapping[str, object]) -> Snapshot:
        """Return the snapshot that a backup made; raises when it failed or omitted a file."""
        root = self.location.root
        if outcome.exit_code not in (0, _INCOMPLETE):
            error = self.client.explain(outcome)
            is_known = type(error) is not BackupError
            raise error if is_known else output.explain_incomplete(outcome, root) or error
        named = summary.get("snapshot_id")
        snapshot = None
        if named:
            contents = self._contents_of(str(named))
            snapshot = contents.snapshot(self.key, output.added_bytes(summary))
        if incomplete := output.explain_incomplete(outcome, root, snapshot):
            raise incomplete
        if snapshot is None:
            raise BackupError("restic ended without reporting the id of the snapshot")
        return snapshot

    def _list_stored(self) -> Sequence[StoredSnapshot]:
        """Return the snapshots as the repository describes them."""
        outcome = self.client.call(restic.snapshots_argv(self.client.restic))
        found = json.loads("\n".join(outcome.stdout)) or []  # some versions print `null` for none
        return [output.parse_snapshot(entry) for entry in found]

    def _to_snapshot(self, stored: StoredSnapshot) -> Snapshot:
        """Return a snapshot with its sizes; restic before 0.17 stores none, so they are summed."""
        if stored.files is None or stored.bytes is None:
            return self._contents_of(stored.id).snapshot(self.key, 0)
        return Snapshot(
            id=stored.id,
            created_at=stored.created_at,
            repository=self.key,
            paths=stored.paths,
            tags=stored.tags,
            files=stored.files,
            bytes=stored.bytes,
            added_bytes=stored.added_bytes or 0,
        )

    def _contents_of(self, snapshot_id: str) -> Contents:
        """Return the contents of a snapshot."""
        check_snapshot_id(snapshot_id)
        if snapshot_id not in self._contents:
            reader = ContentsReader()
            argv = restic.contents_argv(self.client.restic, snapshot_id)
            self.client.call(argv, on_line=reader.read)
            contents = reader.contents()
            self._contents[contents.stored.id] = self._contents[snapshot_id] = contents
        return self._contents[snapshot_id]

    def _restore_listeners(
        self, target: Path, sizes: Mapping[str, int], on_progress: OnProgress | None
    ) -> tuple[OnLine | None, OnTick | None]:
        """Return the listeners that report progress, from restic's lines or the bytes on disk."""
        if on_progress is None:
            return None, None
        if not self.client.restic.has_restore_progress:
            meter = _RestoreMeter(
                target=target,
                bytes_total=sum(sizes.values()),
                files_total=len(sizes),
                clock=self.client.runner.clock,
                on_progress=on_progress,
            )
            return None, meter.tick

        def on_line(line: str) -> None:
            found = output.parse_document(line)
            if found is not None and output.document_kind(found) in ("status", "summary"):
                on_progress(output.parse_restore_progress(found))

        return on_line, None


@dataclass(slots=True)
class _RestoreMeter:
    """Estimates a restore's progress from the bytes on disk, for a restic that prints none.

    Measuring takes at most a tenth of the time.
    """

    target: Path
    bytes_total: int
    files_total: int
    clock: Clock
    on_progress: OnProgress
    next_at: float = 0.0

    def tick(self) -> None:
        """Report the progress when the next measurement is due."""
        now = self.clock.monotonic()
        if now < self.next_at:
            return
        num_bytes, num_files = _measure_folder(self.target)
        self.on_progress(
            BackupProgress(
                bytes_done=min(num_bytes, self.bytes_total),
                bytes_total=self.bytes_total,
                files_done=min(num_files, self.files_total),
                files_total=self.files_total,
            )
        )
        spent = self.clock.monotonic() - now
        self.next_at = now + spent + max(_MIN_PAUSE_S, spent * _PAUSE_FACTOR)


def open_repository(settings: Settings, *, takes_locks: bool = True) -> Repository:
    """Return the repository of the settings; restic is located on first use.

    Without locks it can only be read.
    """
    paths = settings.paths
    location = Location(
        address=settings.backup.repository or str(paths.repository),
        key_file=paths.repository_key,
        cache=paths.restic_cache,
        root=paths.home,
        history=paths.repository_history,
        stall_s=settings.backup.stall_s,
    )
    return Repository(
        ResticClient(
            location=location,
            find=lambda: obtain_restic(paths.tools),
            runner=WatchedRunner(stall_s=location.stall_s),
            takes_locks=takes_locks,
        )
    )


def check_snapshot_id(snapshot_id: str) -> str:
    """Return a valid id; raises NotFoundError otherwise, because the id becomes an argument."""
    is_id = _MIN_ID_LETTERS <= len(snapshot_id) <= _MAX_ID_LETTERS
    if not is_id or not set(snapshot_id) <= _ID_LETTERS:
        raise NotFoundError(f"{snapshot_id!r} is not the id of a snapshot", remedy=_LIST_REMEDY)
    return snapshot_id


def require_empty(target: Path) -> None:
    """Raise ConflictError unless `target` is absent or empty, InputError when it is unreadable."""
    if not os.path.lexists(target):
        return
    try:
        is_empty = target.is_dir() and not any(target.iterdir())
    except OSError as error:
        raise InputError(
            f"{target} cannot be read: {error.strerror}", remedy="Choose another folder"
        ) from error
    if not is_empty:
        raise ConflictError(f"{target} is not an empty folder", remedy="Choose a new folder")


def _create_target(target: Path) -> None:
    """Create the folder to restore into; raises InputError."""
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"{target} cannot be written: {error.strerror}", remedy="Choose another folder"
        ) from error


def _check_tags(tags: Sequence[str]) -> None:
    """Raise InputError for a tag that restic would split or drop."""
    for tag in tags:
        if not tag.strip() or "," in tag:
            raise InputError(f"{tag!r} is not a valid tag", remedy="Use text without a comma")


def _is_full_id(name: str) -> bool:
    """Whether a file name in the repository is a full snapshot id."""
    return len(name) == _MAX_ID_LETTERS and set(name) <= _ID_LETTERS


def _final_progress(num_bytes: int, num_files: int) -> BackupProgress:
    """Return the progress at the end."""
    return BackupProgress(
        bytes_done=num_bytes, bytes_total=num_bytes, files_done=num_files, files_total=num_files
    )


def _names_in(folder: Path) -> Sequence[str]:
    """Return the names in a folder; none when it cannot be read."""
    try:
        return os.listdir(folder)  # noqa: PTH208  (names only)
    except OSError:
        return ()


def _measure_folder(folder: Path) -> tuple[int, int]:
    """Return the bytes on disk (allocated blocks) and the number of files below a folder."""
    num_bytes = num_files = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                status = os.lstat(os.path.join(parent, name))  # noqa: PTH118  (hot loop)
            except OSError:
                continue
            num_files += 1
            num_bytes += min(status.st_blocks * _DISK_BLOCK_BYTES, status.st_size)
    return num_bytes, num_files
