"""Loads a model version: CTranslate2 to translate, torch only to compute attention."""

import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from core.clock import SystemClock
from core.errors import REINSTALL, SettingsError, UnavailableError
from core.inference.ctranslate2_engine import load_ctranslate2_engine
from core.inference.text_translator import TextTranslator, build_translator
from core.inference.translator import Attention, Translator
from core.inference.version_folder import PRECISIONS, VersionFolder
from core.paths import StatePaths
from core.registry.records import ModelVersion
from core.settings import ServingSettings

if TYPE_CHECKING:  # the server does not import torch until attention is requested
    from core.inference.torch_engine import AttentionModel


def load_translator(path: Path, version: ModelVersion, serving: ServingSettings) -> TextTranslator:
    """Load a version with CTranslate2 after checking its files; raises CorruptError."""
    if serving.precision not in PRECISIONS:
        raise SettingsError(
            f"invalid serving.precision {serving.precision!r}", remedy="Use float32 or int8"
        )
    folder = VersionFolder(path)
    folder.verify((f"{serving.precision}/", "model.json", "vocabulary.model"))
    engine = load_ctranslate2_engine(
        folder, serving.precision, threads=serving.threads, workers=serving.workers
    )
    return build_translator(folder, f"{version.name}:{version.version}", engine, SystemClock())


@dataclass(slots=True)
class AttentionLoader:
    """Computes attention with torch; keeps the model of the version that was requested last."""

    paths: StatePaths
    serving: ServingSettings
    _model: "AttentionModel | None" = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def compute(
        self, version: ModelVersion, translator: Translator, text: str, beam: int
    ) -> Attention:
        """Return the attention of the translation of `text` by `translator`.

        Requests are computed one at a time. Raises UnavailableError where torch is not installed
        and CorruptError when files of the version are damaged.
        """
        with self._lock:
            name = f"{version.name}:{version.version}"
            if self._model is None or self._model.version != name:
                path = self.paths.model(version.name, version.version)
                self._model = _load_attention_model(path, name, self.serving.threads)
            return self._model.explain(translator, text, beam=beam)


def _load_attention_model(path: Path, version: str, threads: int) -> "AttentionModel":
    """Import torch and load a version's weights."""
    try:
        from core.inference import torch_engine  # noqa: PLC0415  (an optional package)
    except ImportError as error:
        raise UnavailableError(
            "attention needs torch, which is not installed", remedy=REINSTALL
        ) from error
    folder = VersionFolder(path)
    folder.verify(("weights.safetensors", "model.json", "vocabulary.model"))
    return torch_engine.load_attention_model(folder, version, threads=threads)
