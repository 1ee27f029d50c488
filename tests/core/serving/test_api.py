"""The API as described is the API as it answers."""

from typing import Any

import pytest
from openapi_spec_validator import validate
from starlette.testclient import TestClient

from core.inference.translator import Attention, Translator
from core.registry.records import ModelVersion
from core.serving.api import OPERATIONS, Operation
from tests.core.serving.served import ServedRegistry

UNDESCRIBED = {"/", "/docs", "/spec"}


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
def promoted(served: ServedRegistry) -> None:
    """Production points at a version, and attention can be shown."""
    served.compute_attention = one_token_attention
    served.promote(3)


def test_the_description_is_valid_openapi(client: TestClient) -> None:
    document = client.get("/spec").json()
    validate(document)
    assert document["info"]["version"]
    assert client.get("/docs").json() == document


def test_every_path_is_described_with_its_method(served: ServedRegistry) -> None:
    routes = {
        (path, "POST" if "POST" in methods else "GET")
        for route in served.server().app().routes
        if (path := getattr(route, "path", "")) not in UNDESCRIBED
        and (methods := getattr(route, "methods", ()))
    }
    assert {(operation.path, operation.method) for operation in OPERATIONS} == routes


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.path)
@pytest.mark.parametrize("form", [False, True])
def test_every_example_works(client: TestClient, operation: Operation, *, form: bool) -> None:
    body: dict[str, Any] = {"data" if form else "json": dict(operation.example)}
    answer = client.request(operation.method, operation.path, **(body if operation.fields else {}))
    assert answer.status_code == 200
    if isinstance(operation.answer, str):
        assert operation.answer.split()[0] in answer.text
        return
    assert keys(operation.answer) <= keys(answer.json())


@pytest.mark.parametrize(
    ("path", "name"),
    [(op.path, field.name) for op in OPERATIONS for field in op.fields if field.is_needed],
)
def test_what_is_needed_is_demanded(client: TestClient, path: str, name: str) -> None:
    operation = next(op for op in OPERATIONS if op.path == path)
    needed = {field.name: field.example for field in operation.fields if field.is_needed}
    assert client.post(path, json=needed).status_code == 200
    refused = client.post(path, json={key: needed[key] for key in needed if key != name})
    assert refused.status_code == 400
    assert name in refused.json()["error"]


def test_the_page_shows_every_path_with_an_example_that_can_be_pasted(client: TestClient) -> None:
    page = client.get("/docs", headers={"accept": "text/html,*/*;q=0.8"})
    assert page.headers["content-type"].startswith("text/html")
    for operation in OPERATIONS:
        assert f"curl http://localhost:5000{operation.path}" in page.text
    assert "src=" not in page.text


def keys(document: object) -> set[str]:
    """Return the keys of an object, or of a list's first one."""
    first = document[0] if isinstance(document, list) else document
    assert isinstance(first, dict)
    return set(first)
