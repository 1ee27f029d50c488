"""Preparation of a dataset version: clean, split, learn a vocabulary. Also its job.

Equal versions and options give equal files.
"""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from core.clock import Clock
from core.data.cleaning.clean import CleaningCounts, clean_pairs, rule_reports
from core.data.datasets import DatasetStore
from core.data.encoded import read_segments
from core.data.records import DEFAULT_VOCABULARY, SPLITS, Dataset, Pair, PrepareReport
from core.data.scratch import move_into_place, scratch_folder
from core.data.split import split_pairs
from core.data.tokenizer import Tokenizer, learn_vocabulary
from core.data.version_files import (
    REPORT_NAME,
    Preparation,
    preparation_document,
    read_pairs,
    read_preparation,
)
from core.files import digest_file, write_atomic, write_json
from core.locks import held
from core.process.job import JobContext, JobResult, run_job
from core.process.progress import Progress

# Incremented when a rule changes, so that versions prepared before are prepared again.
RULES_VERSION = 1
SPLIT_SEED = 1


def prepare_dataset(
    job: JobContext,
    *,
    dataset: str,
    digest: str | None = None,
    vocabulary: int = DEFAULT_VOCABULARY,
) -> JobResult:
    """Prepare a dataset version; without a digest, the newest."""
    prepared = prepare(
        DatasetStore(job.settings.paths.datasets).get(dataset, digest),
        vocabulary_size=vocabulary,
        clock=job.clock,
        progress=job.progress,
    )
    report = prepared.report
    counts = f": {report.pairs_out:,} of {report.pairs_in:,} pairs kept" if report else ""
    return JobResult(sentence=f"{prepared.name} {prepared.digest[:12]} is prepared{counts}")


def prepare(
    dataset: Dataset,
    *,
    vocabulary_size: int,
    clock: Clock,
    seed: int = SPLIT_SEED,
    progress: Progress | None = None,
) -> Dataset:
    """Return the version with its splits and a vocabulary of this size; prepare what is missing.

    The splits depend on `seed` alone, so that runs with different vocabularies are scored on the
    same test split. Safe to call from several processes: one prepares, the others wait. A killed
    process leaves the earlier state.
    """
    progress = progress or Progress()
    lock = dataset.folder.parent / f".{dataset.digest}.lock"
    with held(lock):
        found = read_preparation(dataset.prepared)
        if found is None or not _is_current(found, seed, dataset.prepared):
            found = _prepare_splits(dataset, seed, clock, progress)
        if str(vocabulary_size) not in found.vocabularies:
            progress.begin("learning the vocabulary")
            found = _add_vocabulary(dataset, found, vocabulary_size)
    size = found.vocabularies[str(vocabulary_size)]
    report = replace(found.report, vocabulary_size=size)
    return replace(dataset, report=report, vocabulary=vocabulary_size)


def _is_current(found: Preparation, seed: int, prepared: Path) -> bool:
    """Return whether the rules and the seed are the current ones and every file exists."""
    return (found.rules_version, found.seed) == (RULES_VERSION, seed) and all(
        (prepared / name).is_file() for name in found.files
    )


def _prepare_splits(dataset: Dataset, seed: int, clock: Clock, progress: Progress) -> Preparation:
    """Clean and split the imported pairs, and replace `prepared/`."""
    counts = CleaningCounts()
    progress.begin("cleaning the pairs", total=dataset.pairs, unit="pairs")
    cleaned = clean_pairs(
        read_pairs(dataset.raw_file), (dataset.source, dataset.target), counts, progress.update
    )
    progress.update(dataset.pairs)
    progress.begin("splitting into training, validation and test")
    splits = split_pairs(cleaned, seed, counts)
    report = PrepareReport(
        pairs_in=dataset.pairs,
        pairs_out=sum(map(len, splits.values())),
        rules=tuple(rule_reports(counts)),
        splits={split: len(splits[split]) for split in SPLITS},
        vocabulary_size=0,
        prepared_at=clock.now(),
    )
    with scratch_folder(dataset.folder.parent) as folder:
        preparation = Preparation(
            rules_version=RULES_VERSION,
            seed=seed,
            report=report,
            vocabularies={},
            vocabulary=0,
            files=_write_splits(folder, dataset, splits),
        )
        write_json(folder / REPORT_NAME, preparation_document(preparation))
        with scratch_folder(dataset.folder.parent) as old:
            if dataset.prepared.exists():
                dataset.prepared.rename(old / "prepared")
            move_into_place(folder, dataset.prepared)
    return preparation


def _write_splits(
    folder: Path, dataset: Dataset, splits: Mapping[str, Sequence[Pair]]
) -> Mapping[str, str]:
    """Write one file per split and side; return the digest of each by its name."""
    files = {}
    for split, pairs in splits.items():
        sides = {
            dataset.source: [pair.source for pair in pairs],
            dataset.target: [pair.target for pair in pairs],
        }
        for language, segments in sides.items():
            path = folder / f"{split}.{language}"
            text = "".join(f"{segment}\n" for segment in segments)
            path.write_text(text, encoding="utf-8", newline="\n")
            files[path.name] = digest_file(path)
    return files


def _add_vocabulary(dataset: Dataset, found: Preparation, size: int) -> Preparation:
    """Learn a vocabulary from the training split and add it to the report."""
    segments = [
        segment
        for language in (dataset.source, dataset.target)
        for segment in read_segments(dataset.split_file("train", language))
    ]
    model = learn_vocabulary(segments, size)
    path = replace(dataset, vocabulary=size).vocabulary_file
    write_atomic(path, model)
    pieces = Tokenizer(model).size
    extended = replace(
        found,
        vocabularies={**found.vocabularies, str(size): pieces},
        vocabulary=size,
        files={**found.files, path.name: digest_file(path)},
        report=replace(found.report, vocabulary_size=pieces),
    )
    write_json(dataset.prepared / REPORT_NAME, preparation_document(extended))
    return extended


if __name__ == "__main__":
    sys.exit(run_job(prepare_dataset))
