"""The description of the API as a page without scripts, generated from the OpenAPI document."""

import html
import json
from collections.abc import Mapping
from typing import Any

Document = Mapping[str, Any]


def docs_page(openapi: Document, base_url: str) -> str:
    """Return the page; the examples call the server at `base_url`."""
    sections = "".join(
        _section(openapi, base_url.rstrip("/"), path, method, operation)
        for path, methods in openapi["paths"].items()
        for method, operation in methods.items()
    )
    return _PAGE.replace("{sections}", sections)


def example_of(openapi: Document, schema: Document) -> Any:  # noqa: ANN401  (a JSON value)
    """Return the example value of a schema; None when it has none."""
    if "examples" in schema:
        return schema["examples"][0]
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return example_of(openapi, openapi["components"]["schemas"][name])
    if "properties" in schema:
        examples = {name: example_of(openapi, item) for name, item in schema["properties"].items()}
        return {name: value for name, value in examples.items() if value is not None}
    if "items" in schema:
        return [example_of(openapi, schema["items"])]
    return schema.get("default")


def _section(openapi: Document, base_url: str, path: str, method: str, operation: Document) -> str:
    """Return the description of one operation."""
    call, rows = f"curl {base_url}{path}", ""
    body = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if body:
        schema = body["schema"]
        example = json.dumps(example_of(openapi, schema), ensure_ascii=False)
        call += f" -H 'Content-Type: application/json' -d '{example}'"
        rows = "".join(
            _row(name, item, is_required=name in schema["required"])
            for name, item in schema["properties"].items()
        )
    table = f"<table><tr><th>Field</th><th>Value</th></tr>{rows}</table>" if rows else ""
    answer = operation["responses"]["200"]["content"].get("application/json")
    shown = ""
    if answer:
        example = json.dumps(example_of(openapi, answer["schema"]), ensure_ascii=False)
        shown = f"\n\n{html.escape(example)}"
    return (
        f"<section><h2><span>{method.upper()}</span> {path}</h2>"
        f"<p>{html.escape(operation['description'])}</p>{table}"
        f"<pre>{html.escape(call)}{shown}</pre></section>"
    )


def _row(name: str, schema: Document, *, is_required: bool) -> str:
    """Return the table row of a field."""
    note = " (required)" if is_required else ""
    return (
        f"<tr><td><code>{name}</code>{note}</td><td>{html.escape(schema['description'])}</td></tr>"
    )


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
<p>LibreTranslate clients work unchanged, with plain text. Send fields as JSON, as a form or in the
query string. An error is answered with <code>{"error": "sentence"}</code>. Programs can read the
<a href="/spec">OpenAPI document</a>.</p>
{sections}
</main>
</body>
</html>
"""
