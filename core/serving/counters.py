"""What the server counts, and how Prometheus reads it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.clock import Clock


@dataclass(slots=True)
class Counters:
    """Counts since the start; touched by the event loop alone."""

    requests: Counter[tuple[str, int]] = field(default_factory=Counter)
    seconds: float = 0.0
    characters: int = 0
    waiting: int = 0

    @property
    def total(self) -> int:
        """Requests answered, whatever the answer."""
        return sum(self.requests.values())

    @property
    def failures(self) -> int:
        """Requests answered with a fault of the server."""
        return sum(n for (_, status), n in self.requests.items() if status >= 500)  # noqa: PLR2004  (HTTP)

    def exposition(self, models: Sequence[str]) -> str:
        """Return the counts in Prometheus' text format."""
        lines = ["# TYPE datahall_translation_requests_total counter"]
        lines += [
            f'datahall_translation_requests_total{{path="{path}",status="{status}"}} {number}'
            for (path, status), number in sorted(self.requests.items())
        ]
        lines += [
            "# TYPE datahall_translation_seconds summary",
            f"datahall_translation_seconds_sum {self.seconds:.6f}",
            f"datahall_translation_seconds_count {self.total}",
            "# TYPE datahall_translation_characters_total counter",
            f"datahall_translation_characters_total {self.characters}",
            "# TYPE datahall_translation_waiting gauge",
            f"datahall_translation_waiting {self.waiting}",
            "# TYPE datahall_translation_model_info gauge",
        ]
        lines += [f'datahall_translation_model_info{{model="{model}"}} 1' for model in models]
        return "\n".join(lines) + "\n"


class Metered:
    """ASGI middleware: counts the requests that ask for work, with their status and time."""

    def __init__(self, app: ASGIApp, counters: Counters, clock: Clock) -> None:
        """Count what `app` answers."""
        self.app = app
        self.counters = counters
        self.clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and count it once its answer begins."""
        if scope["type"] != "http" or scope["method"] != "POST":
            await self.app(scope, receive, send)  # what watchers ask every second is not counted
            return
        started = self.clock.monotonic()
        status = 500

        async def note_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, note_status)
        finally:
            known = "unknown" if status in (404, 405) else scope["path"]  # no label per guess
            self.counters.requests[known, status] += 1
            self.counters.seconds += self.clock.monotonic() - started
