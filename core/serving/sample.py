"""Pairs to prove an export on: of the data that the run did not train on."""

from collections.abc import Sequence
from pathlib import Path

from core.data.records import Pair
from core.errors import NotFoundError
from core.paths import StatePaths
from core.runs.records import Run
from core.runs.store import RunStore

NUM_PAIRS = 96


def sample_pairs(paths: StatePaths, runs: RunStore, run: Run) -> Sequence[Pair]:
    """Return validation pairs of the run's dataset, spread evenly; else the run's own samples.

    Raises NotFoundError when neither is here.
    """
    spec = run.spec
    folder = paths.dataset(spec.dataset, spec.dataset_digest) / "prepared"
    pairs = _pairs(folder, str(spec.config.get("source", "")), str(spec.config.get("target", "")))
    for split in ("test", "valid"):
        pairs = pairs or [
            Pair(source=sample.source, target=sample.reference)
            for sample in runs.samples(run.id, split)
        ]
    if not pairs:
        raise NotFoundError(
            f"there is nothing to prove the export on: dataset {spec.dataset} is not here",
            remedy="Restore the dataset from a snapshot, then promote again",
        )
    step = max(1, len(pairs) // NUM_PAIRS)
    return pairs[::step][:NUM_PAIRS]


def _pairs(folder: Path, source: str, target: str) -> list[Pair]:
    """Return the pairs of the validation split, or none when it is not here."""
    sides = [_lines(folder / f"valid.{language}") for language in (source, target)]
    return [
        Pair(source=mine, target=theirs)
        for mine, theirs in zip(*sides, strict=False)
        if mine.strip() and theirs.strip()
    ]


def _lines(path: Path) -> list[str]:
    """Return the lines of a file, none when it is not here."""
    try:
        return path.read_text(encoding="utf-8").split("\n")
    except OSError:
        return []
