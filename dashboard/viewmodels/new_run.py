"""The dialog for a new training run: choices, estimate, and the steps that a start performs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.actions.records import BackupCheck, DatasetView, RunView
from core.jobs.launcher import JobState
from core.training.config import PRESETS, TrainConfig
from dashboard.viewmodels.datasets import DEMO, version_label
from dashboard.viewmodels.formatting import (
    format_bytes,
    format_duration,
    format_quantity,
    pluralize,
)
from dashboard.viewmodels.jobs import job_duration_s

# Without an earlier run: multiply-adds per second of two laptop cores, and of one data-centre GPU.
_CPU_FLOPS = 5e10
_GPU_FLOPS = 2e13
_FLOPS_PER_WEIGHT = 6  # forward 2, backward 4
_SIDES = 2  # source and target tokens
_STATE_BYTES_PER_WEIGHT = 16  # weight, gradient and two Adam moments in float32

PRESET_DESCRIPTIONS: Mapping[str, str] = {
    "demo": "trains on the demo corpus in minutes, on any machine",
    "tiny": "small datasets on a CPU",
    "small": "some hundred thousand pairs; one GPU recommended",
    "base": "the Transformer base model; needs a GPU",
    "big": "the Transformer big model; needs several GPUs",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetChoice:
    """A dataset version to train on."""

    name: str
    digest: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """Estimated time and memory of a run; `is_measured`: from an earlier run of the preset."""

    parameters: int
    seconds: float
    is_measured: bool
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StartPlan:
    """The steps that a start performs, in order, and the label of its button."""

    steps: Sequence[str]
    button: str


def dataset_choices(views: Sequence[DatasetView]) -> Sequence[DatasetChoice]:
    """Return the versions to choose from: the demo corpus first, then the newest."""
    ordered = sorted(views, key=lambda view: view.dataset.name != DEMO)
    return [
        DatasetChoice(
            name=view.dataset.name,
            digest=view.dataset.digest,
            label=f"{version_label(view.dataset)} · "
            f"{pluralize(view.dataset.pairs, 'pair')} "
            f"{view.dataset.source}→{view.dataset.target} · "
            f"{'backed up' if view.is_protected else 'not backed up'}",
        )
        for view in ordered
    ]


def num_parameters(config: TrainConfig) -> int:
    """Return the number of weights (one shared embedding; biases and norms not counted)."""
    width, hidden = config.width, config.hidden
    encoder = config.encoder_layers * (4 * width * width + 2 * width * hidden)
    decoder = config.decoder_layers * (8 * width * width + 2 * width * hidden)
    return encoder + decoder + config.vocabulary * width


def estimate(config: TrainConfig, views: Sequence[RunView], preset: str, device: str) -> Estimate:
    """Estimate time and memory: from an earlier run of the preset on the device, else by size."""
    weights = num_parameters(config)
    step_s = _measured_step_s(views, preset, device)
    seconds = config.steps * step_s if step_s else _computed_s(config, weights, device)
    source = "measured in an earlier run" if step_s else "a rough estimate: no earlier run"
    if config.minutes:
        seconds, source = config.minutes * 60, "time limit"
    memory = format_bytes(weights * _STATE_BYTES_PER_WEIGHT)
    return Estimate(
        parameters=weights,
        seconds=seconds,
        is_measured=bool(step_s),
        sentence=f"{format_quantity(weights)} parameters; {memory} for weights, gradients and "
        f"optimizer; takes about {format_duration(seconds)} ({source})",
    )


def preset_label(preset: str) -> str:
    """Return a preset with its description."""
    return f"{preset}: {PRESET_DESCRIPTIONS.get(preset, '')}".removesuffix(": ")


def budget_of(preset: str) -> tuple[float, int]:
    """Return a preset's (minutes, steps); one of them is 0."""
    config = PRESETS[preset]
    return config.minutes, config.steps


def start_plan(check: BackupCheck, name: str, device: str, *, skip_backup: bool) -> StartPlan:
    """Return the steps that the start of a run performs."""
    where = "the best device" if device == "auto" else device
    train = (
        "Prepare the dataset if it is not prepared",
        f"Train {name} on {where}, with checkpoints",
        "Evaluate the best checkpoint on the test split",
    )
    if check.is_protected:
        return StartPlan(steps=train, button="Start")
    if skip_backup:
        waiver = "Skip the backup; the audit log and the run record your reason"
        return StartPlan(steps=(waiver, *train), button="Start without backup")
    backup = "Back up the dataset and verify the snapshot"
    return StartPlan(steps=(backup, *train), button="Back up and start")


def _measured_step_s(views: Sequence[RunView], preset: str, device: str) -> float | None:
    """Return the seconds per step of the newest completed run of the preset on the device."""
    for view in views:
        spec = view.run.spec
        is_completed = view.job is not None and view.state is JobState.SUCCEEDED
        spent = job_duration_s(view.job) if view.job and is_completed else None
        if spent and view.step and spec.preset == preset and device in ("auto", spec.device):
            return spent / view.step
    return None


def _computed_s(config: TrainConfig, weights: int, device: str) -> float:
    """Return the time that the steps take, from the number of operations."""
    flops = _GPU_FLOPS if device.startswith("cuda") else _CPU_FLOPS
    tokens = config.steps * config.batch_tokens
    return tokens * _SIDES * weights * _FLOPS_PER_WEIGHT / flops
