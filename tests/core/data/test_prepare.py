"""Preparation of a dataset version, and its job."""

import dataclasses
import multiprocessing
from collections.abc import Sequence
from pathlib import Path

import pytest

from core.command import run_command
from core.data.datasets import DatasetStore
from core.data.prepare import prepare, prepare_dataset
from core.data.records import BOS_ID, EOS_ID, PAD_ID, SPLITS, UNK_ID, Dataset, Pair
from core.data.tokenizer import Tokenizer, learn_vocabulary
from core.data.version_files import read_preparation
from core.errors import InputError
from core.files import digest_file
from core.paths import StatePaths
from core.process.job import job_argv, read_result, run_job
from core.process.progress import Progress
from tests.clock import FixedClock


def _digests(dataset: Dataset) -> dict[str, str]:
    """Return the digests of the prepared files but the report, which has the time."""
    return {
        path.name: digest_file(path)
        for path in dataset.prepared.iterdir()
        if path.name != "report.json"
    }


def test_preparing_writes_splits_vocabulary_and_report(prepared: Dataset) -> None:
    report = prepared.report
    assert report is not None
    for split in SPLITS:
        for language in ("en", "es"):
            lines = prepared.split_file(split, language).read_text(encoding="utf-8").split("\n")
            assert len(lines) - 1 == report.splits[split]
    dropped = sum(rule.dropped for rule in report.rules)
    assert report.pairs_in == 120
    assert report.pairs_out == sum(report.splits.values()) == report.pairs_in - dropped
    assert Tokenizer.load(prepared.vocabulary_file).size == report.vocabulary_size


def test_equal_pairs_give_equal_files(
    prepared: Dataset, store: DatasetStore, household: Sequence[Pair], clock: FixedClock
) -> None:
    other = store.add("other", "en", "es", household, origin="tests", clock=clock)
    clock.advance(1000)
    assert _digests(prepare(other, vocabulary_size=400, clock=clock)) == _digests(prepared)


def test_preparing_again_changes_nothing(prepared: Dataset, clock: FixedClock) -> None:
    clock.advance(1000)
    assert prepare(prepared, vocabulary_size=400, clock=clock) == prepared


def test_another_vocabulary_shares_the_splits(prepared: Dataset, clock: FixedClock) -> None:
    before = _digests(prepared)
    other = prepare(prepared, vocabulary_size=350, clock=clock)
    assert other.vocabulary_file != prepared.vocabulary_file
    assert before.items() <= _digests(other).items()


def test_another_seed_gives_another_split(prepared: Dataset, clock: FixedClock) -> None:
    before = _digests(prepared)
    other = prepare(prepared, vocabulary_size=400, clock=clock, seed=7)
    assert _digests(other)["train.en"] != before["train.en"]
    found = read_preparation(other.prepared)
    assert found is not None
    assert found.seed == 7


def test_a_missing_file_is_prepared_again(prepared: Dataset, clock: FixedClock) -> None:
    before = _digests(prepared)
    prepared.split_file("test", "es").unlink()
    assert _digests(prepare(prepared, vocabulary_size=400, clock=clock)) == before


def test_a_damaged_report_is_written_again(prepared: Dataset, clock: FixedClock) -> None:
    (prepared.prepared / "report.json").write_text('{"seed": 1', encoding="utf-8")
    again = prepare(prepared, vocabulary_size=400, clock=clock)
    assert again.report == prepared.report


def test_ten_pairs_can_be_prepared(store: DatasetStore, clock: FixedClock) -> None:
    """The vocabulary is as large as the text allows."""
    pairs = [Pair(source=f"word {chr(97 + n)}", target=f"palabra {chr(97 + n)}") for n in range(10)]
    dataset = store.add("tiny", "en", "es", pairs, origin="tests", clock=clock)
    report = prepare(dataset, vocabulary_size=8000, clock=clock).report
    assert report is not None
    assert 256 < report.vocabulary_size < 400
    assert report.splits == {"train": 8, "valid": 1, "test": 1}


def test_one_pair_cannot_be_split(store: DatasetStore, clock: FixedClock) -> None:
    """Nothing is left behind."""
    dataset = store.add("one", "en", "es", [Pair(source="a", target="b")], origin="", clock=clock)
    with pytest.raises(InputError, match="cannot be split"):
        prepare(dataset, vocabulary_size=300, clock=clock)
    assert not dataset.prepared.exists()
    assert not list(dataset.folder.parent.glob(".scratch-*"))


def test_progress_is_reported_by_stage(kept: Dataset, clock: FixedClock, tmp_path: Path) -> None:
    stages: list[str] = []
    progress = Progress(tmp_path, clock, log=stages.append)
    prepare(kept, vocabulary_size=400, clock=clock, progress=progress)
    assert stages == [
        "cleaning the pairs",
        "splitting into training, validation and test",
        "learning the vocabulary",
    ]


def test_the_job_prepares_a_version_once(kept: Dataset, paths: StatePaths, tmp_path: Path) -> None:
    argv = job_argv(
        "core.data.prepare", paths.home, dataset="house", digest=kept.digest, vocabulary=400
    )
    environment = {"DATAHALL_JOB_FOLDER": str(tmp_path)}
    first = run_command(argv, environment=environment)
    assert (first.exit_code, first.stderr) == (0, "")
    assert read_result(tmp_path)["sentence"] == (
        f"house {kept.digest[:12]} is prepared: 120 of 120 pairs kept"
    )
    report = DatasetStore(paths.datasets).get("house").report
    assert run_command(argv, environment=environment).exit_code == 0
    assert DatasetStore(paths.datasets).get("house").report == report


def test_preparing_an_unknown_dataset_is_bad_input(
    paths: StatePaths, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_job(prepare_dataset, ["--home", str(paths.home), "--dataset", "none"], {}) == 2
    assert "there is no dataset 'none'" in capsys.readouterr().err


def _prepare_in_process(dataset: Dataset, size: int) -> None:
    """Prepare in another process."""
    prepare(dataset, vocabulary_size=size, clock=FixedClock())


@pytest.mark.slow
def test_several_processes_may_prepare_a_version_at_once(kept: Dataset, clock: FixedClock) -> None:
    context = multiprocessing.get_context("spawn")
    workers = [
        context.Process(target=_prepare_in_process, args=(kept, size)) for size in (400, 350, 400)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    found = read_preparation(kept.prepared)
    assert found is not None
    assert set(found.vocabularies) == {"400", "350"}
    DatasetStore(kept.folder.parents[1]).verify(prepare(kept, vocabulary_size=350, clock=clock))


def test_reserved_tokens_have_their_ids(prepared: Dataset) -> None:
    pieces = Tokenizer.load(prepared.vocabulary_file).pieces
    assert [pieces[number] for number in (PAD_ID, UNK_ID, BOS_ID, EOS_ID)] == [
        "<pad>",
        "<unk>",
        "<s>",
        "</s>",
    ]


@pytest.mark.parametrize("size", [-5, 0, 3, 300])
def test_a_vocabulary_smaller_than_the_character_set_is_refused(size: int) -> None:
    text = [
        "".join(chr(0x4E00 + n) for n in range(start, start + 50)) for start in range(0, 900, 50)
    ]
    with pytest.raises(InputError, match="smaller than the number of characters") as caught:
        learn_vocabulary(text, size)
    assert "at least" in caught.value.remedy


def test_the_report_is_read_back_unchanged(
    store: DatasetStore, prepared: Dataset, tmp_path: Path
) -> None:
    assert tmp_path in prepared.folder.parents
    found = store.get("house")
    assert dataclasses.replace(found) == prepared
