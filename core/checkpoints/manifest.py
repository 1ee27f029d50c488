"""The manifest of a checkpoint folder: lists every file with its SHA-256, and the scores."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from core.errors import CorruptError
from core.files import canonical_json, digest_file, digest_text, read_json, write_json
from core.scores import Scores

MANIFEST_NAME = "MANIFEST.json"
_OWN_DIGEST = "manifest_digest"
_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "step": int,
    "created_at": (int, float),
    "bytes": int,
    "config_digest": str,
    "files": dict,
    "scores": dict,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointManifest:
    """The content of a checkpoint folder.

    Attributes:
        step: number of updates applied to the weights.
        created_at: seconds since the epoch.
        bytes: total size of the files.
        config_digest: digest of the training configuration.
        files: SHA-256 by file name.
        scores: validation scores at this step, if it was validated.
    """

    step: int
    created_at: float
    bytes: int
    config_digest: str
    files: Mapping[str, str]
    scores: Scores = field(default_factory=Scores)


def write_manifest(
    folder: Path, *, step: int, created_at: float, config_digest: str, scores: Scores
) -> CheckpointManifest:
    """Write the manifest of all files in `folder`, durably; raises OSError."""
    files = sorted(path for path in folder.iterdir() if path.name != MANIFEST_NAME)
    manifest = CheckpointManifest(
        step=step,
        created_at=created_at,
        bytes=sum(path.stat().st_size for path in files),
        config_digest=config_digest,
        files={path.name: digest_file(path) for path in files},
        scores=scores,
    )
    document = asdict(manifest) | {"scores": scores.to_validation()}
    write_json(folder / MANIFEST_NAME, document | {_OWN_DIGEST: _digest(document)})
    return manifest


def read_manifest(folder: Path) -> CheckpointManifest:
    """Return the manifest of a checkpoint without checking its files; raises CorruptError."""
    path = folder / MANIFEST_NAME
    try:
        document = read_json(path)
    except FileNotFoundError as error:
        raise CorruptError(f"{path} is missing") from error
    except OSError as error:
        raise CorruptError(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise CorruptError(f"{path} is not a JSON object") from error
    digest = document.pop(_OWN_DIGEST, None)  # absent in manifests of earlier versions
    if digest is not None and digest != _digest(document):
        raise CorruptError(f"{path} was changed after it was written (its SHA-256 differs)")
    if set(document) != set(_TYPES) or any(
        not isinstance(document[key], kind) for key, kind in _TYPES.items()
    ):
        raise CorruptError(f"{path} does not have the fields of a manifest")
    scores = Scores.from_validation(document.pop("scores"))
    return CheckpointManifest(**document, scores=scores)


def check_sizes(folder: Path) -> CheckpointManifest:
    """Return the manifest if every file exists and the total size is right; raises CorruptError.

    Reads no file but the manifest: fast enough for a page.
    """
    manifest = read_manifest(folder)
    total = 0
    for name in manifest.files:
        path = _file(folder, name)
        try:
            total += path.stat().st_size
        except OSError as error:
            raise CorruptError(f"{path} cannot be read: {error.strerror}") from error
    if total != manifest.bytes:
        raise CorruptError(f"{folder} holds {total:,} bytes, {manifest.bytes:,} were written")
    return manifest


def verify_files(folder: Path) -> CheckpointManifest:
    """Return the manifest after comparing every byte with it; raises CorruptError."""
    manifest = read_manifest(folder)
    for name, digest in manifest.files.items():
        path = _file(folder, name)
        try:
            found = digest_file(path)
        except OSError as error:
            raise CorruptError(f"{path} cannot be read: {error.strerror}") from error
        if found != digest:
            raise CorruptError(f"{path} was changed after it was written (its SHA-256 differs)")
    return manifest


def _file(folder: Path, name: str) -> Path:
    """Return the path of a file of the checkpoint; a manifest cannot lead out of its folder."""
    return folder / Path(name).name


def _digest(document: Mapping[str, object]) -> str:
    """Return the digest of a manifest's own fields."""
    return digest_text(canonical_json(document))
