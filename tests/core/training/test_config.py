"""Training settings: what cannot be trained is refused before anything is queued."""

import json
from pathlib import Path

import pytest

from core.errors import InputError
from core.training.config import PRESETS, RunConfig, check, choose, load_config, save_config


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_can_be_trained(preset: str) -> None:
    """They keep their own rules."""
    assert check(PRESETS[preset]) == choose(preset, {})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("minutes", "inf"), ("minutes", "nan"), ("minutes", "-1"), ("steps", 10**23),
        ("steps", "-1"), ("seed", -1), ("seed", 10**26), ("width", "0"), ("width", "1e999"),
        ("width", float("inf")), ("heads", "0"), ("hidden", "0"), ("beam", "0"),
        ("max_tokens", "0"), ("learning_rate", "inf"), ("learning_rate", "nan"),
        ("clip_norm", "nan"), ("clip_norm", 0), ("ema", "1"), ("weight_decay", "-inf"),
        ("threads", "-2"), ("dropout", "nan"), ("warmup_ratio", "-0.1"),
        ("optimizer", "'; drop table run"), ("nothing\n", "1"), ("validation_sentences", "0"),
    ],
)  # fmt: skip
def test_what_cannot_be_trained_is_refused(key: str, value: str | float) -> None:
    """An InputError now instead of a job that fails later."""
    with pytest.raises(InputError):
        choose("demo", {key: value})


def test_a_configuration_that_still_holds_the_database_is_read(tmp_path: Path) -> None:
    """It was a field once; runs of then can be resumed."""
    path = tmp_path / "config.json"
    config = RunConfig(
        run_id="r", run_name="r", preset="demo", home=str(tmp_path), dataset="d",
        dataset_digest="0", source="en", target="es", device="cpu", code_version="0",
        snapshot=None, waiver=None, init_from=None, train=PRESETS["demo"],
    )  # fmt: skip
    save_config(path, config)
    document = json.loads(path.read_text())
    path.write_text(json.dumps(document | {"database_url": "postgresql://ada:secret@db/hall"}))
    assert load_config(path) == config
