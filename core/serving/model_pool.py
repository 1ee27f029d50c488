"""The models in memory: one loaded version per model that the alias points at.

When the alias moves, the new version is loaded first and then replaces the old one. A request uses
one translator from start to end, so it is not affected; the old model is freed with its last
request. While a version cannot be loaded, the previous one is served.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from core.clock import Clock
from core.errors import DatahallError, InputError, UnavailableError
from core.inference.translator import Translator
from core.registry.records import PRODUCTION, ModelVersion
from core.registry.registry import ModelRegistry

_RETRY_S = 10.0

# Loads a version; raises DatahallError.
Load = Callable[[ModelVersion], Translator]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedModel:
    """A loaded version; `since` is epoch seconds."""

    version: ModelVersion
    translator: Translator
    since: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Failure:
    """A version that could not be loaded, and the monotonic time of the next attempt."""

    version: int
    message: str
    retry_at: float


@dataclass(slots=True, kw_only=True)
class ModelPool:
    """Loads and selects models; safe to use from several threads."""

    registry: ModelRegistry
    load: Load
    clock: Clock
    alias: str = PRODUCTION
    _loaded: Mapping[str, LoadedModel] = field(default_factory=dict)
    _failures: Mapping[str, _Failure] = field(default_factory=dict)
    _has_refreshed: bool = False
    _refreshing: threading.Lock = field(default_factory=threading.Lock)

    def refresh(self) -> None:
        """Load the versions that the alias points at now; raises UnavailableError.

        The model whose alias moved last is the default.
        """
        with self._refreshing:  # so that an older reading cannot replace a newer one
            self._refresh()

    def choose(self, source: str | None, target: str | None) -> LoadedModel:
        """Return the model of a language direction; None matches any language.

        Raises UnavailableError while no model is loaded and InputError when no model has this
        direction.
        """
        return self._matches(source, target)[0]

    def choose_only(self, source: str | None, target: str | None) -> LoadedModel:
        """Return the only model that matches; raises also InputError when several match."""
        matches = self._matches(source, target)
        if len(matches) > 1:
            raise InputError(
                "several models match", remedy="Give both languages, in source and target"
            )
        return matches[0]

    def models(self) -> Sequence[LoadedModel]:
        """Return the loaded models, the default first."""
        return list(self._loaded.values())

    def problem(self) -> str:
        """Return the reason why a version behind the alias is not loaded; empty when all are."""
        return "; ".join(failure.message for failure in self._failures.values())

    def _matches(self, source: str | None, target: str | None) -> Sequence[LoadedModel]:
        """Return the models of a language direction, at least one, the default first."""
        models = self.models()
        if not models:
            raise self._no_model()
        matches = [
            model
            for model in models
            if source in (None, model.version.source) and target in (None, model.version.target)
        ]
        if not matches:
            pairs = ", ".join(f"{item.version.source} to {item.version.target}" for item in models)
            raise InputError(
                f"there is no model for {source or 'any language'} to {target or 'any language'}",
                remedy=f"Available: {pairs}",
            )
        return matches

    def _refresh(self) -> None:
        """Load what is missing and replace the loaded models."""
        wanted: dict[str, int | None] = {}
        for event in self.registry.history(alias=self.alias):
            wanted.setdefault(event.name, event.version)
        loaded: dict[str, LoadedModel] = {}
        failures: dict[str, _Failure] = {}
        for name, version in wanted.items():
            model, failure = self._load(name, version)
            if model is not None:
                loaded[name] = model
            if failure is not None:
                failures[name] = failure
        self._failures = failures
        self._loaded = loaded  # one assignment: a request uses either all old or all new models
        self._has_refreshed = True

    def _load(self, name: str, version: int | None) -> tuple[LoadedModel | None, _Failure | None]:
        """Return the model to serve, and the failure if it is not the wanted version."""
        current, failure = self._loaded.get(name), self._failures.get(name)
        if version is None:
            return None, None
        if current is not None and current.version.version == version:
            return current, None
        now = self.clock.monotonic()
        if failure is not None and failure.version == version and now < failure.retry_at:
            return current, failure
        try:
            record = self.registry.get(name, version)
            translator = self.load(record)
        except DatahallError as error:
            message = f"{name}:{version} cannot be loaded: {error}"
            return current, _Failure(version=version, message=message, retry_at=now + _RETRY_S)
        loaded = LoadedModel(version=record, translator=translator, since=self.clock.now())
        return loaded, None

    def _no_model(self) -> UnavailableError:
        """Return the error that explains why no model is loaded."""
        if self._failures:
            return UnavailableError(self.problem())
        if not self._has_refreshed:
            return UnavailableError("the model is being loaded", remedy="Try again in a moment")
        return UnavailableError(
            f"there is no {self.alias} model yet",
            remedy="Promote a run on the Models page, or with: datahall models promote RUN",
        )
