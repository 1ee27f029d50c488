"""Requests are read from JSON, forms and query strings; what cannot be read is refused with 400."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as some
from starlette.testclient import TestClient

from tests.core.serving.served import ServedRegistry

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=b"
TEXT = "Hi & bye?\n🙂 é"
FIELDS = {"q": TEXT, "source": "en", "target": "es", "alternatives": "1", "api_key": "ignored"}

Post = Callable[..., Any]


@pytest.fixture
def post(served: ServedRegistry, client: TestClient) -> Post:
    """A function that posts a body to /translate and returns the answer."""
    served.promote(1)

    def send(content: bytes, kind: str | None = JSON, query: str = "") -> Any:  # noqa: ANN401  (response)
        headers = {b"content-type": kind.encode("latin-1")} if kind else {}
        return client.post(f"/translate{query}", content=content, headers=headers)

    return send


def multipart(fields: dict[str, str]) -> bytes:
    """Return a multipart form with the boundary `b`."""
    parts = (
        f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    )
    return "".join((*parts, "--b--\r\n")).encode()


@pytest.mark.parametrize(
    ("content", "kind", "query"),
    [
        (json.dumps(FIELDS).encode(), JSON, ""),
        (json.dumps(FIELDS, ensure_ascii=False).encode(), None, ""),
        (urlencode(FIELDS).encode(), FORM + "; charset=utf-8", ""),
        (urlencode(FIELDS | {"q": "~"}).replace("~", TEXT.replace("&", "%26")).encode(), FORM, ""),
        (multipart(FIELDS), MULTIPART, ""),
        (b"", None, "?" + urlencode(FIELDS)),
        (urlencode({"q": TEXT, "alternatives": "1"}).encode(), FORM, "?source=en&target=es"),
        (json.dumps({"q": TEXT}).encode(), JSON, "?q=other&source=en&target=es&alternatives=1"),
    ],
    ids=["json", "json of no type", "form", "unescaped form", "multipart", "query",
         "form and query", "json before query"],
)  # fmt: skip
def test_fields_are_read_from_every_place(
    post: Post, content: bytes, kind: str | None, query: str
) -> None:
    answer = post(content, kind, query).json()
    assert answer["translatedText"] == TEXT.upper()
    assert answer["alternatives"] == [TEXT]


def test_a_repeated_form_field_is_a_list(post: Post) -> None:
    assert post(b"q=a&q=b", FORM).json()["translatedText"] == ["A", "B"]


def test_an_empty_list_is_answered_with_empty_lists(post: Post) -> None:
    answer = post(b'{"q": [], "alternatives": 2}').json()
    assert (answer["translatedText"], answer["alternatives"]) == ([], [])


def test_only_the_text_is_required(post: Post) -> None:
    answer = post(b'{"q": "x", "source": "", "target": "", "beam": "", "format": ""}').json()
    assert answer["translatedText"] == "X"
    assert "detectedLanguage" not in answer


@pytest.mark.parametrize("code", ["EN", "en", "auto"])
def test_language_codes_are_compared_in_standard_form(post: Post, code: str) -> None:
    assert post(json.dumps({"q": "x", "source": code}).encode()).status_code == 200


@pytest.mark.parametrize(
    "content",
    [
        b"[]",
        b"null",
        b'"text"',
        b'{"q": ',
        b"\xff\xfe",
        b'{"q": "\xff"}',
        b"[" * 60_000,
        b'{"a":' * 13_000,
        b"1" * 10_000,
    ],
)
def test_a_body_that_is_not_a_json_object_is_refused(post: Post, content: bytes) -> None:
    answer = post(content)
    assert answer.status_code == 400
    assert answer.json()["error"].startswith("Invalid request: the request body is not ")


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"q=\xff", FORM),
        (b"&".join(b"a=b" for _ in range(2000)), FORM),
        (multipart({"q": "x"}), "multipart/form-data"),
        (multipart({"q": "x"}).replace(b"x", b"\xff"), MULTIPART),
        (b"no boundary", MULTIPART),
        (b'--b\r\nContent-Disposition: form-data; name="q"\r\n\r\ntruncated', MULTIPART),
        (b"--b\r\nX: y\r\n\r\nx\r\n--b--\r\n", MULTIPART),
        (multipart({"q": "x"}), "multipart/form-data; boundary=\x80"),
    ],
)
def test_a_malformed_form_is_refused(post: Post, content: bytes, kind: str) -> None:
    answer = post(content, kind)
    assert (answer.status_code, list(answer.json())) == (400, ["error"])


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({}, "missing q parameter"),
        ({"q": None}, "q must be a text or a list of texts"),
        ({"q": 7}, "q must be a text or a list of texts"),
        ({"q": ["a", 7]}, "q must be a text or a list of texts"),
        ({"q": [["a"]]}, "q must be a text or a list of texts"),
        ({"q": {"a": "b"}}, "q must be a text or a list of texts"),
        ({"q": "x", "format": "html"}, "format must be text"),
        ({"q": "x", "alternatives": -1}, "alternatives must be the number of other"),
        ({"q": "x", "alternatives": 16}, "a whole number from 0 to 15"),
        ({"q": "x", "alternatives": 1.5}, "a whole number from 0 to 15"),
        ({"q": "x", "alternatives": True}, "a whole number from 0 to 15"),
        ({"q": "x", "beam": "wide"}, "beam must be the beam width, a whole number from 1 to 16"),
        ({"q": "x", "beam": 10**30}, "a whole number from 1 to 16"),
        ({"q": "x", "beam": "٣"}, "a whole number from 1 to 16"),
        ({"q": "x", "source": ["en"]}, "source must be a language code such as en"),
        ({"q": "x", "source": "e" * 36}, "source must be a language code such as en"),
        ({"q": "x", "target": 3}, "target must be a language code such as es"),
        ({"q": "x", "target": "\ud800"}, "target must be a language code such as es"),
        ({"q": "\ud800"}, "surrogate"),
    ],
)
def test_an_invalid_field_is_refused_with_one_sentence(
    post: Post, fields: dict[str, object], sentence: str
) -> None:
    answer = post(json.dumps(fields).encode())
    assert (answer.status_code, list(answer.json())) == (400, ["error"])
    assert sentence in answer.json()["error"]


def test_the_limit_counts_all_texts_together(post: Post) -> None:
    assert post(json.dumps({"q": "x" * 100}).encode()).status_code == 200
    for fields, sentence in (
        ({"q": ["x" * 50, "x" * 51]}, "request (101) exceeds text limit (100)"),
        ({"q": [""] * 513}, "513 texts exceed limit (512)"),
        ({"q": "x" * 1_000_000}, "the request body exceeds 66736 bytes"),
    ):
        answer = post(json.dumps(fields).encode())
        assert answer.status_code == 413
        assert sentence in answer.json()["error"]


def test_more_alternatives_widen_the_beam(post: Post) -> None:
    fields = {"q": ["x"], "beam": 2, "alternatives": 7}
    assert post(json.dumps(fields).encode()).json()["alternatives"] == [["x"]]


@effort(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=some.binary(max_size=200),
    kind=some.sampled_from([JSON, FORM, MULTIPART, "multipart/form-data", "x/y; a=\xff"]),
)
def test_any_bytes_are_answered_without_a_server_error(
    post: Post, content: bytes, kind: str
) -> None:
    assert post(content, kind).status_code < 500
