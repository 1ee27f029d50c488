"""Translators: what every adapter promises."""

from collections.abc import Sequence
from typing import Protocol

from core.inference.records import Translation


class Translator(Protocol):
    """Translates segments with one model version; safe to call from several threads."""

    @property
    def version(self) -> str:
        """`NAME:VERSION` of the model."""
        ...

    @property
    def languages(self) -> tuple[str, str]:
        """Source and target language codes."""
        ...

    def translate(
        self, texts: Sequence[str], *, beam: int = 5, n_best: int = 1
    ) -> Sequence[Translation]:
        """Return one translation per text, in order; empty text gives an empty translation."""
        ...
