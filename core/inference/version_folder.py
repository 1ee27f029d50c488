"""The folder of a model version: names of its files, and verification by SHA-256.

`float32/` and `int8/` are CTranslate2 models; `weights.safetensors` with `model.json` is the same
model for torch; all share `vocabulary.model`. The model card `card.json` holds the lineage and the
SHA-256 of every file; it is written last.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from core.errors import CorruptError
from core.files import digest_file, digest_lines, read_json, write_json
from core.model.config import ModelConfig

CARD_NAME = "card.json"
PRECISIONS = ("float32", "int8")


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionShape:
    """The content of `model.json`: what is needed to load a version.

    `max_tokens` is the maximum source length in training; `attention_layer` is the decoder layer
    whose attention aligns source and target best.
    """

    config: ModelConfig
    source: str
    target: str
    max_tokens: int
    attention_layer: int


@dataclass(frozen=True, slots=True)
class VersionFolder:
    """The files of one version."""

    path: Path

    def model(self, precision: str) -> Path:
        """The CTranslate2 model in a precision, float32 or int8."""
        return self.path / precision

    @property
    def weights(self) -> Path:
        """The weights for torch."""
        return self.path / "weights.safetensors"

    @property
    def vocabulary(self) -> Path:
        """The SentencePiece model."""
        return self.path / "vocabulary.model"

    @property
    def card(self) -> Path:
        """The model card: lineage and digests."""
        return self.path / CARD_NAME

    @property
    def _shape(self) -> Path:
        return self.path / "model.json"

    def write_shape(self, shape: VersionShape) -> None:
        """Write `model.json`."""
        write_json(self._shape, asdict(shape))

    def shape(self) -> VersionShape:
        """Read `model.json`; raises CorruptError."""
        try:
            document = read_json(self._shape)
            config = ModelConfig(**document.pop("config"))
            return VersionShape(config=config, **document)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise CorruptError(
                f"{self.path} is not a model version: {error}", remedy="Promote the run again"
            ) from error

    def files(self) -> Mapping[str, str]:
        """Return the SHA-256 of every file except the card, by relative name."""
        return {
            path.relative_to(self.path).as_posix(): digest_file(path)
            for path in sorted(self.path.rglob("*"))
            if path.is_file() and path != self.card
        }

    def write_card(self, lineage: Mapping[str, object], files: Mapping[str, str]) -> None:
        """Write the model card."""
        write_json(self.card, {"version": dict(lineage), "files": dict(files)})

    def verify(self, parts: Iterable[str] = ("",)) -> None:
        """Compare the files whose names start with one of `parts` with the model card.

        Raises CorruptError that names the first missing or changed file.
        """
        try:
            expected = read_json(self.card)["files"]
        except (OSError, ValueError, KeyError) as error:
            raise CorruptError(f"{self.card} cannot be read: {error}") from error
        chosen = tuple(parts)
        for name, digest in expected.items():
            if name.startswith(chosen):
                self._verify_file(name, digest)

    def _verify_file(self, name: str, digest: str) -> None:
        """Compare one file with its digest; raises CorruptError."""
        path = self.path / name
        try:
            found = digest_file(path)
        except OSError as error:
            raise CorruptError(f"{path} cannot be read: {error.strerror}") from error
        if found != digest:
            raise CorruptError(
                f"{path} was changed after the promotion (SHA-256 differs)",
                remedy="Promote the run again, or restore the folder from a snapshot",
            )


def digest_of(files: Mapping[str, str]) -> str:
    """Return the SHA-256 of a version: over the digests and names of its files."""
    return digest_lines(f"{digest}  {name}" for name, digest in sorted(files.items()))
