"""Snapshots in memory: the engine's twin for tests and demos. It holds real bytes."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from core.backup.engine import BackupProgress, CheckReport, OnProgress, Snapshot
from core.backup.failures import NoRepositoryError, missing_sources, name_some, unreadable
from core.backup.messages import Trouble
from core.backup.names import (
    check_snapshot_id,
    check_tags,
    chosen_name,
    is_below,
    legible,
    make_target,
    require_empty,
)
from core.backup.walk import Found, Walk
from core.clock import Clock
from core.errors import CorruptError, InputError, NotFoundError


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A file (`digest` names its bytes) or a link (`link` is its target)."""

    digest: str = ""
    size: int = 0
    link: str = ""


@dataclass(slots=True)
class MemoryEngine:
    """A BackupEngine whose repository ends with the process; see there.

    `blobs` is open to tests that want to damage it.
    """

    root: Path
    clock: Clock
    blobs: dict[str, bytes] = field(default_factory=dict)
    trees: dict[str, dict[str, Node]] = field(default_factory=dict)
    taken: dict[str, Snapshot] = field(default_factory=dict)
    is_made: bool = False
    is_recoverable: bool = False

    @property
    def repository(self) -> str:
        """Where snapshots go."""
        return "memory"

    @property
    def program(self) -> str:
        """What is behind it."""
        return "memory 1"

    def is_initialised(self) -> bool:
        """Whether `initialise` was called."""
        return self.is_made

    def free_bytes(self) -> int | None:
        """Return None: memory is not measured."""
        return None

    def holds(self, snapshot_id: str) -> bool | None:
        """Whether the snapshot is there."""
        return check_snapshot_id(snapshot_id) in self.taken

    def has_recovery_key(self) -> bool | None:
        """Whether a recovery key was asked for."""
        return self.is_recoverable

    def initialise(self, *, recovery: bool = True) -> str | None:
        """Make the repository; return a recovery key the first time that one is asked for."""
        self.is_made = True
        if not recovery or self.is_recoverable:
            return None
        self.is_recoverable = True
        return "MEMORY-HAS-NO-KEY"

    def backup(
        self, paths: Sequence[Path], tags: Sequence[str], on_progress: OnProgress | None = None
    ) -> Snapshot:
        """Store the paths as one snapshot; see BackupEngine."""
        self._require_made()
        if not paths:
            raise InputError("there is nothing to back up")
        check_tags(tags)
        walk = Walk(self.root, paths)
        found = list(walk)
        if walk.missing:
            raise missing_sources(walk.missing)
        added = sum(len(blob) for blob in self.blobs.values())
        tree, failed = self._read(found, on_progress)
        added = sum(len(blob) for blob in self.blobs.values()) - added
        snapshot = self._keep(paths, tags, tree, added)
        if troubles := [*walk.troubles, *failed]:
            raise unreadable(troubles, snapshot)
        return snapshot

    def snapshots(self) -> Sequence[Snapshot]:
        """Return the snapshots, newest first."""
        self._require_made()
        return list(reversed(self.taken.values()))

    def listing(self, snapshot_id: str) -> Mapping[str, int]:
        """Return stored name -> bytes of every file in a snapshot."""
        return {legible(name): node.size for name, node in self._tree(snapshot_id).items()}

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
        tree = self._tree(snapshot_id)
        nodes = {name: node for name, node in tree.items() if not top or is_below(name, top)}
        if top and not nodes:
            raise NotFoundError(f"snapshot {snapshot_id[:8]} holds no {top!r}")
        make_target(target)
        damaged = [name for name, node in nodes.items() if not self._is_whole(node)]
        meter = _Meter(on_progress, sum(node.size for node in nodes.values()), len(nodes))
        for name, node in nodes.items():
            if name not in damaged:
                self._write(target / name, node)
            meter.add(node.size)
        if damaged:
            raise CorruptError(f"stored bytes are wrong: {name_some(damaged)}")

    def check(self, *, read_data: bool) -> CheckReport:
        """Check that every blob is there, and with `read_data` that it is what its name says."""
        self._require_made()
        wanted = {node.digest for tree in self.trees.values() for node in tree.values()} - {""}
        problems = [f"blob {digest} is missing" for digest in wanted if digest not in self.blobs]
        if read_data:
            problems += [
                f"blob {digest} is damaged"
                for digest, blob in self.blobs.items()
                if sha256(blob).hexdigest() != digest
            ]
        return CheckReport(problems=tuple(sorted(problems)), read_data=read_data)

    def forget(self, snapshot_ids: Sequence[str]) -> None:
        """Remove snapshots and the bytes that only they held."""
        for snapshot_id in snapshot_ids:
            self._tree(snapshot_id)
        for snapshot_id in snapshot_ids:
            self.trees.pop(snapshot_id, None)
            self.taken.pop(snapshot_id, None)
        wanted = {node.digest for tree in self.trees.values() for node in tree.values()}
        self.blobs = {digest: blob for digest, blob in self.blobs.items() if digest in wanted}

    def _require_made(self) -> None:
        """Raise NoRepositoryError before `initialise`."""
        if not self.is_made:
            raise NoRepositoryError("there is no repository in memory", remedy="Initialise it")

    def _tree(self, snapshot_id: str) -> dict[str, Node]:
        """Return the files of a snapshot, by its id or the start of it; raises NotFoundError."""
        self._require_made()
        check_snapshot_id(snapshot_id)
        found = [tree for full, tree in self.trees.items() if full.startswith(snapshot_id)]
        if len(found) != 1:
            raise NotFoundError(f"no snapshot {snapshot_id} in memory")
        return found[0]

    def _read(
        self, found: Sequence[Found], on_progress: OnProgress | None
    ) -> tuple[dict[str, Node], list[Trouble]]:
        """Take in the files' bytes; return the tree and what could not be read."""
        tree: dict[str, Node] = {}
        failed: list[Trouble] = []
        meter = _Meter(on_progress, sum(entry.status.st_size for entry in found), len(found))
        for entry in found:
            try:
                tree[entry.name] = self._take(entry)
            except OSError as error:
                text = (error.strerror or "").lower()
                failed.append(Trouble(item=entry.name, during="archival", text=text))
            meter.add(entry.status.st_size)
        return tree, failed

    def _take(self, entry: Found) -> Node:
        """Keep one file's bytes, each content once."""
        if entry.is_link:
            return Node(link=os.readlink(entry.path))  # noqa: PTH115  (a Path tidies the target)
        content = entry.path.read_bytes()
        digest = sha256(content).hexdigest()
        self.blobs.setdefault(digest, content)
        return Node(digest=digest, size=len(content))

    def _keep(
        self, paths: Sequence[Path], tags: Sequence[str], tree: dict[str, Node], added: int
    ) -> Snapshot:
        """Record a snapshot."""
        text = repr((len(self.taken), self.clock.now(), sorted(tree.items())))
        snapshot = Snapshot(
            id=sha256(text.encode("utf-8", "surrogateescape")).hexdigest(),
            created_at=self.clock.now(),
            repository=self.repository,
            paths=tuple(str(self.root / path) for path in paths),
            tags=tuple(tags),
            files=sum(not node.link for node in tree.values()),
            bytes=sum(node.size for node in tree.values()),
            added_bytes=added,
        )
        self.trees[snapshot.id] = tree
        self.taken[snapshot.id] = snapshot
        return snapshot

    def _is_whole(self, node: Node) -> bool:
        """Whether a node's bytes are what was stored."""
        if node.link:
            return True
        blob = self.blobs.get(node.digest)
        return blob is not None and sha256(blob).hexdigest() == node.digest

    def _write(self, path: Path, node: Node) -> None:
        """Write one file or link."""
        path.parent.mkdir(parents=True, exist_ok=True)
        if node.link:
            path.symlink_to(node.link)
        else:
            path.write_bytes(self.blobs[node.digest])


@dataclass(slots=True)
class _Meter:
    """Tells the progress after each file."""

    tell: OnProgress | None
    bytes_total: int
    files_total: int
    bytes_done: int = 0
    files_done: int = 0

    def add(self, size: int) -> None:
        """Count one file."""
        self.bytes_done += size
        self.files_done += 1
        if self.tell is not None:
            self.tell(
                BackupProgress(
                    bytes_done=self.bytes_done,
                    bytes_total=self.bytes_total,
                    files_done=self.files_done,
                    files_total=self.files_total,
                )
            )
