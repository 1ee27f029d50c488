"""Records of the model registry."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from typing import Any, Self

from core.errors import InputError
from core.scores import Scores

# The alias that the translation server follows.
PRODUCTION = "production"
_ALIAS = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")


class SelfTestVerdict(StrEnum):
    """Whether the exported model was shown to be equal to the trained one."""

    PASSED = "passed"
    FAILED = "failed"
    UNKNOWN = "unknown"


class AliasAction(StrEnum):
    """The kind of an alias move."""

    PROMOTE = "promote"
    ROLLBACK = "rollback"


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfTest:
    """The comparison of an exported model with the trained one on `segments` sentence pairs.

    Attributes:
        verdict: passed only when every tolerance holds; unknown when it was not recorded.
        segments: number of sentence pairs.
        log_probability_difference: largest difference between torch and float32.
        different: greedy translations that differ between torch and float32, ties excluded.
        int8_identical_ratio: share of greedy translations that are equal in int8 and float32.
        int8_loss_rise: loss per token in int8 minus that in float32.
        float32_bleu: BLEU of the float32 model on the pairs.
        int8_bleu: BLEU of the int8 model on the pairs.
    """

    verdict: SelfTestVerdict
    segments: int
    log_probability_difference: float
    different: int
    int8_identical_ratio: float
    int8_loss_rise: float
    float32_bleu: float
    int8_bleu: float

    def to_document(self) -> dict[str, object]:
        """Return the JSON document that the database and the model card hold.

        `passed` is left out when the verdict is unknown.
        """
        document = asdict(self)
        verdict = document.pop("verdict")
        if verdict is SelfTestVerdict.UNKNOWN:
            return document
        return {"passed": verdict is SelfTestVerdict.PASSED, **document}

    @classmethod
    def from_document(cls, document: Mapping[str, object]) -> Self | None:
        """Return the record of a JSON document; None when there was no self-test."""
        values = {item.name: document.get(item.name) for item in fields(cls)}
        values["verdict"] = _verdict(document.get("passed"))
        if any(value is None for value in values.values()):
            return None
        return cls(**values)  # type: ignore[arg-type]  # JSON; every field was just checked


def _verdict(passed: object) -> SelfTestVerdict:
    """Return the verdict that `passed` in a JSON document stands for."""
    if not isinstance(passed, bool):
        return SelfTestVerdict.UNKNOWN
    return SelfTestVerdict.PASSED if passed else SelfTestVerdict.FAILED


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelVersion:
    """A model version with its lineage and scores; its files are in `paths.model(name, version)`.

    Attributes:
        scores: the test scores of the run if they are of this step.
        valid_scores: the validation scores of the checkpoint.
        self_test: None when no self-test was recorded.
        digest: SHA-256 over the digests of the exported files.
        created_at: epoch seconds.
        aliases: the aliases that point at this version.
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
    scores: Scores
    valid_scores: Scores = field(default_factory=Scores)
    self_test: SelfTest | None
    digest: str
    created_at: float
    aliases: tuple[str, ...] = field(default=())

    def to_document(self) -> dict[str, object]:
        """Return the JSON document of everything but the aliases."""
        document = asdict(self)
        del document["aliases"], document["valid_scores"]
        document["scores"] = self.scores_document()
        document["self_test"] = self.self_test.to_document() if self.self_test else {}
        return document

    def scores_document(self) -> dict[str, object]:
        """Return the JSON document of the test scores, with the others under `valid`."""
        valid = self.valid_scores.to_validation()
        return self.scores.to_document() | ({"valid": valid} if valid else {})


@dataclass(frozen=True, slots=True, kw_only=True)
class AliasEvent:
    """One move of an alias; stored moves are never changed.

    `version` is None when the alias was removed; `previous` is None at its first move.
    """

    name: str
    alias: str
    version: int | None
    previous: int | None
    time: float
    actor: str
    action: AliasAction
    reason: str


def check_alias(alias: str) -> str:
    """Return the alias; raises InputError when it is not a valid alias name."""
    if not _ALIAS.fullmatch(alias):
        raise InputError(
            f"invalid alias {alias!r}",
            remedy="Use 1 to 32 lowercase letters, digits, - and _, for example candidate",
        )
    return alias
