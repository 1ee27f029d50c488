"""Scores as rows."""

from core.scores import Scores
from dashboard.viewmodels.scores import score_rows, scores_sentence

FOUND = Scores(
    bleu=83.44, chrf=91.2, loss=0.4123, sentences=1500, signatures={"bleu": "nrefs:1|case:mixed"}
)


def test_rows_carry_signatures() -> None:
    rows = {row.name: row for row in score_rows(FOUND)}
    assert list(rows) == ["BLEU", "chrF", "Loss", "Sentences"]
    assert rows["BLEU"].signature == "nrefs:1|case:mixed"
    assert rows["Sentences"].value == "1,500"


def test_the_sentence_has_the_main_scores() -> None:
    assert scores_sentence(FOUND) == "BLEU 83.4 · chrF 91.2"
    assert scores_sentence(Scores()) == "not evaluated"
