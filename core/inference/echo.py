"""The translator's twin: says what it was told, in capitals. Demos and tests without a model."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.inference.records import Hypothesis, Translation
from core.text import check_unicode


@dataclass(frozen=True, slots=True, kw_only=True)
class EchoTranslator:
    """Translates a text into itself in upper case."""

    version: str = "echo:1"
    languages: tuple[str, str] = ("en", "es")

    def translate(
        self, texts: Sequence[str], *, beam: int = 5, n_best: int = 1
    ) -> Sequence[Translation]:
        """Return one translation per text, in order; alternatives are the text as it was."""
        for text in texts:
            check_unicode(text)
        return [self._translate(text, min(beam, n_best)) for text in texts]

    def _translate(self, text: str, n_best: int) -> Translation:
        """Return the translation of one text."""
        others = (Hypothesis(text=text, score=-1.0),) if n_best > 1 and text != text.upper() else ()
        return Translation(
            source=text,
            text=text.upper(),
            score=0.0,
            alternatives=others,
            model_version=self.version,
            milliseconds=0.0,
        )
