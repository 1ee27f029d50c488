"""The configuration of a run: chosen from presets, written before launch, loaded strictly.

Free of torch, so that the page and the command line can build one.
"""

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_type_hints

from core.errors import InputError
from core.files import read_json, write_json

LARGEST = 2**31 - 1  # what every database and every library here can count to
_FORMER_KEY = "database_url"  # of configurations that were written when they held it


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainConfig:
    """Everything that decides a run's numbers, model shape included.

    One of `minutes` (budget of wall time, the number of updates is measured at start) or `steps`
    bounds the run. `batch_tokens` counts target tokens. `optimizer` is `adamw` (Kingma & Ba 2015;
    Loshchilov & Hutter 2019) or `muon` (Jordan 2024) for the matrices with AdamW for the rest.
    """

    width: int
    heads: int
    hidden: int
    encoder_layers: int
    decoder_layers: int
    dropout: float
    vocabulary: int
    batch_tokens: int
    learning_rate: float
    warmup_ratio: float
    optimizer: str = "adamw"
    norm: str = "pre"
    minutes: float = 0.0
    steps: int = 0
    schedule: str = "linear"
    label_smoothing: float = 0.1
    weight_decay: float = 0.01
    clip_norm: float = 1.0
    ema: float = 0.998
    validate_every: int = 200
    checkpoint_every: int = 200
    keep_checkpoints: int = 2
    validation_sentences: int = 300
    beam: int = 5
    max_tokens: int = 100
    threads: int = 0
    precision: str = "auto"
    seed: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class RunConfig:
    """The content of `runs/ID/config.json`: what the training process is asked for.

    It is shown, copied and backed up, so it holds no secret: the database is found by the settings.
    """

    run_id: str
    run_name: str
    preset: str
    home: str
    dataset: str
    dataset_digest: str
    source: str
    target: str
    device: str
    code_version: str
    snapshot: str | None
    waiver: str | None
    init_from: str | None
    train: TrainConfig


def _tiny() -> TrainConfig:
    """4+4 layers of width 128: the reference for small data (Wu et al. 2021)."""
    return TrainConfig(
        width=128, heads=4, hidden=256, encoder_layers=4, decoder_layers=4, dropout=0.1,
        vocabulary=8000, batch_tokens=1024, learning_rate=3e-3, warmup_ratio=0.08,
        optimizer="muon", minutes=10.0,
    )  # fmt: skip


PRESETS: Mapping[str, TrainConfig] = {
    "demo": TrainConfig(
        width=128, heads=4, hidden=256, encoder_layers=2, decoder_layers=2, dropout=0.05,
        vocabulary=2000, batch_tokens=1024, learning_rate=4e-3, warmup_ratio=0.1,
        optimizer="muon", steps=700, ema=0.99, validate_every=100, checkpoint_every=100,
    ),
    "tiny": _tiny(),
    "small": TrainConfig(
        width=256, heads=4, hidden=1024, encoder_layers=3, decoder_layers=3, dropout=0.2,
        vocabulary=8000, batch_tokens=2048, learning_rate=1.5e-3, warmup_ratio=0.05,
        steps=20_000, ema=0.999, validate_every=500, checkpoint_every=500,
    ),
    "base": TrainConfig(
        width=512, heads=8, hidden=2048, encoder_layers=6, decoder_layers=6, dropout=0.1,
        vocabulary=32_000, batch_tokens=25_000, learning_rate=7e-4, warmup_ratio=0.04,
        schedule="inverse_sqrt", steps=100_000, ema=0.9995, validate_every=1000,
        checkpoint_every=1000,
    ),
    "big": TrainConfig(
        width=1024, heads=16, hidden=4096, encoder_layers=6, decoder_layers=6, dropout=0.2,
        vocabulary=32_000, batch_tokens=200_000, learning_rate=5e-4, warmup_ratio=0.04,
        schedule="inverse_sqrt", steps=50_000, ema=0.9995, validate_every=1000,
        checkpoint_every=1000,
    ),
}  # fmt: skip


