"""Suggestions are stored as corrections, or refused with a reason."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from core.feedback.store import Correction, FeedbackStore
from core.serving.server import MAX_STORING
from tests.core.serving.served import ServedRegistry


def test_a_suggestion_becomes_a_correction_to_train_on(
    served: ServedRegistry, client: TestClient
) -> None:
    served.promote(1)
    fields = {"q": "hello", "s": " hola ", "source": "auto", "target": "es"}
    for send in ({"json": fields}, {"data": fields | {"q": "bye", "s": "adiós"}}):
        answer = client.post("/suggest", **send)
        assert (answer.status_code, answer.json()) == (200, {"success": True})
    newest, first = served.feedback.list()
    assert (first.source, first.correction, first.hypothesis) == ("hello", "hola", "")
    assert (first.source_language, first.target_language) == ("en", "es")
    assert (first.model, first.actor) == ("en-es:1", "client")
    assert newest.correction == "adiós"
    entries = served.ledger.entries()
    assert [(entry.origin, entry.action) for entry in entries] == [("api", "feedback.add")] * 2
    assert client.get("/frontend/settings").json()["suggestions"] is True


@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [
        ({"q": "hello"}, 400, "missing s parameter"),
        ({"s": "hola"}, 400, "missing q parameter"),
        ({"q": ["hello"], "s": "hola"}, 400, "q must be a text"),
        ({"q": "hello", "s": "  "}, 400, "needs a source text and a corrected text"),
        ({"q": "hello", "s": "h\0la"}, 400, "NUL"),
        ({"q": "hello", "s": "x" * 101}, 413, "exceeds text limit"),
        ({"q": "hello", "s": "hola", "target": "fr"}, 400, "there is no model for"),
        ({"q": "hello", "s": "hola", "target": "é"}, 400, "must be a language code"),
        ({"q": "hello", "s": "hola", "target": "e" * 36}, 400, "must be a language code"),
    ],
)
def test_an_invalid_suggestion_is_refused(
    served: ServedRegistry, client: TestClient, fields: dict[str, Any], status: int, words: str
) -> None:
    served.promote(1)
    answer = client.post("/suggest", json=fields)
    assert (answer.status_code, list(answer.json())) == (status, ["error"])
    assert words in answer.json()["error"]
    assert not served.feedback.list()


def test_a_suggestion_that_matches_several_models_is_refused(
    served: ServedRegistry, client: TestClient
) -> None:
    served.promote(1)
    served.promote(2, "fr", "es")
    fields = {"q": "Where is it?", "s": "¿Dónde está?", "source": "auto", "target": "es"}
    refused = client.post("/suggest", json=fields)
    assert (refused.status_code, "Give both languages" in refused.json()["error"]) == (400, True)
    assert client.post("/suggest", json=fields | {"source": "en"}).status_code == 200
    assert [entry.model for entry in served.feedback.list()] == ["en-es:1"]


def test_too_many_suggestions_at_once_get_429(
    served: ServedRegistry, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    served.promote(1)
    gate = threading.Event()

    def add(_store: FeedbackStore, _correction: Correction) -> None:
        assert gate.wait(60)

    monkeypatch.setattr(FeedbackStore, "add", add)
    statuses: list[int] = []

    def send(number: int) -> None:
        fields = {"q": "hello", "s": f"hola {number}"}
        statuses.append(client.post("/suggest", json=fields).status_code)

    threads = [threading.Thread(target=send, args=(number,)) for number in range(MAX_STORING + 3)]
    for thread in threads:
        thread.start()
    pause = threading.Event()
    while len(statuses) < 3:
        pause.wait(0.02)
    gate.set()
    for thread in threads:
        thread.join()
    assert statuses == [429] * 3 + [200] * MAX_STORING


def test_suggestions_from_other_machines_are_refused(
    served: ServedRegistry, make_client: Callable[..., TestClient]
) -> None:
    served.promote(1)
    served.takes_suggestions = False
    client = make_client()
    answer = client.post("/suggest", json={"q": "hello", "s": "hola"})
    assert (answer.status_code, "this machine alone" in answer.json()["error"]) == (403, True)
    assert client.get("/frontend/settings").json()["suggestions"] is False
