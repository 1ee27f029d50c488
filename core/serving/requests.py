"""Requests of the API, in the wire format of LibreTranslate with additional fields.

A request is a JSON object, a form or a query string, so it is read here and not by FastAPI; the
models check the fields and describe them in the OpenAPI document.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, TypeVar
from urllib.parse import parse_qs

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from python_multipart import create_form_parser
from python_multipart.exceptions import FormParserError
from starlette.requests import Request

from core.errors import InputError
from core.serving.errors import TooLongError
from core.text import parse_language

AUTO = "auto"  # as source: any language, and the response holds the identified one
MAX_BEAM = 16
MAX_TEXTS = 512
FORM_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data")
_MAX_FIELDS = 1000
_MAX_BYTES_PER_CHARACTER = 12  # JSON may escape one character as two \uXXXX
_MAX_OTHER_BYTES = 1 << 16
_MAX_DIGITS = 9

Fields = Mapping[str, object]
RequestModel = TypeVar("RequestModel", bound="_RequestModel")


def _empty_is_missing(value: object) -> object:
    """Return None for the empty text that forms send for an empty field."""
    return None if value == "" else value


def _whole_number(value: object) -> object:
    """Return the number that a form sends as text."""
    if not isinstance(value, str):
        return value
    if value.isascii() and value.isdecimal() and len(value) <= _MAX_DIGITS:
        return int(value)
    return value or None


def _language_code(value: object) -> object:
    """Return a language code in standard form; None for no code, `auto` unchanged."""
    if not isinstance(value, str) or value == AUTO:
        return value
    if not value:
        return None
    try:
        return parse_language(value)
    except InputError as error:
        raise ValueError(str(error)) from None


# The description of a field also completes the error message "FIELD must be ...".
_Text = Annotated[str, Field(description="a text", examples=["Hello, how are you?"])]
_Texts = Annotated[
    str | list[str],
    Field(description="a text or a list of texts", examples=["Hello, how are you?"]),
]
_Source = Annotated[
    str | None,
    BeforeValidator(_language_code),
    Field(description="a language code such as en, or auto to identify it", examples=["en"]),
]
_Target = Annotated[
    str | None,
    BeforeValidator(_language_code),
    Field(description="a language code such as es", examples=["es"]),
]
_Beam = Annotated[
    Annotated[int, Field(ge=1, le=MAX_BEAM)] | None,
    BeforeValidator(_whole_number),
    Field(description=f"the beam width, a whole number from 1 to {MAX_BEAM}"),
]
_Alternatives = Annotated[
    Annotated[int, Field(ge=0, le=MAX_BEAM - 1)] | None,
    BeforeValidator(_whole_number),
    Field(
        description="the number of other translations to add, a whole number from 0 to "
        f"{MAX_BEAM - 1}",
        examples=[1],
    ),
]
_Format = Annotated[
    Literal["text"] | None, BeforeValidator(_empty_is_missing), Field(description="text")
]


class _RequestModel(BaseModel):
    """A request; unknown fields, such as `api_key` of LibreTranslate, are ignored."""

    model_config = ConfigDict(extra="ignore", strict=True, frozen=True)

    q: _Texts

    @property
    def texts(self) -> Sequence[str]:
        """The texts, also when `q` is a single one."""
        return [self.q] if isinstance(self.q, str) else self.q

    @property
    def num_characters(self) -> int:
        """The number of characters that is compared with the limit."""
        return sum(len(text) for text in self.texts)


class DetectRequest(_RequestModel):
    """The texts whose language is identified."""


class _DirectedRequest(_RequestModel):
    """A request to a model; without a language, or with `auto`, any model is used."""

    source: _Source = None
    target: _Target = None

    @property
    def direction(self) -> tuple[str | None, str | None]:
        """Source and target language; None for any."""
        return (None if self.source == AUTO else self.source, self.target)


class TranslateRequest(_DirectedRequest):
    """The texts to translate."""

    alternatives: _Alternatives = None
    beam: _Beam = None
    format: _Format = None


class AttentionRequest(_DirectedRequest):
    """The text whose attention is computed."""

    q: _Text
    beam: _Beam = None


class SuggestRequest(_DirectedRequest):
    """A text and a better translation of it."""

    q: _Text
    s: Annotated[
        str, Field(description="the better translation, a text", examples=["Hola, ¿qué tal?"])
    ]

    @property
    def num_characters(self) -> int:
        """The length of the longer text."""
        return max(len(self.q), len(self.s))


async def read_request(
    request: Request, model: type[RequestModel], max_characters: int
) -> RequestModel:
    """Read and check a request; raises InputError with one sentence, or TooLongError."""
    query = parse_qs(request.url.query, keep_blank_values=True, max_num_fields=_MAX_FIELDS)
    content = await _read_body(request, max_characters)
    fields = {**_single(query), **_parse_body(content, request.headers.get("content-type", ""))}
    try:
        given = model.model_validate(fields)
    except ValidationError as error:
        raise InputError(_sentence(error, model)) from None
    if len(given.texts) > MAX_TEXTS:
        raise TooLongError(f"Invalid request: {len(given.texts)} texts exceed limit ({MAX_TEXTS})")
    if given.num_characters > max_characters:
        raise TooLongError(
            f"Invalid request: request ({given.num_characters}) exceeds text limit "
            f"({max_characters})"
        )
    return given


async def _read_body(request: Request, max_characters: int) -> bytes:
    """Return the body; reading stops where it is longer than any accepted text could make it."""
    limit = max_characters * _MAX_BYTES_PER_CHARACTER + _MAX_OTHER_BYTES
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > limit:
            raise TooLongError(
                f"Invalid request: the request body exceeds {limit} bytes",
                remedy=f"Send at most {max_characters} characters at a time",
            )
    return bytes(content)


def _parse_body(content: bytes, content_type: str) -> Fields:
    """Return the fields of a JSON object or a form; raises InputError."""
    kind = content_type.partition(";")[0].strip().lower()
    try:
        if kind == "multipart/form-data":
            return _single(_parse_multipart(content, content_type))
        if kind in FORM_TYPES:
            # Starlette decodes unescaped bytes as Latin-1, and curl -d sends unescaped UTF-8.
            form = parse_qs(content.decode(), keep_blank_values=True, max_num_fields=_MAX_FIELDS)
            return _single(form)
    except (ValueError, FormParserError):
        raise InputError("Invalid request: the request body is not a valid form") from None
    if not content.strip():
        return {}
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        raise InputError("Invalid request: the request body is not valid JSON") from None
    if not isinstance(document, dict):
        raise InputError("Invalid request: the request body is not a JSON object")
    return document


def _parse_multipart(content: bytes, content_type: str) -> Mapping[str, Sequence[str]]:
    """Return the text fields of a multipart form; raises ValueError and FormParserError."""
    fields: dict[str, list[str]] = {}

    def add(name: bytes | None, value: bytes | None) -> None:
        fields.setdefault((name or b"").decode(), []).append((value or b"").decode())

    parser = create_form_parser(
        {"Content-Type": content_type.encode("latin-1")},
        on_field=lambda field: add(field.field_name, field.value),
        on_file=lambda _file: None,
    )
    parser.write(content)
    parser.finalize()
    return fields


def _single(lists: Mapping[str, Sequence[str]]) -> Fields:
    """Return the fields of a form; a field that occurs several times is a list."""
    return {name: values[0] if len(values) == 1 else list(values) for name, values in lists.items()}


def _sentence(error: ValidationError, model: type[BaseModel]) -> str:
    """Return the first error as a sentence; a missing field as LibreTranslate words it."""
    first = error.errors(include_url=False, include_context=False)[0]
    name = str(first["loc"][0])
    if first["type"] == "missing":
        return f"Invalid request: missing {name} parameter"
    return f"Invalid request: {name} must be {model.model_fields[name].description}"
