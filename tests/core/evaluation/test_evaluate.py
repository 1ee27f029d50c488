"""Evaluation of a model on a split."""

import dataclasses
import math
from pathlib import Path

import pytest

from core.data.encoded import EncodedSplit, load_split, read_segments
from core.data.records import Dataset
from core.errors import InputError
from core.evaluation.evaluate import (
    NUM_SAMPLES,
    EvaluatedModel,
    choose_samples,
    evaluate,
    split_loss,
    translate_texts,
)
from core.model.search import BeamOptions
from tests.clock import FixedClock

QUICK = BeamOptions(beam=1, max_length=8)


def test_a_report_covers_the_whole_split(
    evaluated: EvaluatedModel, dataset: Dataset, clock: FixedClock
) -> None:
    done: list[int] = []
    report = evaluate(evaluated, dataset, "test", QUICK, clock=clock, on_progress=done.append)
    sources = read_segments(dataset.split_file("test", "en"))
    found = report.scores
    assert found.sentences == len(sources) == done[-1]
    assert (found.run_id, found.step, found.split, found.beam) == ("r", 9, "test", 1)
    assert found.bleu is not None
    assert found.loss is not None
    assert 0 <= found.bleu <= 100
    assert 4 < found.loss < 10
    assert report.sentence.startswith("test at step 9: BLEU ")
    assert all(sample.source == sources[sample.position] for sample in report.samples)


def test_an_exception_of_on_progress_ends_the_evaluation(
    evaluated: EvaluatedModel, dataset: Dataset, clock: FixedClock
) -> None:

    def stop(_done: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        evaluate(evaluated, dataset, "test", QUICK, clock=clock, on_progress=stop)


def test_an_empty_split_is_named(
    evaluated: EvaluatedModel, dataset: Dataset, clock: FixedClock, tmp_path: Path
) -> None:
    bare = dataclasses.replace(dataset, folder=tmp_path)
    bare.prepared.mkdir()
    for language in ("en", "es"):
        bare.split_file("test", language).touch()
    with pytest.raises(InputError, match="empty"):
        evaluate(evaluated, bare, "test", QUICK, clock=clock)


def test_every_text_gets_one_translation(evaluated: EvaluatedModel) -> None:
    texts = ["", "word " * 500, "😀😀", "日本語", "a\tb\n\"'", "Hello!"]
    found = translate_texts(evaluated.model, evaluated.tokenizer, texts, QUICK)
    assert len(found) == len(texts)
    assert found[-1] == translate_texts(evaluated.model, evaluated.tokenizer, texts[-1:], QUICK)[0]


def test_the_loss_does_not_depend_on_the_batches(
    evaluated: EvaluatedModel, dataset: Dataset
) -> None:
    pairs = load_split(dataset, "valid", evaluated.tokenizer, 20)
    number = len(pairs.sources)
    alone = [
        (
            split_loss(
                evaluated.model,
                EncodedSplit(
                    sources=[pairs.sources[i]], targets=[pairs.targets[i]], lines=[0], skipped=0
                ),
            ),
            len(pairs.targets[i]),
        )
        for i in range(number)
    ]
    mean = sum(loss * size for loss, size in alone) / sum(size for _, size in alone)
    assert split_loss(evaluated.model, pairs) == pytest.approx(mean, rel=1e-4)
    nothing = EncodedSplit(sources=[], targets=[], lines=[], skipped=0)
    assert math.isnan(split_loss(evaluated.model, nothing))


@pytest.mark.parametrize("number", [1, 19, 20, 21, 300])
def test_at_most_twenty_samples_are_spread_over_the_split(number: int) -> None:
    texts = [str(index) for index in range(number)]
    found = choose_samples("valid", 3, texts, texts, texts)
    assert len(found) == min(number, NUM_SAMPLES)
    assert [sample.source for sample in found] == [str(sample.position) for sample in found]
    assert found[-1].position >= number // 2 - 1
