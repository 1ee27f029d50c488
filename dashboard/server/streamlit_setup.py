"""How Streamlit is set up: its options, the page that starts its front end, and what that may load.

Streamlit's own page is taken as it is installed and changed in a few places; where a place is not
found, Streamlit's own stays.
"""

import base64
import hashlib
import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import streamlit as st

from core.settings import Settings

HERE = Path(__file__).parents[1]
INDEX = Path(st.__file__).parent / "static" / "index.html"
# The wheel carries the file beside this one; in a checkout it lies in the root.
CONFIG_FOLDERS = (HERE / ".streamlit", HERE.parent / ".streamlit")
# Streamlit's option `theme.font` is called so in its front end.
_THEME_NAMES = {"font": "bodyFont"}
_INLINE_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)
_OWN_FONT = re.compile(r'<link\s+rel="preload"[^>]*SourceSans[^>]*/>')
_OWN_SHEET = re.compile(r'<link rel="stylesheet" crossorigin href="\./(static/css/[^"]+)">')
_OWN_ICON = re.compile(r'<link rel="shortcut icon"[^>]*/>')


def streamlit_options(settings: Settings) -> dict[str, Any]:
    """Return every Streamlit option: those of our config.toml, and those that settings decide.

    Given as one mapping to `App.run`, they win over files of the user and the working directory.
    """
    return {
        **dict(_flat(_config())),
        "server.address": settings.web.host,
        "server.port": settings.web.port,
    }


@cache
def front_page() -> str:
    """Return Streamlit's page with our name, mark, theme and type instead of its own.

    - Its font is not preloaded: ours replaces it, so 170 kB would be fetched for nothing.
    - Our icon is not linked as the one that its scripts look for and change: at first they take
      the page's symbol, from Google.
    - Told the theme, the front end need not flash white first; told where the server is, it need
      not look for it below the page's own address (streamlit#7074: two 404s a visit).
    - Its style sheet and our type stand in the page: two requests less before text is drawn right.
    - Our style holds the one colour that a theme cannot set: no primary colour is dark enough to
      carry white text on a button and light enough to be the text of a chosen segment on dark.
    """
    mark = quote((HERE / "static" / "mark.svg").read_text(encoding="utf-8"))
    font = base64.b64encode((HERE / "static" / "inter.woff2").read_bytes()).decode()
    head = f"""<link rel="icon" href="data:image/svg+xml,{mark}">
    <style>
      @font-face {{
        font-family: Inter;
        font-weight: 100 900;
        src: url(data:font/woff2;base64,{font}) format("woff2");
      }}
      [data-testid="stButtonGroup"] [data-selected="true"] p {{
        color: light-dark(#0b4f90, #a9cbf7);
      }}
    </style>"""
    start = (
        "window.__streamlit = { BACKEND_BASE_URL: window.location.origin + '/', "
        f"LIGHT_THEME: {_theme('light')}, DARK_THEME: {_theme('dark')} }};"
    )
    page = INDEX.read_text(encoding="utf-8")
    page = _OWN_FONT.sub("", page)
    page = _OWN_ICON.sub(lambda _: head, page)
    page = _OWN_SHEET.sub(lambda found: f"<style>{_sheet(found[1])}</style>", page)
    page = page.replace("<script>", f"<script>{start}", 1)
    return page.replace("<title>Streamlit</title>", "<title>Datahall</title>")


def content_policy() -> str:
    """Return the Content-Security-Policy under which the front end works.

    Its only inline script is allowed by digest; styles are inline because emotion writes them.
    """
    scripts = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
        for text in _INLINE_SCRIPT.findall(front_page())
    )
    return "; ".join(
        (
            "default-src 'self'",
            f"script-src 'self' {scripts}",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "media-src 'self' blob:",
            "worker-src 'self' blob:",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


def _sheet(path: str) -> str:
    """Return a style sheet of Streamlit's with addresses as seen from the page."""
    text = (INDEX.parent / path).read_text(encoding="utf-8")
    return text.replace("url(../media/", "url(./static/media/")


def _theme(name: str) -> str:
    """Return a theme as the front end reads it: what both share, then its own."""
    every = _config()["theme"]
    shared = {key: value for key, value in every.items() if not isinstance(value, dict)}
    theme = {**shared, **every[name]}
    return json.dumps({_THEME_NAMES.get(key, key): value for key, value in theme.items()})


@cache
def _config() -> dict[str, Any]:
    """Return our config.toml."""
    folder = next(folder for folder in CONFIG_FOLDERS if (folder / "config.toml").exists())
    return tomllib.loads((folder / "config.toml").read_text(encoding="utf-8"))


def _flat(document: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the leaves of a TOML document under dotted names."""
    for name, value in document.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value
