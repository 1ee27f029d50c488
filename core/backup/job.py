"""What a backup job leaves in its folder: `progress.json` while it works, `result.json` after."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.backup.vault import Stage
from core.clock import Clock
from core.files import write_json
from core.process.progress import ProgressReport, write_progress

_PAUSE_S = 0.5


@dataclass(slots=True)
class Reporter:
    """Tells of one job in its folder; without one (started by hand) it writes nothing."""

    folder: Path | None
    clock: Clock
    _message: str = ""
    _began_at: float = 0.0
    _written_at: float = 0.0

    def tell(self, stage: Stage) -> None:
        """Write the progress: a new message at once, more of the same twice a second."""
        if self.folder is None:
            return
        now = self.clock.monotonic()
        if stage.message != self._message:
            self._message, self._began_at = stage.message, now
        elif now - self._written_at < _PAUSE_S:
            return
        self._written_at = now
        spent = now - self._began_at
        rate = stage.done / spent if spent > 0 and stage.done else None
        write_progress(
            self.folder,
            ProgressReport(
                done=stage.done,
                total=stage.total,
                unit=stage.unit,
                message=stage.message,
                rate=rate,
                eta_s=stage.seconds_left or _left(stage, rate),
                at=self.clock.now(),
            ),
        )

    def finish(self, result: Mapping[str, Any]) -> None:
        """Write the result."""
        if self.folder is not None:
            write_json(self.folder / "result.json", result)


def _left(stage: Stage, rate: float | None) -> float | None:
    """Return the seconds left at this rate."""
    if rate is None or stage.total is None:
        return None
    return max(0.0, stage.total - stage.done) / rate
