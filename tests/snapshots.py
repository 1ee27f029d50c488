"""Snapshots for tests that need no restic."""

from dataclasses import replace

from core.backup.records import Snapshot
from core.backup.vault import Vault


def record_snapshot(vault: Vault, snapshot: Snapshot) -> None:
    """Record a snapshot, and put files where a repository with that snapshot has them."""
    folder = vault.paths.repository
    (folder / "snapshots").mkdir(parents=True, exist_ok=True)
    (folder / "config").touch()
    (folder / "snapshots" / snapshot.id).touch()
    vault.store.record(replace(snapshot, repository=vault.repository.key))
