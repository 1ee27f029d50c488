"""What a version is opened with: CTranslate2 to translate, torch to explain."""

from pathlib import Path
from typing import TYPE_CHECKING

from core.clock import SystemClock
from core.errors import REINSTALL, SettingsError, UnavailableError
from core.inference.ctranslate2_model import open_ctranslate2
from core.inference.text_translator import TextTranslator
from core.inference.version_folder import PRECISIONS, VersionFolder
from core.registry.records import ModelVersion
from core.settings import ServingSettings

if TYPE_CHECKING:  # torch stays out of the server until attention is asked for
    from core.inference.torch_model import AttentionModel


def open_attention(folder: Path, version: str, *, threads: int) -> "AttentionModel":
    """Return the model that explains a version; torch is imported only now.

    Raises UnavailableError where torch is not installed, CorruptError on damaged files.
    """
    try:
        from core.inference import torch_model  # noqa: PLC0415  (an optional package)
    except ImportError as error:
        raise UnavailableError(
            "attention needs torch, which is not installed here", remedy=REINSTALL
        ) from error
    VersionFolder(folder).verify(("weights.safetensors", "model.json", "vocabulary.model"))
    return torch_model.open_attention(folder, version, threads=threads)


def open_translator(
    folder: Path, version: ModelVersion, serving: ServingSettings
) -> TextTranslator:
    """Return a version as it is served: CTranslate2, its files checked; raises CorruptError."""
    if serving.precision not in PRECISIONS:
        raise SettingsError(
            f"serving.precision is {serving.precision!r}", remedy="Use float32 or int8"
        )
    VersionFolder(folder).verify((f"{serving.precision}/", "model.json", "vocabulary.model"))
    return open_ctranslate2(
        folder,
        f"{version.name}:{version.version}",
        SystemClock(),
        precision=serving.precision,
        threads=serving.threads,
        workers=serving.workers,
    )
