"""Metrics of the server: counted by a middleware, read by Prometheus and by `/health`."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from prometheus_client import Metric, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    SummaryMetricFamily,
)
from prometheus_client.registry import Collector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.clock import Clock

_PREFIX = "datahall_translation"
_UNKNOWN = "unknown"


@dataclass(slots=True)
class Metrics:
    """Counts since the start of the server; used by the event loop alone."""

    requests: Counter[tuple[str, int]] = field(default_factory=Counter)
    seconds: float = 0.0
    characters: int = 0
    waiting: int = 0

    @property
    def total(self) -> int:
        """Number of requests that were answered."""
        return sum(self.requests.values())

    @property
    def failures(self) -> int:
        """Number of requests that failed because of the server (status 5xx)."""
        return sum(n for (_, status), n in self.requests.items() if status >= 500)  # noqa: PLR2004  (HTTP)

    def exposition(self, models: Sequence[str]) -> bytes:
        """Return the metrics in the text format of Prometheus."""
        return generate_latest(_Exposition(self, models))


@dataclass(frozen=True, slots=True)
class _Exposition(Collector):
    """Presents the metrics to prometheus_client, which escapes the labels."""

    metrics: Metrics
    models: Sequence[str]

    def collect(self) -> Iterable[Metric]:
        """Yield the metric families."""
        requests = CounterMetricFamily(
            f"{_PREFIX}_requests", "Requests by path and status", labels=("path", "status")
        )
        for (path, status), number in sorted(self.metrics.requests.items()):
            requests.add_metric((path, str(status)), number)
        yield requests
        yield SummaryMetricFamily(
            f"{_PREFIX}_seconds",
            "Time to answer a request",
            count_value=self.metrics.total,
            sum_value=self.metrics.seconds,
        )
        yield CounterMetricFamily(
            f"{_PREFIX}_characters", "Characters translated", self.metrics.characters
        )
        yield GaugeMetricFamily(
            f"{_PREFIX}_waiting", "Requests being translated or waiting", self.metrics.waiting
        )
        models = GaugeMetricFamily(f"{_PREFIX}_model_info", "Loaded models", labels=("model",))
        for model in self.models:
            models.add_metric((model,), 1)
        yield models


class MetricsMiddleware:
    """ASGI middleware: counts POST requests with path, status and time.

    GET requests are not counted, because monitoring sends one every second. A path that the server
    does not have is counted as `unknown`, so that a client cannot create labels.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics, clock: Clock, paths: frozenset[str]) -> None:
        """Count the requests to `app`, which has these paths."""
        self.app = app
        self.metrics = metrics
        self.clock = clock
        self.paths = paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and count it."""
        if scope["type"] != "http" or scope["method"] != "POST":
            await self.app(scope, receive, send)
            return
        started = self.clock.monotonic()
        status = 500

        async def record_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, record_status)
        finally:
            path = scope["path"] if scope["path"] in self.paths else _UNKNOWN
            self.metrics.requests[path, status] += 1
            self.metrics.seconds += self.clock.monotonic() - started
