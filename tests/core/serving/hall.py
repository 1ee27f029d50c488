"""A small hall around the translation server: a registry that it follows, twins of the rest."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from core.clock import FixedClock, SystemClock
from core.errors import CorruptError, UnavailableError
from core.feedback.intake import Intake
from core.feedback.memory import MemoryFeedbackStore
from core.inference.echo import EchoTranslator
from core.inference.translator import Translator
from core.registry.memory import MemoryModelRegistry
from core.registry.records import ModelVersion
from core.registry.registry import PRODUCTION
from core.serving.pool import ModelPool
from core.serving.server import Explainer, TranslationServer
from core.settings import ServingSettings


def without_torch(_version: ModelVersion) -> Explainer:
    """Open attention on a machine without torch."""
    raise UnavailableError("attention needs torch")


@dataclass
class Hall:
    """A registry and the server that follows it."""

    clock: FixedClock = field(default_factory=FixedClock)
    damaged: set[int] = field(default_factory=set)
    feedback: MemoryFeedbackStore = field(default_factory=MemoryFeedbackStore)
    intake: Intake | None = None
    open_attention: Callable[[ModelVersion], Explainer] = without_torch

    def __post_init__(self) -> None:
        """Make the parts."""
        self.registry = MemoryModelRegistry(self.clock)
        self.pool = ModelPool(registry=self.registry, open=self.open, clock=self.clock)

    def open(self, version: ModelVersion) -> Translator:
        """Open a version as the twin, unless its files are damaged."""
        if version.version in self.damaged:
            raise CorruptError("model.bin is cut")
        return EchoTranslator(
            version=f"{version.name}:{version.version}", languages=(version.source, version.target)
        )

    def promote(self, number: int, source: str = "en", target: str = "es") -> None:
        """Register a version and point production at it."""
        name = f"{source}-{target}"
        self.registry.register(
            ModelVersion(
                name=name, version=number, run_id="r", run_name=f"run {number}", step=1,
                source=source, target=target, dataset="demo", dataset_digest="d", snapshot=None,
                waiver=None, config={}, code_version="0", scores={}, self_test={}, digest="f",
                created_at=1.0,
            )
        )  # fmt: skip
        self.registry.set_alias(name, PRODUCTION, number, actor="a", action="promote", reason="")
        self.pool.refresh()

    def server(self, **changes: Any) -> TranslationServer:  # noqa: ANN401  (any setting)
        """Return a server of this hall; `server(beam=1)` changes settings."""
        return TranslationServer(
            pool=self.pool,
            open_attention=self.open_attention,
            intake=self.intake,
            settings=ServingSettings(max_characters=100, **changes),
            clock=SystemClock(),
            poll_s=0.02,
        )
