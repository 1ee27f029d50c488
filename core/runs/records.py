"""Records of a training run. A run's state is its job's: it is never stored twice."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSpec:
    """What is asked of a new run.

    `config` is the whole content of `runs/ID/config.json`: model, data and training choices.
    `snapshot` proves the dataset's protection, `waiver` is the reason given to go without.
    """

    name: str
    dataset: str
    dataset_digest: str
    preset: str
    device: str
    config: Mapping[str, Any]
    code_version: str
    snapshot: str | None = None
    waiver: str | None = None
    parent: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run as stored. `steps` is the planned number of updates, absent until it is known."""

    id: str
    spec: RunSpec
    created_at: float
    steps: int | None = None
    scores: Mapping[str, Any] = field(default_factory=dict)
    energy_joules: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One process that worked on a run; `from_step` is the checkpoint it started from."""

    number: int
    job_id: str
    started_at: float
    from_step: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricPoint:
    """One value of one metric at one step."""

    metric: str
    step: int
    value: float
    wall_time: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TranslationSample:
    """A segment as translated at a step: `split` is `valid` while it runs, `test` at the end."""

    split: str
    step: int
    position: int
    source: str
    hypothesis: str
    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A complete checkpoint on disk; `scores` are its validation scores where they were taken."""

    step: int
    path: str
    bytes: int
    created_at: float
    is_last: bool = False
    is_best: bool = False
    scores: Mapping[str, float] = field(default_factory=dict)
