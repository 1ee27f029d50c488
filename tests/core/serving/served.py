"""A registry of versions that echo text, and the server that follows it."""

from dataclasses import dataclass, field
from typing import Any

from core.audit import Ledger
from core.clock import SystemClock
from core.database import Database
from core.errors import CorruptError, UnavailableError
from core.feedback.store import FeedbackRecorder, FeedbackStore
from core.inference.translator import Attention, Translator
from core.paths import StatePaths
from core.registry.records import PRODUCTION, AliasAction, ModelVersion
from core.registry.registry import ModelRegistry
from core.scores import Scores
from core.serving.model_pool import ModelPool
from core.serving.server import ComputeAttention, TranslationServer
from core.settings import ServingSettings
from tests.clock import FixedClock
from tests.core.inference.echo import EchoTranslator


def version_record(number: int, source: str = "en", target: str = "es") -> ModelVersion:
    """Return the record of a version of the model `SOURCE-TARGET`."""
    return ModelVersion(
        name=f"{source}-{target}", version=number, run_id="r", run_name=f"run {number}", step=1,
        source=source, target=target, dataset="demo", dataset_digest="d", snapshot=None,
        waiver=None, config={}, code_version="0", scores=Scores(), self_test=None, digest="f",
        created_at=1.0,
    )  # fmt: skip


def no_torch(_version: ModelVersion, _translator: Translator, _text: str, _beam: int) -> Attention:
    """Fail as on a machine without torch."""
    raise UnavailableError("attention needs torch")


@dataclass
class ServedRegistry:
    """A registry and a model pool that follows it."""

    database: Database
    paths: StatePaths
    clock: FixedClock = field(default_factory=FixedClock)
    damaged: set[int] = field(default_factory=set)
    loaded: list[int] = field(default_factory=list)
    takes_suggestions: bool = True
    compute_attention: ComputeAttention = no_torch

    def __post_init__(self) -> None:
        """Make the registry and the pool."""
        self.registry = ModelRegistry(self.database, self.clock)
        self.pool = ModelPool(registry=self.registry, load=self.load, clock=self.clock)
        self.feedback = FeedbackStore(self.database)
        self.ledger = Ledger(self.database, self.clock, self.paths)

    def load(self, version: ModelVersion) -> Translator:
        """Return a translator that echoes text; raises CorruptError for a damaged version."""
        self.loaded.append(version.version)
        if version.version in self.damaged:
            raise CorruptError("model.bin is truncated")
        return EchoTranslator(
            version=f"{version.name}:{version.version}", languages=(version.source, version.target)
        )

    def register(
        self, number: int, source: str = "en", target: str = "es", alias: str = PRODUCTION
    ) -> None:
        """Register a version and point the alias at it."""
        version = self.registry.register(version_record(number, source, target))
        self.move(number, name=version.name, alias=alias)

    def move(self, number: int, *, name: str = "en-es", alias: str = PRODUCTION) -> None:
        """Point the alias at a version."""
        self.registry.set_alias(
            name, alias, number, actor="ana", action=AliasAction.PROMOTE, reason=""
        )

    def promote(self, number: int, source: str = "en", target: str = "es") -> None:
        """Register a version, point production at it, and let the pool load it."""
        self.register(number, source, target)
        self.pool.refresh()

    def server(self, **changes: Any) -> TranslationServer:  # noqa: ANN401  (any setting)
        """Return a server; `server(beam=1)` changes settings."""
        recorder = FeedbackRecorder(store=self.feedback, ledger=self.ledger, clock=self.clock)
        return TranslationServer(
            pool=self.pool,
            compute_attention=self.compute_attention,
            recorder=recorder if self.takes_suggestions else None,
            settings=ServingSettings(max_characters=100, **changes),
            clock=SystemClock(),
            poll_s=0.02,
        )
