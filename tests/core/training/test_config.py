"""The training configuration: invalid settings are refused before anything is queued."""

import dataclasses

import pytest

from core.errors import InputError
from core.training.config import PRESETS, check_config, choose_config, read_train_config

TRAIN = dataclasses.asdict(PRESETS["demo"])


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_is_valid(preset: str) -> None:
    assert check_config(PRESETS[preset]) == choose_config(preset, {})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("minutes", "inf"), ("minutes", "nan"), ("minutes", "-1"), ("minutes", "0"),
        ("steps", 10**23), ("steps", "0"),
        ("steps", "-1"), ("seed", -1), ("seed", 10**26), ("width", "0"), ("width", "1e999"),
        ("width", float("inf")), ("heads", "0"), ("hidden", "0"), ("beam", "0"),
        ("max_tokens", "0"), ("learning_rate", "inf"), ("learning_rate", "nan"),
        ("clip_norm", "nan"), ("clip_norm", 0), ("ema", "1"), ("weight_decay", "-inf"),
        ("threads", "-2"), ("dropout", "nan"), ("warmup_ratio", "-0.1"),
        ("optimizer", "'; drop table run"), ("nothing\n", "1"), ("validation_sentences", "0"),
    ],
)  # fmt: skip
def test_an_invalid_setting_is_refused(key: str, value: str | float) -> None:
    with pytest.raises(InputError):
        choose_config("demo", {key: value})


def test_one_budget_replaces_the_other() -> None:
    by_minutes = choose_config("demo", {"minutes": 5})
    by_steps = choose_config("tiny", {"steps": 5})
    assert (by_minutes.minutes, by_minutes.steps) == (5.0, 0)
    assert (by_steps.minutes, by_steps.steps) == (0.0, 5)


def test_a_stored_configuration_is_read_strictly() -> None:
    stored = {"train": TRAIN, "home": "as earlier versions stored it"}
    assert read_train_config(stored) == PRESETS["demo"]
    misspelt = {**TRAIN, "wdith": TRAIN["width"]}
    del misspelt["width"]
    with pytest.raises(InputError, match=r"unknown keys \['wdith'\] and misses keys \['width'\]"):
        read_train_config({"train": misspelt})
    with pytest.raises(InputError, match="misses keys"):
        read_train_config({})
