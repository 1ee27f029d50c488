"""Actions on datasets: a version in use cannot be deleted; a list reads its parts at once."""

from collections.abc import Collection, Mapping, Sequence

import pytest

from core.actions.datasets import delete_dataset, list_datasets, request_prepare
from core.actions.records import TrainRequest
from core.actions.training import request_run, stop_run
from core.actions.workspace import Workspace
from core.audit import Actor
from core.backup.snapshots import SnapshotStore
from core.data.records import Dataset, Pair
from core.errors import ConflictError
from core.jobs.launcher import JobKind, JobSpec
from tests.core.jobs.memory import MemoryLauncher, Script

LONG = Script(seconds=1000)


def test_a_version_cannot_be_deleted_while_a_run_uses_it(
    workspace: Workspace, admin: Actor, launcher: MemoryLauncher, dataset: Dataset
) -> None:
    """Queued or running: the job names the run, not the dataset."""
    launcher.default_script = LONG
    request = TrainRequest(dataset="cats", preset="demo", skip_backup=True, reason="a test")
    names = [request_run(workspace, admin, request).run.spec.name for _ in range(2)]
    for name in names:
        with pytest.raises(ConflictError, match="Train cats-demo-"):
            delete_dataset(workspace, admin, "cats", dataset.digest)
        stop_run(workspace, admin, name)
    delete_dataset(workspace, admin, "cats", dataset.digest)
    assert workspace.datasets.list() == []
    assert workspace.ledger.entries(1)[0].arguments == {"runs": [*reversed(names)]}


def test_a_version_cannot_be_deleted_while_an_old_job_uses_it(
    workspace: Workspace, admin: Actor, launcher: MemoryLauncher, dataset: Dataset
) -> None:
    """A list of the newest jobs does not contain the job."""
    job = request_prepare(workspace, admin, "cats")
    launcher.scripts[job.spec.argv] = LONG
    later = JobSpec(kind=JobKind.VERIFY, title="Verify", subject="repository", argv=("true",))
    for _ in range(200):
        launcher.submit(later)
    with pytest.raises(ConflictError, match="Prepare cats"):
        delete_dataset(workspace, admin, "cats", dataset.digest)
    launcher.cancel(job.id)
    delete_dataset(workspace, admin, "cats", dataset.digest)
    assert workspace.datasets.list() == []


def test_the_protection_of_all_datasets_is_read_at_once(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads = []
    protections = SnapshotStore.holding

    def counted(
        store: SnapshotStore, digests: Collection[str], repository: str
    ) -> Mapping[str, Sequence[str]]:
        reads.append(len(digests))
        return protections(store, digests, repository)

    monkeypatch.setattr(SnapshotStore, "holding", counted)
    for name in ("ants", "bees", "cats"):
        pairs = [Pair(source=f"I see {name}.", target=f"Veo {name}.")]
        workspace.datasets.add(
            name, "en", "es", pairs, origin="made up", licence="", clock=workspace.clock
        )
    assert [view.is_protected for view in list_datasets(workspace)] == [False] * 3
    assert reads == [3, 3], "once more after the rows were brought in line with the repository"
