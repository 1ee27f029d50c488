"""A translator for tests that need no model: it returns the text in upper case."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.inference.translator import Alternative, Translation
from core.text import check_unicode


@dataclass(frozen=True, slots=True, kw_only=True)
class EchoTranslator:
    """Returns each text in upper case."""

    version: str = "echo:1"
    languages: tuple[str, str] = ("en", "es")

    def translate(
        self, texts: Sequence[str], *, beam: int = 5, n_best: int = 1
    ) -> Sequence[Translation]:
        """Return one translation per text; the alternative is the unchanged text."""
        for text in texts:
            check_unicode(text)
        return [self._translate(text, min(beam, n_best)) for text in texts]

    def _translate(self, text: str, n_best: int) -> Translation:
        """Return the translation of one text."""
        others = (
            (Alternative(text=text, score=-1.0),) if n_best > 1 and text != text.upper() else ()
        )
        return Translation(
            source=text,
            text=text.upper(),
            score=0.0,
            alternatives=others,
            model_version=self.version,
            milliseconds=0.0,
        )
