"""The REST API described once: as OpenAPI 3.1 (https://spec.openapis.org/oas/v3.1.0), as a page."""

import html
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.serving.body import MAX_BEAM

Document = dict[str, Any]

_TEXTS = {"oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
_TEXT = {"type": "string"}
_CODE = {"type": "string"}
_BEAMS = {"type": "integer", "minimum": 1, "maximum": MAX_BEAM}
_ALTERNATIVES = {"type": "integer", "minimum": 0, "maximum": MAX_BEAM - 1}
_STRANGER = {403: "The request comes from another machine, or from a web page of one."}
_REFUSALS = _STRANGER | {400: "A field is missing or wrong.", 413: "The text is too long."}
_MODEL_REFUSALS = _REFUSALS | {
    429: "Too many requests wait already: try again after Retry-After seconds.",
    503: "No model serves yet.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of a body: a JSON schema, an example, and what it is for."""

    name: str
    schema: Mapping[str, Any]
    example: object
    text: str
    is_needed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One path of the API with the answer that its example gets."""

    path: str
    summary: str
    answer: object
    fields: Sequence[Field] = field(default_factory=tuple)
    kind: str = "application/json"
    refusals: Mapping[int, str] = field(default_factory=lambda: _STRANGER)

    @property
    def method(self) -> str:
        """What takes fields is posted."""
        return "POST" if self.fields else "GET"

    @property
    def example(self) -> Mapping[str, object]:
        """A body that works."""
        return {entry.name: entry.example for entry in self.fields}


_Q = Field(
    name="q",
    schema=_TEXTS,
    example="Hello, how are you?",
    text="A text, or a list of texts",
    is_needed=True,
)
_LONE_Q = Field(
    name="q", schema=_TEXT, example="Hello, how are you?", text="One text", is_needed=True
)
_SOURCE = Field(name="source", schema=_CODE, example="en", text="Language code; auto fits any")
_TARGET = Field(
    name="target", schema=_CODE, example="es", text="Language code; without it any fits"
)
_BEAM = Field(name="beam", schema=_BEAMS, example=5, text="Beam width")

OPERATIONS = (
    Operation(
        path="/translate",
        refusals=_MODEL_REFUSALS,
        summary="Translate a text, or a list of texts",
        fields=(
            _Q,
            _SOURCE,
            _TARGET,
            Field(
                name="alternatives",
                schema=_ALTERNATIVES,
                example=1,
                text="How many other translations to add",
            ),
            _BEAM,
        ),
        answer={
            "translatedText": "Hola, ¿cómo estás?",
            "score": -0.41,
            "alternatives": ["Hola, ¿cómo está?"],
            "alternative_scores": [-1.73],
            "model_version": "en-es:3",
            "milliseconds": 6.2,
        },
    ),
    Operation(
        path="/suggest",
        refusals=_MODEL_REFUSALS,
        summary="Send a better translation; it is kept as a correction to train on",
        fields=(
            _LONE_Q,
            Field(
                name="s",
                schema=_TEXT,
                example="Hola, ¿qué tal?",
                text="The better translation",
                is_needed=True,
            ),
            _SOURCE,
            _TARGET,
        ),
        answer={"success": True},
    ),
    Operation(
        path="/detect",
        refusals=_REFUSALS,
        summary="Guess the language of a text",
        fields=(_Q,),
        answer=[{"language": "en", "confidence": 92.0}],
    ),
    Operation(
        path="/attention",
        refusals=_MODEL_REFUSALS,
        summary="Show where each target token looked; needs torch",
        fields=(_LONE_Q, _SOURCE, _TARGET, _BEAM),
        answer={"source_tokens": ["▁Hello"], "target_tokens": ["▁Hola"], "weights": [[1.0]]},
    ),
    Operation(
        path="/languages",
        summary="List the languages and what each is translated to",
        answer=[{"code": "en", "name": "English", "targets": ["es"]}],
    ),
    Operation(
        path="/frontend/settings",
        summary="Tell clients of LibreTranslate what they may ask",
        answer={"charLimit": 5000, "suggestions": True},
    ),
    Operation(
        path="/health",
        summary="Tell what serves, since when, and what is wrong",
        answer={"status": "ok", "model": "en-es:3"},
    ),
    Operation(
        path="/metrics",
        summary="Counters and latencies for Prometheus",
        answer="datahall_translation_characters_total 19\n",
        kind="text/plain",
    ),
)


def openapi_document(version: str) -> Document:
    """Return the description for programs; `version` is Datahall's."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "Datahall translation server", "version": version},
        "paths": {
            operation.path: {operation.method.lower(): _operation(operation)}
            for operation in OPERATIONS
        },
    }


def docs_page(base: str) -> str:
    """Return the description for people; `base` is the address that examples call."""
    parts = "".join(_section(operation, base.rstrip("/")) for operation in OPERATIONS)
    return _PAGE.replace("{parts}", parts)


def _operation(operation: Operation) -> Document:
    """Return one operation as OpenAPI has it."""
    document: Document = {
        "operationId": operation.path.strip("/").replace("/", "_"),
        "summary": operation.summary,
        "responses": {
            "200": {
                "description": "Done",
                "content": {operation.kind: {"example": operation.answer}},
            },
            **{str(status): {"description": text} for status, text in operation.refusals.items()},
        },
    }
    if operation.fields:
        schema = {
            "type": "object",
            "required": [entry.name for entry in operation.fields if entry.is_needed],
            "properties": {
                entry.name: {**entry.schema, "description": entry.text}
                for entry in operation.fields
            },
        }
        body = {"schema": schema, "example": operation.example}
        kinds = ("application/json", "application/x-www-form-urlencoded")
        document["requestBody"] = {"required": True, "content": dict.fromkeys(kinds, body)}
    return document


def _section(operation: Operation, base: str) -> str:
    """Return one operation as a part of the page."""
    rows = "".join(
        f"<tr><td><code>{entry.name}</code>{' (needed)' if entry.is_needed else ''}</td>"
        f"<td>{html.escape(entry.text)}</td></tr>"
        for entry in operation.fields
    )
    table = f"<table><tr><th>Field</th><th>What</th></tr>{rows}</table>" if rows else ""
    call = f"curl {base}{operation.path}"
    if operation.fields:
        call += f" -H 'Content-Type: application/json' -d '{_json(operation.example)}'"
    is_text = isinstance(operation.answer, str)
    answer = str(operation.answer) if is_text else _json(operation.answer)
    return (
        f"<section><h2><span>{operation.method}</span> {operation.path}</h2>"
        f"<p>{html.escape(operation.summary)}.</p>{table}"
        f"<pre>{html.escape(call)}\n\n{html.escape(answer)}</pre></section>"
    )


def _json(value: object) -> str:
    """Return a JSON document on one line, readable."""
    return json.dumps(value, ensure_ascii=False)


_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Datahall translation server</title>
<link rel="icon" href="data:,">
<style>
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 50rem; margin: 2rem auto; padding: 0 1rem; }
a { color: inherit; }
h2 { font-size: 1.1rem; font-family: ui-monospace, monospace; margin-top: 2.5rem; }
h2 span { font-weight: 400; }
table { border-collapse: collapse; }
th, td { text-align: left; padding: .2rem 1.5rem .2rem 0; }
pre { padding: .8rem 1rem; border: 1px solid GrayText; border-radius: 6px; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; }
</style>
</head>
<body>
<main>
<h1>Datahall translation server</h1>
<p>Clients of LibreTranslate work unchanged. Bodies are JSON or forms; what is refused is answered
with <code>{"error": "why"}</code>. For programs: <a href="/spec">the same as OpenAPI</a>.</p>
{parts}
</main>
</body>
</html>
"""
