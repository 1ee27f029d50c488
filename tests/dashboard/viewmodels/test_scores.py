"""Test scores as rows."""

from dashboard.viewmodels.scores import find_score, score_rows, scores_sentence

SCORES = {
    "bleu": 83.44,
    "chrf": 91.2,
    "loss": 0.4123,
    "sentences": 1500,
    "signatures": {"bleu": "nrefs:1|case:mixed"},
}


def test_flat_and_nested_scores_are_read() -> None:
    assert find_score(SCORES, "bleu") == 83.44
    assert find_score(SCORES, "chrf") == 91.2
    assert find_score(SCORES, "ter") is None
    assert find_score({"bleu": "high"}, "bleu") is None


def test_rows_carry_signatures() -> None:
    rows = {row.name: row for row in score_rows(SCORES)}
    assert list(rows) == ["BLEU", "chrF", "Loss", "Sentences"]
    assert rows["BLEU"].signature == "nrefs:1|case:mixed"
    assert rows["Sentences"].value == "1,500"


def test_one_line_sums_up() -> None:
    assert scores_sentence(SCORES) == "BLEU 83.4 · chrF 91.2"
    assert scores_sentence({}) == "not evaluated"
