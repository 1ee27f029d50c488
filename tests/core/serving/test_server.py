"""The answers of the server, with a translator that echoes: formats, refusals, alias moves."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pytest
from starlette.testclient import TestClient

from core.clock import SystemClock
from core.inference.translator import Translation
from core.serving.server import MAX_WAITING
from tests.core.inference.echo import EchoTranslator
from tests.core.serving.served import ServedRegistry


def test_without_a_model_it_is_healthy_and_names_the_next_command(client: TestClient) -> None:
    health = client.get("/health")
    assert (health.status_code, health.json()["status"], health.json()["model"]) == (
        200,
        "ok",
        None,
    )
    refused = client.post("/translate", json={"q": "hello", "source": "en", "target": "es"})
    assert refused.status_code == 503
    assert "datahall models promote" in refused.json()["error"]
    assert refused.headers["retry-after"]
    assert client.get("/languages").json() == []
    assert client.get("/frontend/settings").status_code == 200


def test_one_text_is_answered_in_the_format_of_libretranslate(
    served: ServedRegistry, client: TestClient
) -> None:
    served.promote(1)
    answer = client.post("/translate", json={"q": "hello", "source": "en", "target": "es"}).json()
    assert answer.pop("milliseconds") >= 0
    assert answer == {"translatedText": "HELLO", "score": 0.0, "model_version": "en-es:1"}


def test_lists_are_answered_with_lists(served: ServedRegistry, client: TestClient) -> None:
    served.promote(1)
    fields = {"q": ["hello", "", "YES"], "source": "auto", "target": "es", "alternatives": 2}
    answer = client.post("/translate", json=fields).json()
    assert answer["translatedText"] == ["HELLO", "", "YES"]
    assert answer["alternatives"] == [["hello"], [], []]
    assert answer["alternative_scores"] == [[-1.0], [], []]
    assert [entry["language"] for entry in answer["detectedLanguage"]] == ["en", "en", "en"]


def test_forms_are_answered_too(served: ServedRegistry, client: TestClient) -> None:
    served.promote(1)
    fields = {"q": "hello", "source": "en", "target": "es", "api_key": "ignored"}
    assert client.post("/translate", data=fields).json()["translatedText"] == "HELLO"


def test_languages_are_those_of_the_loaded_models(
    served: ServedRegistry, client: TestClient
) -> None:
    served.promote(1)
    served.promote(1, "en", "de")
    assert client.get("/languages").json() == [
        {"code": "en", "name": "English", "targets": ["de", "es"]},
        {"code": "de", "name": "German", "targets": []},
        {"code": "es", "name": "Spanish", "targets": []},
    ]
    settings = client.get("/frontend/settings").json()
    assert settings["language"]["target"] == {"code": "de", "name": "German"}
    assert settings["charLimit"] == 100


def test_the_language_pair_chooses_the_model(served: ServedRegistry, client: TestClient) -> None:
    served.promote(1)
    served.promote(7, "en", "de")
    for target, version in (("es", "en-es:1"), ("de", "en-de:7"), ("", "en-de:7")):
        fields = {"q": "hi", "source": "en", "target": target}
        assert client.post("/translate", json=fields).json()["model_version"] == version
    refused = client.post("/translate", json={"q": "hi", "source": "fr", "target": "es"})
    assert refused.status_code == 400
    assert (
        refused.json()["error"] == "there is no model for fr to es. Available: en to de, en to es"
    )


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b'{"source": "en"}', 400),
        (b'{"q": "\\ud800"}', 400),
        (b'{"q": "x", "target": "\\ud800"}', 400),
        (b'{"q": "x", "format": "html"}', 400),
        (b'{"q": "' + b"x" * 101 + b'"}', 413),
        (b'{"q": "' + b"x" * 2_000_000 + b'"}', 413),
    ],
)
def test_refusals_have_the_format_of_libretranslate(
    served: ServedRegistry, client: TestClient, body: bytes, status: int
) -> None:
    served.promote(1)
    answer = client.post("/translate", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == status
    assert list(answer.json()) == ["error"]


def test_unknown_paths_and_methods_are_json_too(client: TestClient) -> None:
    assert "/docs" in client.get("/nothing").json()["error"]
    wrong_method = client.get("/translate")
    assert (wrong_method.status_code, list(wrong_method.json())) == (405, ["error"])
    assert client.get("/").json()["name"] == "Datahall translation server"


def test_the_model_is_swapped_when_the_alias_moves(
    served: ServedRegistry, client: TestClient
) -> None:
    served.promote(1)
    assert client.get("/health").json()["model"] == "en-es:1"
    served.promote(2)
    model = client.get("/health").json()["models"][0]
    assert (model["model"], model["run"]) == ("en-es:2", "run 2")
    served.move(1)
    wait_until(lambda: client.get("/health").json()["model"] == "en-es:1")


def test_while_a_version_cannot_be_loaded_the_previous_one_serves(
    served: ServedRegistry, client: TestClient
) -> None:
    served.promote(1)
    served.damaged.add(2)
    served.promote(2)
    assert client.post("/translate", json={"q": "hi"}).json()["model_version"] == "en-es:1"
    assert (
        client.get("/health").json()["problem"]
        == "en-es:2 cannot be loaded: model.bin is truncated"
    )


@pytest.mark.parametrize(
    ("text", "language"), [("Where is the station?", "en"), ("¿Dónde está?", "es")]
)
def test_the_language_of_a_text_is_identified(client: TestClient, text: str, language: str) -> None:
    assert client.post("/detect", json={"q": text}).json()[0]["language"] == language


def test_a_web_page_of_another_machine_is_refused(client: TestClient) -> None:
    headers = {"origin": "https://evil.example"}
    assert client.post("/translate", json={"q": "hi"}, headers=headers).status_code == 403


def test_requests_that_are_answered_are_counted(served: ServedRegistry, client: TestClient) -> None:
    served.promote(1)
    client.post("/translate", json={"q": "hello"})
    client.post("/translate", json={})
    client.post("/wp-login.php", json={})
    text = client.get("/metrics").text
    assert 'datahall_translation_requests_total{path="/translate",status="200"} 1' in text
    assert 'datahall_translation_requests_total{path="/translate",status="400"} 1' in text
    assert "wp-login" not in text
    assert "datahall_translation_characters_total 5" in text
    assert 'datahall_translation_model_info{model="en-es:1"} 1' in text
    assert client.get("/health").json()["requests"] == 3


def test_attention_needs_one_text_and_torch(served: ServedRegistry, client: TestClient) -> None:
    served.promote(1)
    assert client.post("/attention", json={"q": ["a"]}).status_code == 400
    refused = client.post("/attention", json={"q": "hello"})
    assert (refused.status_code, refused.json()["error"]) == (503, "attention needs torch")


@dataclass
class SlowTranslator:
    """A translator that waits for an event."""

    gate: threading.Event
    version: str = "en-es:1"
    languages: tuple[str, str] = ("en", "es")

    def translate(
        self, texts: Sequence[str], *, beam: int = 5, n_best: int = 1
    ) -> Sequence[Translation]:
        """Wait for the event, then echo."""
        assert self.gate.wait(30)
        return EchoTranslator(version=self.version).translate(texts, beam=beam, n_best=n_best)


def test_when_too_many_requests_wait_the_next_gets_429(
    served: ServedRegistry, make_client: Callable[..., TestClient]
) -> None:
    gate = threading.Event()
    served.pool.load = lambda _version: SlowTranslator(gate)
    served.promote(1)
    client = make_client(workers=1)
    statuses: list[int] = []

    def send() -> None:
        statuses.append(client.post("/translate", json={"q": "hello"}).status_code)

    threads = [threading.Thread(target=send) for _ in range(MAX_WAITING)]
    for thread in threads:
        thread.start()
    wait_until(lambda: client.get("/health").json()["waiting"] == MAX_WAITING)
    refused = client.post("/translate", json={"q": "hello"})
    gate.set()
    for thread in threads:
        thread.join()
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
    assert statuses == [200] * MAX_WAITING


def wait_until(holds: Callable[[], bool], timeout_s: float = 60.0) -> None:
    """Return when the condition is true; fail after the timeout."""
    clock, paused = SystemClock(), threading.Event()
    deadline = clock.monotonic() + timeout_s
    while not holds():
        assert clock.monotonic() < deadline, "the condition did not become true in time"
        paused.wait(0.01)
