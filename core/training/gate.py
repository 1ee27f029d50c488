"""The gate once more, in the training process, just before it reads the data.

The page asked when the run was requested; snapshots may have been forgotten and files changed
since (time of check is not time of use).
"""

from core.backup.snapshots import SnapshotStore
from core.errors import DatahallError
from core.training.config import RunConfig


class GateClosedError(DatahallError):
    """The dataset is in no verified snapshot and nobody waived that."""

    kind = "gate"


def pass_gate(snapshots: SnapshotStore, config: RunConfig) -> str | None:
    """Return the id of the snapshot that holds the run's dataset, or None under a waiver.

    Raises GateClosedError.
    """
    snapshot = snapshots.protecting(config.dataset_digest)
    if snapshot is not None:
        return snapshot.id
    if config.waiver is not None:
        return None
    raise GateClosedError(
        f"dataset {config.dataset} {config.dataset_digest[:12]} is in no verified snapshot",
        remedy='Run "datahall backup run --what data", then resume the run',
    )
