"""The models in memory follow the alias."""

import dataclasses

import pytest

from core.clock import FixedClock
from core.errors import CorruptError, InputError, UnavailableError
from core.inference.echo import EchoTranslator
from core.inference.translator import Translator
from core.registry.memory import MemoryModelRegistry
from core.registry.records import ModelVersion
from core.registry.registry import PRODUCTION
from core.serving.pool import ModelPool

VERSION = ModelVersion(
    name="en-es", version=1, run_id="r", run_name="run", step=1, source="en", target="es",
    dataset="demo", dataset_digest="d", snapshot=None, waiver=None, config={}, code_version="0",
    scores={}, self_test={}, digest="f", created_at=1.0,
)  # fmt: skip


class Bench:
    """A pool over a registry, and which versions are damaged."""

    def __init__(self) -> None:
        """Start with an empty registry."""
        self.damaged: set[int] = set()
        self.opened: list[int] = []
        self.clock = FixedClock()
        self.registry = MemoryModelRegistry(self.clock)
        self.pool = ModelPool(registry=self.registry, open=self._open, clock=self.clock)

    def promote(self, number: int, alias: str = PRODUCTION) -> None:
        """Register a version and point an alias at it."""
        self.registry.register(dataclasses.replace(VERSION, version=number))
        self.registry.set_alias("en-es", alias, number, actor="a", action="promote", reason="")

    def _open(self, version: ModelVersion) -> Translator:
        """Open a version as the twin."""
        self.opened.append(version.version)
        if version.version in self.damaged:
            raise CorruptError("model.bin is cut")
        return EchoTranslator(version=f"en-es:{version.version}")


@pytest.fixture
def bench() -> Bench:
    """A bench without a promoted version."""
    return Bench()


def test_it_says_why_nothing_serves(bench: Bench) -> None:
    """Loading, never promoted, damaged: three sentences."""
    with pytest.raises(UnavailableError, match="being loaded"):
        bench.pool.choose(None, None)
    bench.pool.refresh()
    with pytest.raises(UnavailableError, match="no model is production yet"):
        bench.pool.choose(None, None)
    bench.damaged.add(1)
    bench.promote(1)
    bench.pool.refresh()
    with pytest.raises(UnavailableError, match=r"en-es:1 cannot be loaded: model\.bin is cut"):
        bench.pool.choose(None, None)


def test_a_direction_that_is_not_served_is_an_input_error(bench: Bench) -> None:
    """The sentence names what is served."""
    bench.promote(1)
    bench.pool.refresh()
    with pytest.raises(InputError, match="Served: en to es"):
        bench.pool.choose("en", "fr")


def test_only_its_alias_is_followed(bench: Bench) -> None:
    """A candidate does not serve."""
    bench.promote(1)
    bench.promote(2, alias="candidate")
    bench.pool.refresh()
    assert [model.version.version for model in bench.pool.models()] == [1]


def test_a_version_is_opened_once(bench: Bench) -> None:
    """Polling costs a look at the history and nothing else."""
    bench.promote(1)
    for _ in range(5):
        bench.pool.refresh()
    assert bench.opened == [1]


def test_a_damaged_version_is_tried_again_after_a_while(bench: Bench) -> None:
    """Not at every poll; until then the one before serves."""
    bench.promote(1)
    bench.pool.refresh()
    bench.damaged.add(2)
    bench.promote(2)
    for _ in range(5):
        bench.pool.refresh()
    assert bench.opened == [1, 2]
    assert bench.pool.choose("en", "es").translator.version == "en-es:1"
    assert bench.pool.problem() == "en-es:2 cannot be loaded: model.bin is cut"
    bench.damaged.clear()
    bench.clock.advance(11)
    bench.pool.refresh()
    assert bench.pool.choose("en", "es").translator.version == "en-es:2"
    assert bench.pool.problem() == ""


def test_a_request_keeps_its_version(bench: Bench) -> None:
    """What was chosen before a switch still answers after it."""
    bench.promote(1)
    bench.pool.refresh()
    chosen = bench.pool.choose("en", "es").translator
    bench.promote(2)
    bench.pool.refresh()
    assert chosen.translate(["hi"])[0].model_version == "en-es:1"
