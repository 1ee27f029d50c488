"""Test scores as rows."""

from dashboard.viewmodels.scores import ScoreSet

DOCUMENT = {
    "bleu": 83.44,
    "chrf": 91.2,
    "loss": 0.4123,
    "sentences": 1500,
    "signatures": {"bleu": "nrefs:1|case:mixed"},
}


def test_scores_that_were_not_computed_are_none() -> None:
    scores = ScoreSet.from_document(DOCUMENT)
    assert (scores.bleu, scores.ter) == (83.44, None)
    assert ScoreSet.from_document({"bleu": "high"}).bleu is None


def test_rows_carry_signatures() -> None:
    rows = {row.name: row for row in ScoreSet.from_document(DOCUMENT).rows}
    assert list(rows) == ["BLEU", "chrF", "Loss", "Sentences"]
    assert rows["BLEU"].signature == "nrefs:1|case:mixed"
    assert rows["Sentences"].value == "1,500"


def test_the_sentence_has_the_main_scores() -> None:
    assert ScoreSet.from_document(DOCUMENT).sentence == "BLEU 83.4 · chrF 91.2"
    assert ScoreSet.from_document({}).sentence == "not evaluated"
