"""`datahall data show`: what each cleaning rule found."""

from collections.abc import Callable
from typing import Any

import pytest

from core.data.datasets import DatasetStore
from core.data.prepare import prepare
from core.data.records import Pair
from core.settings import Settings
from dashboard.commands.cli import run
from tests.clock import FixedClock

Ask = Callable[..., tuple[int, Any]]


@pytest.fixture(autouse=True)
def _cats(settings: Settings, clock: FixedClock) -> None:
    """A prepared dataset of which cleaning dropped one pair."""
    pairs = [Pair(source=f"I see {n} cats.", target=f"Veo {n} gatos.") for n in range(2, 60)]
    dropped = Pair(source="No comment", target="No comment")
    store = DatasetStore(settings.paths.datasets)
    dataset = store.add("cats", "en", "es", [*pairs, dropped], origin="made up", clock=clock)
    prepare(dataset, vocabulary_size=300, clock=clock)


def test_each_rule_shows_examples_of_what_it_dropped(ask: Ask) -> None:
    code, document = ask("data", "show", "cats")
    assert code == 0
    rules = {rule["rule"]: rule for rule in document["rules"]}
    assert rules["untranslated"]["dropped"] == 1
    assert rules["untranslated"]["examples"] == [{"source": "No comment", "target": "No comment"}]
    assert rules["duplicate"]["examples"] == []


def test_the_examples_are_a_table_in_text(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["data", "show", "cats", "--home", str(settings.home)]) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["FOUND", "BY", "SOURCE", "TARGET"] in rows
    assert ["untranslated", "No", "comment", "No", "comment"] in rows
