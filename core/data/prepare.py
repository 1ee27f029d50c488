"""Preparation: clean, split, learn a vocabulary; same version and options, same files."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from core.clock import Clock
from core.data.cleaning.clean import Counts, clean, rule_reports
from core.data.documents import REPORT_NAME, Preparation, preparation_document, read_preparation
from core.data.encoded import read_segments
from core.data.pairs import read_pairs
from core.data.records import SPLITS, Dataset, Pair, PrepareReport
from core.data.scratch import scratch_folder, settle
from core.data.split import split_pairs
from core.data.tokenizer import Tokenizer
from core.data.vocabulary import learn_vocabulary
from core.files import digest_file, write_atomic, write_json
from core.locks import held

# Raised when a rule changes, so that texts prepared before are prepared again.
RULES_VERSION = 1
SPLIT_SEED = 1

OnProgress = Callable[[float, str], None]


def prepare(
    dataset: Dataset,
    *,
    vocabulary_size: int,
    clock: Clock,
    seed: int = SPLIT_SEED,
    on_progress: OnProgress = lambda ratio, message: None,  # noqa: ARG005  (silence)
) -> Dataset:
    """Return the version with its splits and a vocabulary of this size, made if not here yet.

    The splits depend on `seed` alone, so that runs with different vocabularies are scored on the
    same test. Safe to call from several processes at once: the second waits and finds the work
    done. A kill leaves what was there before. `on_progress` is told a ratio from 0 to 1.
    """
    lock = dataset.folder.parent / f".{dataset.digest}.lock"
    with held(lock):
        found = read_preparation(dataset.prepared)
        if found is None or not _fits(found, seed, dataset.prepared):
            found = _prepare_splits(dataset, seed, clock, on_progress)
        if str(vocabulary_size) not in found.vocabularies:
            on_progress(0.7, "learning the vocabulary")
            found = _add_vocabulary(dataset, found, vocabulary_size)
    on_progress(1.0, "prepared")
    size = found.vocabularies[str(vocabulary_size)]
    report = dataclasses.replace(found.report, vocabulary_size=size)
    return dataclasses.replace(dataset, report=report, vocabulary=vocabulary_size)


def _fits(found: Preparation, seed: int, prepared: Path) -> bool:
    """Return whether a preparation was made with these options and all its files are here."""
    return (found.rules_version, found.seed) == (RULES_VERSION, seed) and all(
        (prepared / name).is_file() for name in found.files
    )


def _prepare_splits(
    dataset: Dataset, seed: int, clock: Clock, on_progress: OnProgress
) -> Preparation:
    """Clean and split the imported pairs and put the splits in place."""
    counts = Counts()
    cleaned = clean(
        read_pairs(dataset.raw_file),
        (dataset.source, dataset.target),
        counts,
        lambda number: on_progress(0.6 * number / dataset.pairs, f"{number:,} pairs cleaned"),
    )
    on_progress(0.6, "splitting")
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
        files = _write_splits(folder, dataset, splits)
        found = Preparation(
            rules_version=RULES_VERSION, seed=seed, report=report, vocabularies={}, vocabulary=0,
            files=files,
        )  # fmt: skip
        write_json(folder / REPORT_NAME, preparation_document(found))
        with scratch_folder(dataset.folder.parent) as old:
            if dataset.prepared.exists():
                dataset.prepared.rename(old / "prepared")
            settle(folder, dataset.prepared)
    return found


def _write_splits(
    folder: Path, dataset: Dataset, splits: Mapping[str, Sequence[Pair]]
) -> Mapping[str, str]:
    """Write one file per split and side; return their digests by name."""
    files = {}
    for split, pairs in splits.items():
        for language, side in ((dataset.source, "source"), (dataset.target, "target")):
            path = folder / f"{split}.{language}"
            text = "".join(f"{getattr(pair, side)}\n" for pair in pairs)
            path.write_text(text, encoding="utf-8", newline="\n")
            files[path.name] = digest_file(path)
    return files


def _add_vocabulary(dataset: Dataset, found: Preparation, size: int) -> Preparation:
    """Learn a vocabulary from the training split and note it in the report."""
    segments = [
        segment
        for language in (dataset.source, dataset.target)
        for segment in read_segments(dataset.split_file("train", language))
    ]
    model = learn_vocabulary(segments, size)
    path = dataclasses.replace(dataset, vocabulary=size).vocabulary_file
    write_atomic(path, model)
    pieces = Tokenizer(model).size
    grown = dataclasses.replace(
        found,
        vocabularies={**found.vocabularies, str(size): pieces},
        vocabulary=size,
        files={**found.files, path.name: digest_file(path)},
        report=dataclasses.replace(found.report, vocabulary_size=pieces),
    )
    write_json(dataset.prepared / REPORT_NAME, preparation_document(grown))
    return grown
