"""Bodies of requests in LibreTranslate's shape: read within limits, checked field by field."""

import email
import email.policy
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs

from core.errors import InputError

MAX_BEAM = 16
MAX_TEXTS = 512
_LONGEST_CODE = 35  # of BCP 47 tags
_BYTES_PER_CHARACTER = 12  # JSON may write one as two escapes of six bytes
_BYTES_AROUND = 1 << 16

Fields = Mapping[str, object]


class TooLongError(InputError):
    """A request is longer than the server takes (413)."""

    kind = "too-long"


@dataclass(frozen=True, slots=True, kw_only=True)
class TranslationRequest:
    """What is to be translated, and how. `source` is None for `auto`."""

    texts: tuple[str, ...]
    is_list: bool
    source: str | None
    target: str | None
    beam: int
    alternatives: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A better translation of `text`. `source` is None for `auto`."""

    text: str
    translation: str
    source: str | None
    target: str | None


def max_bytes(max_characters: int) -> int:
    """Return the longest body that can hold a text of that many characters."""
    return max_characters * _BYTES_PER_CHARACTER + _BYTES_AROUND


def read_fields(content: bytes, content_type: str) -> Fields:
    """Return the fields of a JSON object or a form; raises InputError."""
    kind = content_type.partition(";")[0].strip().lower()
    try:
        if kind == "application/x-www-form-urlencoded":
            return _lone(parse_qs(content.decode(), keep_blank_values=True, max_num_fields=1000))
        if kind == "multipart/form-data":
            return _lone(_parts(content, content_type))
        document = json.loads(content)
    except (ValueError, RecursionError, LookupError) as error:
        raise InputError(
            f"Invalid request: the body is no {'form' if 'form' in kind else 'JSON'} ({error})"
        ) from None
    if not isinstance(document, dict):
        raise InputError("Invalid request: the body is no JSON object")
    return document


def read_translation(fields: Fields, *, beam: int, max_characters: int) -> TranslationRequest:
    """Return what a body asks for; raises InputError or TooLongError. `beam` is the default."""
    if fields.get("format") not in (None, "", "text"):
        raise InputError(f"{fields['format']!r} format is not supported", remedy="Use text")
    q = fields.get("q")
    alternatives = _number(fields, "alternatives", 0, 0, MAX_BEAM - 1)
    return TranslationRequest(
        texts=tuple(_texts(fields, "q", max_characters)),
        is_list=isinstance(q, list),
        source=_source(fields),
        target=_language(fields, "target"),
        beam=max(_number(fields, "beam", beam, 1, MAX_BEAM), alternatives + 1),
        alternatives=alternatives,
    )


def read_suggestion(fields: Fields, *, max_characters: int) -> Suggestion:
    """Return the better translation in a body; raises InputError or TooLongError."""
    sides = [_texts(fields, name, max_characters) for name in ("q", "s")]
    if any(isinstance(fields[name], list) for name in ("q", "s")):
        raise InputError("Invalid request: q and s are one text each")
    return Suggestion(
        text=sides[0][0],
        translation=sides[1][0],
        source=_source(fields),
        target=_language(fields, "target"),
    )


def _texts(fields: Fields, name: str, max_characters: int) -> Sequence[str]:
    """Return the texts of a field; raises InputError or TooLongError."""
    value = fields.get(name)
    if value is None:
        raise InputError(f"Invalid request: missing {name} parameter")
    given = value if isinstance(value, list) else [value]
    texts = [text for text in given if isinstance(text, str)]
    if len(texts) != len(given):
        raise InputError(f"Invalid request: {name} is a text or a list of texts")
    if len(texts) > MAX_TEXTS:
        raise TooLongError(f"Invalid request: {len(texts)} texts exceed the limit ({MAX_TEXTS})")
    size = sum(len(text) for text in texts)
    if size > max_characters:
        raise TooLongError(
            f"Invalid request: request ({size}) exceeds text limit ({max_characters})"
        )
    return texts


def _source(fields: Fields) -> str | None:
    """Return the source language; None when it is to be guessed."""
    code = _language(fields, "source")
    return None if code == "auto" else code


def _language(fields: Fields, name: str) -> str | None:
    """Return a language code; None when it is not given."""
    value = fields.get(name)
    if value in (None, ""):
        return None
    if not (isinstance(value, str) and value.isascii() and len(value) <= _LONGEST_CODE):
        raise InputError(f"Invalid request: {name} is a language code")
    return value


def _number(fields: Fields, name: str, default: int, low: int, high: int) -> int:
    """Return a whole number within limits; raises InputError."""
    value = fields.get(name)
    if value in (None, ""):
        return default
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise InputError(f"Invalid request: {name} is a whole number")
    text = str(value)
    if not (text.isascii() and text.isdecimal() and len(text) < 10):  # noqa: PLR2004  (any int)
        raise InputError(f"Invalid request: {name} is a whole number, not {text[:20]!r}")
    if not low <= int(text) <= high:
        raise InputError(f"Invalid request: {name} lies between {low} and {high}")
    return int(text)


def _lone(lists: Mapping[str, Sequence[str]]) -> Fields:
    """Return the fields of a form: what is given once is a text, else a list."""
    return {name: values[0] if len(values) == 1 else list(values) for name, values in lists.items()}


def _parts(content: bytes, content_type: str) -> Mapping[str, Sequence[str]]:
    """Return the text fields of a multipart form; raises ValueError."""
    head = f"Content-Type: {content_type}\r\n\r\n".encode()
    message = email.message_from_bytes(head + content, policy=email.policy.HTTP)
    fields: dict[str, list[str]] = {}
    for part in message.walk():
        name = part.get_param("name", header="content-disposition")
        payload = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(payload, bytes):
            fields.setdefault(name, []).append(payload.decode())
    return fields