def choose(preset: str, changes: Mapping[str, str | float | int]) -> TrainConfig:
    """Return a preset with changes; raises InputError that lists what is known.

    Values may be text (`--set key=value`). Setting `steps` clears `minutes` and vice versa.
    """
    if preset not in PRESETS:
        raise InputError(f"unknown preset {preset!r}", remedy="Presets: " + ", ".join(PRESETS))
    kinds = get_type_hints(TrainConfig)
    values: dict[str, Any] = {}
    for key, value in changes.items():
        if key not in kinds:
            raise InputError(
                f"unknown training setting {key!r}", remedy="Known: " + ", ".join(sorted(kinds))
            )
        try:
            values[key] = kinds[key](value)
        except (TypeError, ValueError, OverflowError):
            word = {int: "whole number", float: "number"}.get(kinds[key], "text")
            raise InputError(f"{key}={value!r} is not a {word}") from None
    if values.get("steps"):
        values.setdefault("minutes", 0.0)
    elif values.get("minutes"):
        values["steps"] = 0
    return check(dataclasses.replace(PRESETS[preset], **values))


def check(config: TrainConfig) -> TrainConfig:
    """Return the config if it can be trained; raises InputError that says what cannot be."""
    floats = [value for value in dataclasses.astuple(config) if isinstance(value, float)]
    limits: Mapping[str, bool] = {
        "all numbers must be finite": all(math.isfinite(value) for value in floats),
        f"whole numbers are at most {LARGEST:,}": all(
            value <= LARGEST for value in dataclasses.astuple(config) if isinstance(value, int)
        ),
        "seed, threads, weight_decay and warmup_ratio cannot be negative": min(
            config.seed, config.threads, config.weight_decay, config.warmup_ratio
        )
        >= 0,
        "ema must lie in [0, 1)": 0 <= config.ema < 1,
        "hidden, beam, max_tokens and validation_sentences must be positive": min(
            config.hidden, config.beam, config.max_tokens, config.validation_sentences
        )
        > 0,
        "width must be a multiple of 2 x heads": config.heads > 0
        and config.width > 0
        and config.width % (2 * config.heads) == 0,
        "exactly one of minutes and steps must be above 0": (config.minutes > 0)
        != (config.steps > 0),
        "dropout must lie in [0, 1)": 0 <= config.dropout < 1,
        "label_smoothing must lie in [0, 1)": 0 <= config.label_smoothing < 1,
        "optimizer is adamw or muon": config.optimizer in ("adamw", "muon"),
        "norm is pre or post": config.norm in ("pre", "post"),
        "schedule is linear or inverse_sqrt": config.schedule in ("linear", "inverse_sqrt"),
        "precision is auto, float32 or bfloat16": config.precision
        in ("auto", "float32", "bfloat16"),
        "learning_rate and clip_norm must be above 0": min(config.learning_rate, config.clip_norm)
        > 0,
        "layers, vocabulary and batch_tokens must be positive": min(
            config.encoder_layers, config.decoder_layers, config.batch_tokens, config.heads
        )
        > 0,
        "vocabulary must be at least 300": config.vocabulary >= 300,  # noqa: PLR2004  (as it says)
        "validate_every and checkpoint_every must be at least 1": min(
            config.validate_every, config.checkpoint_every, config.keep_checkpoints
        )
        >= 1,
    }
    wrong = [text for text, holds in limits.items() if not holds]
    if wrong:
        raise InputError("; ".join(wrong))
    return config


def save_config(path: Path, config: RunConfig) -> None:
    """Write the configuration."""
    write_json(path, dataclasses.asdict(config))


def load_config(path: Path) -> RunConfig:
    """Read a configuration; raises InputError on an unknown or missing key."""
    document = read_json(path)
    document.pop(_FORMER_KEY, None)
    train = document.pop("train", {})
    return RunConfig(
        **_strict(path, document, set(RunConfig.__dataclass_fields__) - {"train"}),
        train=TrainConfig(**_strict(path, train, set(TrainConfig.__dataclass_fields__))),
    )


def _strict(path: Path, given: Mapping[str, Any], known: set[str]) -> dict[str, Any]:
    """Return `given` if its keys are exactly the known ones; raises InputError."""
    unknown, missing = sorted(set(given) - known), sorted(known - set(given))
    if unknown or missing:
        raise InputError(
            f"{path}: unknown keys {unknown}, missing keys {missing}",
            remedy="Known: " + ", ".join(sorted(known)),
        )
    return dict(given)
