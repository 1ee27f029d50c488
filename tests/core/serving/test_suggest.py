"""Suggestions over the wire: kept as corrections, or refused with a reason."""

from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from core.audit import Ledger
from core.database import Database
from tests.core.serving.hall import Hall


def test_a_suggestion_becomes_a_correction_to_train_on(
    hall: Hall, client: TestClient, database: Database
) -> None:
    """Recorded in the ledger like what the page does; the model that serves is noted."""
    hall.promote(1)
    told = {"q": "hello", "s": " hola ", "source": "auto", "target": "es"}
    for send in ({"json": told}, {"data": told | {"q": "bye", "s": "adiós"}}):
        answer = client.post("/suggest", **send)
        assert (answer.status_code, answer.json()) == (200, {"success": True})
    newest, first = hall.feedback.list()
    assert (first.source, first.correction, first.hypothesis) == ("hello", "hola", "")
    assert (first.source_language, first.target_language) == ("en", "es")
    assert (first.model, first.actor) == ("en-es:1", "client")
    assert newest.correction == "adiós"
    entries = Ledger(database, hall.clock).entries()
    assert [(entry.origin, entry.action) for entry in entries] == [("api", "feedback.add")] * 2
    assert client.get("/frontend/settings").json()["suggestions"] is True


@pytest.mark.parametrize(
    ("told", "status", "words"),
    [
        ({"q": "hello"}, 400, "missing s parameter"),
        ({"s": "hola"}, 400, "missing q parameter"),
        ({"q": ["hello"], "s": "hola"}, 400, "one text each"),
        ({"q": "hello", "s": "  "}, 400, "needs a source and a corrected text"),
        ({"q": "hello", "s": "h\0la"}, 400, "NUL"),
        ({"q": "hello", "s": "x" * 101}, 413, "exceeds text limit"),
        ({"q": "hello", "s": "hola", "target": "fr"}, 400, "is not served"),
    ],
)
def test_a_suggestion_that_says_nothing_is_refused(
    hall: Hall, client: TestClient, told: dict[str, Any], status: int, words: str
) -> None:
    """And nothing is kept."""
    hall.promote(1)
    answer = client.post("/suggest", json=told)
    assert (answer.status_code, list(answer.json())) == (status, ["error"])
    assert words in answer.json()["error"]
    assert not hall.feedback.list()


def test_suggestions_of_a_network_are_not_taken(
    hall: Hall, make_client: Callable[..., TestClient]
) -> None:
    """What anybody may send would be trained on."""
    hall.promote(1)
    hall.intake = None
    client = make_client()
    answer = client.post("/suggest", json={"q": "hello", "s": "hola"})
    assert (answer.status_code, "this machine only" in answer.json()["error"]) == (403, True)
    assert client.get("/frontend/settings").json()["suggestions"] is False
