"""What the New training run drawer says before anything is started."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.actions.records import BackupCheck, DatasetView, RunView
from core.jobs.launcher import JobState
from core.training.config import PRESETS, TrainConfig
from dashboard.viewmodels.jobs import spent_s
from dashboard.viewmodels.units import counted, duration, quantity, size

DEMO = "demo"
# Without any run of the preset to go by: multiply-adds per second of one laptop core pair.
_CPU_FLOPS = 5e10
_GPU_FLOPS = 2e13
_FLOPS_PER_WEIGHT = 6  # forward 2, backward 4
_SIDES = 2  # source and target tokens
_STATE_BYTES_PER_WEIGHT = 16  # weight, gradient and two Adam moments in float32

PRESET_WORDS: Mapping[str, str] = {
    "demo": "learns the demo corpus in minutes on any machine",
    "tiny": "small data on a CPU",
    "small": "some hundred thousand pairs, one GPU or patience",
    "base": "the paper's base model; needs a GPU",
    "big": "the paper's big model; needs several GPUs",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetChoice:
    """A dataset version that can be trained on."""

    name: str
    digest: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What a run will need; `is_measured` when an earlier run of the kind says so."""

    parameters: int
    seconds: float
    is_measured: bool
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """What pressing the button will do, in order; `button` names it."""

    steps: Sequence[str]
    button: str
    is_gated: bool


def dataset_choices(views: Sequence[DatasetView]) -> Sequence[DatasetChoice]:
    """Return the versions to choose from: the demo first, then the newest."""
    ordered = sorted(views, key=lambda view: view.dataset.name != DEMO)
    return [
        DatasetChoice(
            name=view.dataset.name,
            digest=view.dataset.digest,
            label=f"{view.dataset.name} {view.dataset.digest[:8]} · "
            f"{counted(view.dataset.pairs, 'pair')} "
            f"{view.dataset.source}→{view.dataset.target} · "
            f"{'backed up' if view.is_protected else 'not backed up'}",
        )
        for view in ordered
    ]


def parameters(config: TrainConfig) -> int:
    """Return the number of weights of a model (one shared embedding, biases and norms left out)."""
    width, hidden = config.width, config.hidden
    encoder = config.encoder_layers * (4 * width * width + 2 * width * hidden)
    decoder = config.decoder_layers * (8 * width * width + 2 * width * hidden)
    return encoder + decoder + config.vocabulary * width


def estimate(config: TrainConfig, views: Sequence[RunView], preset: str, device: str) -> Estimate:
    """Return what a run needs: from earlier runs of the preset on the device, else roughly."""
    weights = parameters(config)
    step_s = _measured_step_s(views, preset, device)
    guessed = _guessed_s(config, weights, device)
    by_steps = config.steps * step_s if step_s else guessed
    seconds = config.minutes * 60 if config.minutes else by_steps
    memory = size(weights * _STATE_BYTES_PER_WEIGHT)
    basis = "as measured here" if step_s else "a rough guess: none was trained here yet"
    told = "the budget" if config.minutes else basis
    return Estimate(
        parameters=weights,
        seconds=seconds,
        is_measured=bool(step_s),
        sentence=f"{quantity(weights)} parameters ({memory} with gradients and optimiser), "
        f"about {duration(seconds)} ({told})",
    )


def preset_label(preset: str) -> str:
    """Return a preset with what it is for."""
    return f"{preset}: {PRESET_WORDS.get(preset, '')}".removesuffix(": ")


def budget_of(preset: str) -> tuple[float, int]:
    """Return a preset's (minutes, steps); one of them is 0."""
    config = PRESETS[preset]
    return config.minutes, config.steps


def promise(check: BackupCheck, name: str, device: str, *, skip_backup: bool) -> Promise:
    """Say what happens when the button is pressed."""
    needs_backup = not check.is_protected
    where = "on the best device here" if device == "auto" else f"on {device}"
    train = (
        f"Prepare the text if it is not prepared, train {name} {where} with checkpoints, and "
        "score it on the test split"
    )
    if needs_backup and skip_backup:
        waived = "Start without a backup; your reason is kept in the audit log and on the run"
        return Promise(steps=(waived, train), button="Start without backup", is_gated=False)
    if needs_backup:
        first = "Back up the dataset and compare the snapshot with its manifest"
        return Promise(steps=(first, train), button="Back up, then start", is_gated=True)
    return Promise(steps=(train,), button="Start", is_gated=False)


def _measured_step_s(views: Sequence[RunView], preset: str, device: str) -> float | None:
    """Return the seconds per step of the newest finished run of the preset on the device."""
    for view in views:
        spec = view.run.spec
        spent = spent_s(view.job) if view.job and view.state is JobState.SUCCEEDED else None
        if spent and view.step and spec.preset == preset and device in ("auto", spec.device):
            return spent / view.step
    return None


def _guessed_s(config: TrainConfig, weights: int, device: str) -> float:
    """Return how long so many steps take on an ordinary machine."""
    flops = _GPU_FLOPS if device.startswith("cuda") else _CPU_FLOPS
    tokens = config.steps * config.batch_tokens
    return tokens * _SIDES * weights * _FLOPS_PER_WEIGHT / flops
