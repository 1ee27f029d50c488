"""Names and language codes that people type."""

import re
from pathlib import Path

from core.errors import InputError

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")


def check_name(name: str) -> str:
    """Return the name of a dataset if it is one; raises InputError."""
    if not _NAME.fullmatch(name):
        raise InputError(
            f"{name!r} cannot name a dataset",
            remedy="Use 1 to 40 of a-z, 0-9, dot, dash and underscore, a letter or digit first",
        )
    return name


def check_languages(source: str, target: str) -> None:
    """Raise InputError unless both are codes of different languages (`en`, `pt-BR`)."""
    for code in (source, target):
        if not _LANGUAGE.fullmatch(code):
            raise InputError(
                f"{code!r} is not a language code", remedy="Use codes such as en, es or pt-BR"
            )
    if source == target:
        raise InputError(f"source and target are both {source!r}")


def shown(path: Path) -> str:
    """Return a path as it may be printed: quoted when it has control characters."""
    text = str(path)
    return text if text.isprintable() else ascii(text)
