"""The set-up of Streamlit: its options, the page that starts its front end, and the CSP.

The page is the one of the installed Streamlit with a few replacements. Where a text to replace is
not found, that part of the page stays as it is.
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
# In the wheel config.toml is beside the package's modules; in a checkout it is in the root.
CONFIG_FOLDERS = (HERE / ".streamlit", HERE.parent / ".streamlit")
# Theme options that have another name in the front end.
_THEME_NAMES = {"font": "bodyFont"}
_INLINE_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)
_FONT_PRELOAD = re.compile(r'<link\s+rel="preload"[^>]*SourceSans[^>]*/>')
_STYLE_SHEET = re.compile(r'<link rel="stylesheet" crossorigin href="\./(static/css/[^"]+)">')
_ICON = re.compile(r'<link rel="shortcut icon"[^>]*/>')


def streamlit_options(settings: Settings) -> dict[str, object]:
    """Return every Streamlit option: those of our config.toml and those of the settings.

    As an argument of `App.run` they override config files of the user and the working directory.
    """
    return {
        **dict(_flat(_config())),
        "server.address": settings.web.host,
        "server.port": settings.web.port,
    }


@cache
def front_page() -> str:
    """Return Streamlit's page with our name, icon, theme and font.

    - Its font is not preloaded: our font replaces it, and 170 kB would be fetched for nothing.
    - Our icon has no `shortcut` link: the front end would replace that one, at first with an icon
      from Google.
    - The page contains the theme, so that it does not appear white first, and the address of the
      server, so that the front end does not request it below the page's path (streamlit#7074: two
      404 answers per visit).
    - The style sheet and the font are inline: two requests fewer before the text is final.
    - Our style sets one colour that no theme option sets. No primary colour is both dark enough as
      the background of white text and light enough as the text of a selected segment or tab, and
      of the value of a slider, in the dark theme.
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
      [data-testid="stButtonGroup"] [data-selected="true"] p,
      [data-testid="stTab"][aria-selected="true"] p,
      [data-testid="stSliderThumbValue"] p {{
        color: light-dark(#0b4f90, #a9cbf7);
      }}
    </style>"""
    start = (
        "window.__streamlit = { BACKEND_BASE_URL: window.location.origin + '/', "
        f"LIGHT_THEME: {_theme('light')}, DARK_THEME: {_theme('dark')} }};"
    )
    page = INDEX.read_text(encoding="utf-8")
    page = _FONT_PRELOAD.sub("", page)
    page = _ICON.sub(lambda _: head, page)
    page = _STYLE_SHEET.sub(lambda found: f"<style>{_sheet(found[1])}</style>", page)
    page = page.replace("<script>", f"<script>{start}", 1)
    return page.replace("<title>Streamlit</title>", "<title>Datahall</title>")


def content_policy() -> str:
    """Return the Content-Security-Policy for Streamlit's front end.

    Its only inline script is allowed by its hash. Inline styles are allowed: its library emotion
    writes them.
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
    """Return a style sheet of Streamlit with URLs relative to the page."""
    text = (INDEX.parent / path).read_text(encoding="utf-8")
    return text.replace("url(../media/", "url(./static/media/")


def _theme(name: str) -> str:
    """Return a theme as JSON for the front end: the options of both themes, then its own."""
    options = _config()["theme"]
    shared = {key: value for key, value in options.items() if not isinstance(value, dict)}
    theme = {**shared, **options[name]}
    return json.dumps({_THEME_NAMES.get(key, key): value for key, value in theme.items()})


@cache
def _config() -> dict[str, dict[str, Any]]:
    """Return our config.toml: sections of options."""
    folder = next(folder for folder in CONFIG_FOLDERS if (folder / "config.toml").exists())
    return tomllib.loads((folder / "config.toml").read_text(encoding="utf-8"))


def _flat(document: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, object]]:
    """Yield (dotted name, value) of every option in a TOML document."""
    for name, value in document.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value
