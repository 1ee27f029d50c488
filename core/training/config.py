"""The training configuration of a run: a preset with changes; free of PyTorch.

It is stored once, in the run's database row.
"""

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_type_hints

from core.errors import InputError

LARGEST = 2**31 - 1  # the largest integer that every database and library here supports


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainConfig:
    """The configuration that determines a run's numbers, the model's shape included.

    Exactly one of `steps` and `minutes` is above 0; `minutes` is a budget of wall time, from which
    the number of updates is computed at the start. `batch_tokens` limits the tokens of a batch,
    padding included. `optimizer` is `adamw` (Kingma & Ba 2015; Loshchilov & Hutter 2019), or `muon`
    (Jordan 2024) for matrices and AdamW for the rest. `ema` is the decay of the moving average of
    the weights. `threads` 0 means all cores.
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


PRESETS: Mapping[str, TrainConfig] = {
    "demo": TrainConfig(
        width=128, heads=4, hidden=256, encoder_layers=2, decoder_layers=2, dropout=0.05,
        vocabulary=2000, batch_tokens=1024, learning_rate=4e-3, warmup_ratio=0.1,
        optimizer="muon", steps=700, ema=0.99, validate_every=100, checkpoint_every=100,
    ),
    "tiny": TrainConfig(  # the reference for small data, Wu et al. 2021
        width=128, heads=4, hidden=256, encoder_layers=4, decoder_layers=4, dropout=0.1,
        vocabulary=8000, batch_tokens=1024, learning_rate=3e-3, warmup_ratio=0.08,
        optimizer="muon", minutes=10.0,
    ),
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


def choose_config(preset: str, changes: Mapping[str, str | float | int]) -> TrainConfig:
    """Return a preset with changes; raises InputError that lists the known names.

    Values may be text (`--set key=value`). Setting `steps` sets `minutes` to 0 and vice versa.
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
    if "steps" in values:
        values.setdefault("minutes", 0.0)
    elif "minutes" in values:
        values["steps"] = 0
    return check_config(dataclasses.replace(PRESETS[preset], **values))


def check_config(config: TrainConfig) -> TrainConfig:
    """Return the configuration if it is valid; raises InputError that lists every problem."""
    floats = [value for value in dataclasses.astuple(config) if isinstance(value, float)]
    rules: Mapping[str, bool] = {
        "all numbers must be finite": all(math.isfinite(value) for value in floats),
        f"whole numbers must be at most {LARGEST:,}": all(
            value <= LARGEST for value in dataclasses.astuple(config) if isinstance(value, int)
        ),
        "seed, threads, weight_decay and warmup_ratio must not be negative": min(
            config.seed, config.threads, config.weight_decay, config.warmup_ratio
        )
        >= 0,
        "ema must be in [0, 1)": 0 <= config.ema < 1,
        "hidden, beam, max_tokens and validation_sentences must be positive": min(
            config.hidden, config.beam, config.max_tokens, config.validation_sentences
        )
        > 0,
        "width must be a multiple of 2 x heads": config.heads > 0
        and config.width > 0
        and config.width % (2 * config.heads) == 0,
        "set exactly one of minutes and steps, to a value above 0": (config.minutes > 0)
        != (config.steps > 0),
        "dropout must be in [0, 1)": 0 <= config.dropout < 1,
        "label_smoothing must be in [0, 1)": 0 <= config.label_smoothing < 1,
        "optimizer must be adamw or muon": config.optimizer in ("adamw", "muon"),
        "norm must be pre or post": config.norm in ("pre", "post"),
        "schedule must be linear or inverse_sqrt": config.schedule in ("linear", "inverse_sqrt"),
        "precision must be auto, float32 or bfloat16": config.precision
        in ("auto", "float32", "bfloat16"),
        "learning_rate and clip_norm must be above 0": min(config.learning_rate, config.clip_norm)
        > 0,
        "encoder_layers, decoder_layers, batch_tokens and heads must be positive": min(
            config.encoder_layers, config.decoder_layers, config.batch_tokens, config.heads
        )
        > 0,
        "vocabulary must be at least 300": config.vocabulary >= 300,  # noqa: PLR2004  (see message)
        "validate_every, checkpoint_every and keep_checkpoints must be at least 1": min(
            config.validate_every, config.checkpoint_every, config.keep_checkpoints
        )
        >= 1,
    }
    wrong = [text for text, holds in rules.items() if not holds]
    if wrong:
        raise InputError("; ".join(wrong))
    return config


def read_train_config(document: Mapping[str, Any]) -> TrainConfig:
    """Return the training configuration in a stored run's `config`; raises InputError.

    Unknown and missing keys are refused, so that no setting is silently ignored.
    """
    given = document.get("train", {})
    known = set(TrainConfig.__dataclass_fields__)
    unknown, missing = sorted(set(given) - known), sorted(known - set(given))
    if unknown or missing:
        raise InputError(
            f"the configuration of the run has unknown keys {unknown} and misses keys {missing}",
            remedy="It was created by another version of Datahall; start a new run",
        )
    return TrainConfig(**given)
