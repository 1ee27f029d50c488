"""Records of training runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.scores import Scores


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSpec:
    """The request that created a run.

    Attributes:
        name: unique name.
        dataset: name of the dataset.
        dataset_digest: digest of the dataset version.
        preset: name of the preset that `config` started from.
        device: `cpu`, `cuda` or `cuda:N`.
        config: JSON document; `config["train"]` is the training configuration.
        code_version: version of Datahall that created the run.
        snapshot: backup snapshot that contains the dataset version, if there is one.
        waiver: reason given for training without a backup.
        parent: id of the run whose weights this run starts from.
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
    """A stored run.

    Attributes:
        id: identifier, also the name of the run's folder.
        spec: the request that created it.
        created_at: seconds since the epoch.
        steps: planned number of updates; None until it is known.
        scores: scores on the test split, once the run has finished.
    """

    id: str
    spec: RunSpec
    created_at: float
    steps: int | None = None
    scores: Scores = field(default_factory=Scores)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One process that trained a run, starting from the checkpoint of `from_step` (0: none)."""

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
class MetricCurve:
    """Points of one metric, ordered by step.

    `bucket_steps` is the number of steps per bucket: 1 means that no point was left out, otherwise
    each bucket is represented by its smallest, largest and last point.
    """

    points: Sequence[MetricPoint]
    bucket_steps: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary:
    """A run with the newest point of each of its metrics."""

    run: Run
    latest: Mapping[str, MetricPoint]


@dataclass(frozen=True, slots=True, kw_only=True)
class TranslationSample:
    """A segment translated at `step`: of split `valid` during training, `test` at the end."""

    split: str
    step: int
    position: int
    source: str
    hypothesis: str
    reference: str
