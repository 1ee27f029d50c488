"""The models in memory: follows the alias, loads the new version, then switches.

A request takes a translator and keeps it to its end, so a switch drops nothing; the old model is
freed when its last request is done. A version that cannot be loaded leaves the one before serving.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from core.clock import Clock
from core.errors import DatahallError, InputError, UnavailableError
from core.inference.translator import Translator
from core.registry.records import ModelVersion
from core.registry.registry import PRODUCTION, ModelRegistry

_RETRY_S = 10.0

Open = Callable[[ModelVersion], Translator]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedModel:
    """A version that serves, and since when."""

    version: ModelVersion
    translator: Translator
    since: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Failure:
    """A version that could not be loaded, and when to try again (monotonic)."""

    version: int
    message: str
    retry_at: float


@dataclass(slots=True, kw_only=True)
class ModelPool:
    """One loaded version per model that the alias points at; safe to use from any thread."""

    registry: ModelRegistry
    open: Open
    clock: Clock
    alias: str = PRODUCTION
    _loaded: Mapping[str, LoadedModel] = field(default_factory=dict)
    _failures: Mapping[str, _Failure] = field(default_factory=dict)
    _is_fresh: bool = False
    _refreshing: threading.Lock = field(default_factory=threading.Lock)

    def refresh(self) -> None:
        """Load what the alias points at now; raises what the registry raises.

        The model whose alias moved last comes first: it is the default.
        """
        with self._refreshing:
            self._refresh()

    def choose(self, source: str | None, target: str | None) -> LoadedModel:
        """Return the model of a language direction; None matches any language.

        Raises UnavailableError while nothing is loaded, InputError for a direction not served.
        """
        return self._fitting(source, target)[0]

    def only(self, source: str | None, target: str | None) -> LoadedModel:
        """Return the one model that fits; raises as `choose` does, InputError also for several."""
        fitting = self._fitting(source, target)
        if len(fitting) > 1:
            raise InputError(
                "several directions fit", remedy="Name both languages, in source and target"
            )
        return fitting[0]

    def models(self) -> Sequence[LoadedModel]:
        """Return what serves, the default first."""
        return list(self._loaded.values())

    def problem(self) -> str:
        """Return what keeps the alias' version from serving; empty when nothing does."""
        return "; ".join(failure.message for failure in self._failures.values())

    def _fitting(self, source: str | None, target: str | None) -> Sequence[LoadedModel]:
        """Return the models of a language direction, the default first; at least one."""
        models = self.models()
        if not models:
            raise self._nothing()
        fitting = [
            model
            for model in models
            if source in (None, model.version.source) and target in (None, model.version.target)
        ]
        if not fitting:
            served = ", ".join(f"{one.version.source} to {one.version.target}" for one in models)
            raise InputError(
                f"{source or 'any language'} to {target or 'any language'} is not served",
                remedy=f"Served: {served}",
            )
        return fitting

    def _refresh(self) -> None:
        """Refresh, one thread at a time: an older reading must not overtake a newer one."""
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
        self._loaded = loaded  # one assignment: a request sees the old or the new models
        self._is_fresh = True

    def _load(self, name: str, version: int | None) -> tuple[LoadedModel | None, _Failure | None]:
        """Return the model to serve and why it is not the wanted version, if it is not."""
        present, failure = self._loaded.get(name), self._failures.get(name)
        if version is None:
            return None, None
        if present is not None and present.version.version == version:
            return present, None
        now = self.clock.monotonic()
        if failure is not None and failure.version == version and now < failure.retry_at:
            return present, failure
        try:
            record = self.registry.get(name, version)
            translator = self.open(record)
        except DatahallError as error:
            message = f"{name}:{version} cannot be loaded: {error}"
            return present, _Failure(version=version, message=message, retry_at=now + _RETRY_S)
        loaded = LoadedModel(version=record, translator=translator, since=self.clock.now())
        return loaded, None

    def _nothing(self) -> UnavailableError:
        """Return why nothing serves."""
        if self._failures:
            return UnavailableError(self.problem())
        if not self._is_fresh:
            return UnavailableError("the model is being loaded", remedy="Try again in a moment")
        return UnavailableError(
            f"no model is {self.alias} yet",
            remedy="Promote a run on the page Models, or with: datahall models promote RUN",
        )
