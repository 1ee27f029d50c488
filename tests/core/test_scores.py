"""Scores and their JSON documents: what was not computed is missing in both."""

import pytest

from core.scores import Scores

DOCUMENT = {
    "run_id": "r1", "step": 20, "split": "test", "beam": 5, "sentences": 1500, "bleu": 83.44,
    "chrf": 91.2, "ter": 12.0, "loss": 0.4, "seconds": 3.5, "signatures": {"bleu": "nrefs:1"},
}  # fmt: skip


@pytest.mark.parametrize("document", [{}, {"bleu": 83.44, "step": 20}, DOCUMENT])
def test_a_document_is_read_and_written_unchanged(document: dict[str, object]) -> None:
    assert Scores.from_document(document).to_document() == document


@pytest.mark.parametrize("value", ["high", None, True, float("nan"), float("inf"), []])
def test_an_invalid_score_is_missing(value: object) -> None:
    found = Scores.from_document({"bleu": value, "sentences": value, "signatures": value})
    assert found == Scores()
    assert Scores.from_validation({"valid_bleu": value, "valid_loss": 2}) == Scores(loss=2.0)


def test_nan_is_not_written() -> None:
    diverged = Scores(loss=float("nan"), bleu=0.0)
    assert diverged.to_document() == {"bleu": 0.0}
    assert diverged.to_validation() == {"valid_bleu": 0.0}


def test_corpus_scores_that_were_not_computed_are_left_out() -> None:
    assert Scores(bleu=80.0, ter=12.5, loss=1.0).corpus_scores == {"BLEU": 80.0, "TER": 12.5}
