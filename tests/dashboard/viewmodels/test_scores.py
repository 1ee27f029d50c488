"""Scores are found however they are nested, and keep their signature."""

from dashboard.viewmodels.scores import score, score_rows, scores_sentence

SCORES = {
    "bleu": 83.44,
    "chrf": {"score": 91.2},
    "loss": 0.4123,
    "sentences": 1500,
    "signatures": {"bleu": "nrefs:1|case:mixed"},
}


def test_flat_and_nested_scores_are_read() -> None:
    """Old runs may hold another shape."""
    assert score(SCORES, "bleu") == 83.44
    assert score(SCORES, "chrf") == 91.2
    assert score(SCORES, "ter") is None
    assert score({"bleu": "high"}, "bleu") is None


def test_rows_carry_signatures() -> None:
    """A score without its signature cannot be repeated."""
    rows = {row.name: row for row in score_rows(SCORES)}
    assert list(rows) == ["BLEU", "chrF", "Loss", "Sentences"]
    assert rows["BLEU"].signature == "nrefs:1|case:mixed"
    assert rows["Sentences"].value == "1,500"


def test_one_line_sums_up() -> None:
    """For tables."""
    assert scores_sentence(SCORES) == "BLEU 83.4 · chrF 91.2"
    assert scores_sentence({}) == "not scored yet"
