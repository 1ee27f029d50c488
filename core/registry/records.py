"""Records of the model registry."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelVersion:
    """A version with its lineage: what it was made of, from what, and how well it did.

    `digest` covers the exported files. `scores` are test scores, `self_test` is the outcome of the
    comparison of the exported model with the trained one. The files are in `paths.model(...)`.
    """

    name: str
    version: int
    run_id: str
    run_name: str
    step: int
    source: str
    target: str
    dataset: str
    dataset_digest: str
    snapshot: str | None
    waiver: str | None
    config: Mapping[str, Any]
    code_version: str
    scores: Mapping[str, Any]
    self_test: Mapping[str, Any]
    digest: str
    created_at: float
    aliases: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class AliasEvent:
    """An alias moved: append-only, so that `what served when` has an answer."""

    name: str
    alias: str
    version: int | None
    previous: int | None
    time: float
    actor: str
    action: str
    reason: str
