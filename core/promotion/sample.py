"""Pairs to prove an export on: of the data that the run did not train on."""

import contextlib
from collections.abc import Sequence

from core.data.datasets import DatasetStore
from core.data.records import Pair
from core.errors import CorruptError, NotFoundError
from core.runs.records import Run
from core.runs.store import RunStore

NUM_PAIRS = 96


def sample_pairs(datasets: DatasetStore, runs: RunStore, run: Run) -> Sequence[Pair]:
    """Return validation pairs of the run's dataset, spread evenly; else the run's own samples.

    Raises NotFoundError when neither is here.
    """
    pairs: Sequence[Pair] = ()
    with contextlib.suppress(NotFoundError, CorruptError):  # its samples will do as well
        dataset = datasets.get(run.spec.dataset, run.spec.dataset_digest)
        pairs = datasets.examples(dataset, NUM_PAIRS, "valid")
    for split in ("test", "valid"):
        pairs = pairs or [
            Pair(source=sample.source, target=sample.reference)
            for sample in runs.samples(run.id, split)[:NUM_PAIRS]
        ]
    if not pairs:
        raise NotFoundError(
            f"there is nothing to prove the export on: dataset {run.spec.dataset} is not here",
            remedy="Restore the dataset from a snapshot, then promote again",
        )
    return pairs
