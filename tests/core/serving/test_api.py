"""The OpenAPI document describes the API as it answers."""

from collections.abc import Mapping
from typing import Any

import pytest
from openapi_spec_validator import validate
from starlette.testclient import TestClient

from core.inference.translator import Attention, Translator
from core.registry.records import ModelVersion
from core.serving.docs_page import example_of
from tests.core.serving.served import ServedRegistry

PATHS = (
    "/translate", "/suggest", "/detect", "/attention", "/languages", "/frontend/settings",
    "/health", "/metrics",
)  # fmt: skip
POSTED = PATHS[:4]
REQUIRED = [("/suggest", "s"), *((path, "q") for path in POSTED)]


def one_token_attention(
    _version: ModelVersion, translator: Translator, text: str, beam: int
) -> Attention:
    """Return attention over one token."""
    tokens = (f"{text}{beam}",)
    return Attention(
        source_tokens=tokens, target_tokens=tokens, weights=((1.0,),), layer=0,
        model_version=translator.version,
    )  # fmt: skip


@pytest.fixture(autouse=True)
def _promoted(served: ServedRegistry) -> None:
    """Production points at a version, and attention can be computed."""
    served.compute_attention = one_token_attention
    served.promote(3)


@pytest.fixture
def openapi(client: TestClient) -> Mapping[str, Any]:
    """The OpenAPI document."""
    document: Mapping[str, Any] = client.get("/spec").json()
    return document


def test_the_document_is_valid_openapi(client: TestClient, openapi: Mapping[str, Any]) -> None:
    validate(openapi)
    assert openapi["info"]["version"]
    assert client.get("/docs").json() == openapi


def test_every_path_is_described(openapi: Mapping[str, Any]) -> None:
    described = {path: set(methods) for path, methods in openapi["paths"].items()}
    assert described == {path: {"post"} if path in POSTED else {"get"} for path in PATHS}
    for (operation,) in map(dict.values, openapi["paths"].values()):
        assert operation["description"].endswith(".")


@pytest.mark.parametrize("path", POSTED)
@pytest.mark.parametrize("place", ["json", "data", "params"])
def test_the_example_of_a_request_works(
    client: TestClient, openapi: Mapping[str, Any], path: str, place: str
) -> None:
    answer = client.post(path, **{place: example_body(openapi, path)})
    assert answer.status_code == 200, answer.text
    assert keys(example_answer(openapi, path, "post")) >= keys(answer.json())


@pytest.mark.parametrize("path", ["/languages", "/frontend/settings", "/health"])
def test_an_answer_has_the_described_keys(
    client: TestClient, openapi: Mapping[str, Any], path: str
) -> None:
    assert keys(example_answer(openapi, path, "get")) <= keys(client.get(path).json())


@pytest.mark.parametrize(("path", "name"), REQUIRED)
def test_only_the_required_fields_are_required(
    client: TestClient, openapi: Mapping[str, Any], path: str, name: str
) -> None:
    schema = openapi["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]
    example = example_body(openapi, path)
    needed = {key: example[key] for key in schema["required"]}
    assert client.post(path, json=needed).status_code == 200
    refused = client.post(path, json={key: needed[key] for key in needed if key != name})
    assert refused.status_code == 400
    assert refused.json()["error"] == f"Invalid request: missing {name} parameter"


def test_the_page_shows_every_path_with_an_example_and_loads_nothing(client: TestClient) -> None:
    page = client.get("/docs", headers={"accept": "text/html,*/*;q=0.8"})
    assert page.headers["content-type"].startswith("text/html")
    for path in PATHS:
        assert f"curl http://localhost:5000{path}" in page.text
    assert "src=" not in page.text
    assert "<script" not in page.text


def example_body(openapi: Mapping[str, Any], path: str) -> dict[str, Any]:
    """Return the example of a request."""
    content = openapi["paths"][path]["post"]["requestBody"]["content"]["application/json"]
    example: dict[str, Any] = example_of(openapi, content["schema"])
    return example


def example_answer(openapi: Mapping[str, Any], path: str, method: str) -> Any:  # noqa: ANN401  (JSON)
    """Return the example of an answer."""
    answer = openapi["paths"][path][method]["responses"]["200"]["content"]["application/json"]
    return example_of(openapi, answer["schema"])


def keys(document: object) -> set[str]:
    """Return the keys of an object, or of the first object in a list."""
    first = document[0] if isinstance(document, list) else document
    assert isinstance(first, dict)
    return set(first)
