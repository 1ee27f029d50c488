"""The manifest of a checkpoint: written last, it says which bytes make the folder whole."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from core.errors import CorruptError
from core.files import digest_file, read_json, write_json

MANIFEST_NAME = "MANIFEST.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointManifest:
    """What a checkpoint folder holds: `files` maps names to SHA-256, `bytes` is their total.

    `scores` are the validation scores at this step, empty when none were taken.
    """

    step: int
    created_at: float
    bytes: int
    config_digest: str
    files: Mapping[str, str]
    scores: Mapping[str, float] = field(default_factory=dict)


def seal(
    folder: Path, *, step: int, created_at: float, config_digest: str, scores: Mapping[str, float]
) -> CheckpointManifest:
    """Write the manifest of all files in `folder`, durably; raises OSError."""
    files = sorted(path for path in folder.iterdir() if path.name != MANIFEST_NAME)
    manifest = CheckpointManifest(
        step=step,
        created_at=created_at,
        bytes=sum(path.stat().st_size for path in files),
        config_digest=config_digest,
        files={path.name: digest_file(path) for path in files},
        scores=dict(scores),
    )
    write_json(folder / MANIFEST_NAME, asdict(manifest))
    return manifest


def read_manifest(folder: Path) -> CheckpointManifest:
    """Return the manifest of a checkpoint without checking its files; raises CorruptError."""
    path = folder / MANIFEST_NAME
    try:
        return CheckpointManifest(**read_json(path))
    except (OSError, ValueError, TypeError) as error:
        raise CorruptError(f"{path} is missing or damaged: {error}") from error


def verify(folder: Path) -> CheckpointManifest:
    """Return the manifest after comparing every file with it; raises CorruptError."""
    manifest = read_manifest(folder)
    for name, digest in manifest.files.items():
        path = folder / Path(name).name
        try:
            found = digest_file(path)
        except OSError as error:
            raise CorruptError(f"{path} cannot be read: {error.strerror}") from error
        if found != digest:
            raise CorruptError(f"{path} is not what was written (SHA-256 differs)")
    return manifest
