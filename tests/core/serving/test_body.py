"""Bodies of requests: what is taken, what is refused, and that nothing else happens."""

import contextlib
import json
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as some

from core.errors import InputError
from core.serving.body import TooLongError, read_fields, read_translation

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


def read(document: object) -> object:
    """Return what a JSON body asks for."""
    fields = read_fields(json.dumps(document).encode(), JSON)
    return read_translation(fields, beam=5, max_characters=50)


def test_json_and_forms_ask_the_same() -> None:
    asked = {"q": "Hi & bye?\n🙂", "source": "en", "target": "es", "alternatives": "3"}
    form = read_fields(urlencode(asked).encode(), FORM + "; charset=utf-8")
    boundary = "xyz"
    parts = "".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in asked.items()
    )
    multipart = read_fields(
        f"{parts}--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"
    )
    expected = read({**asked, "api_key": "secret", "format": "text"})
    for fields in (form, multipart):
        assert read_translation(fields, beam=5, max_characters=50) == expected


def test_defaults() -> None:
    asked = read_translation(
        read_fields(b'{"q": "x", "source": "auto"}', JSON), beam=5, max_characters=50
    )
    assert (asked.texts, asked.is_list, asked.source, asked.target) == (("x",), False, None, None)
    assert (asked.beam, asked.alternatives) == (5, 0)


def test_a_wider_beam_comes_with_more_alternatives() -> None:
    fields = read_fields(b'{"q": ["x"], "beam": 2, "alternatives": 7}', JSON)
    assert read_translation(fields, beam=5, max_characters=50).beam == 8


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"null",
        b'{"q": ',
        b"\xff\xfe",
        b'{"q": "\xff"}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"1" * 10_000,
    ],
)
def test_what_is_no_json_object_is_refused(content: bytes) -> None:
    with pytest.raises(InputError):
        read_translation(read_fields(content, JSON), beam=5, max_characters=50)


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"q": None},
        {"q": 7},
        {"q": ["a", 7]},
        {"q": [["a"]]},
        {"q": {"a": "b"}},
        {"q": "x", "format": "html"},
        {"q": "x", "alternatives": -1},
        {"q": "x", "alternatives": 16},
        {"q": "x", "alternatives": 1.5},
        {"q": "x", "alternatives": True},
        {"q": "x", "beam": "wide"},
        {"q": "x", "beam": 10**30},
        {"q": "x", "beam": "٣"},
        {"q": "x", "source": ["en"]},
        {"q": "x", "target": 3},
    ],
)
def test_fields_of_another_kind_are_refused(document: dict[str, object]) -> None:
    with pytest.raises(InputError, match=r"q |format|alternatives|beam|source|target"):
        read(document)


def test_too_much_text_is_refused() -> None:
    read({"q": "x" * 50})
    with pytest.raises(TooLongError, match=r"\(51\) exceeds text limit \(50\)"):
        read({"q": ["x" * 25, "x" * 26]})
    with pytest.raises(TooLongError, match="513 texts"):
        read({"q": [""] * 513})


@given(
    content=some.binary(max_size=200),
    kind=some.sampled_from([JSON, FORM, "multipart/form-data; boundary=b", "x"]),
)
def test_any_bytes_are_read_or_refused(content: bytes, kind: str) -> None:
    with contextlib.suppress(InputError):
        read_translation(read_fields(content, kind), beam=5, max_characters=50)
