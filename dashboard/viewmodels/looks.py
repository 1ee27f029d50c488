"""How states look: one word, one icon and one colour for each, the same on every page."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Colour = Literal["red", "orange", "yellow", "blue", "green", "violet", "gray", "primary"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A state as people see it: never by colour alone."""

    word: str
    icon: str
    colour: Colour
    help: str = ""

    @property
    def markdown(self) -> str:
        """The badge as Markdown, for tables."""
        return f":{self.colour}-badge[{self.icon} {self.word}]"


OK: Colour = "green"
WARN: Colour = "orange"
BAD: Colour = "red"
BUSY: Colour = "blue"
OFF: Colour = "gray"

_STATES: Mapping[str, Look] = {
    "queued": Look(word="queued", icon=":material/schedule:", colour=OFF),
    "running": Look(word="running", icon=":material/play_circle:", colour=BUSY),
    "stopping": Look(word="stopping", icon=":material/pending:", colour=WARN),
    "stopped": Look(word="stopped", icon=":material/stop_circle:", colour=OFF),
    "succeeded": Look(word="succeeded", icon=":material/check_circle:", colour=OK),
    "failed": Look(word="failed", icon=":material/error:", colour=BAD),
    "crashed": Look(word="crashed", icon=":material/bolt:", colour=BAD),
}

SIMULATED = Look(
    word="simulated",
    icon=":material/science:",
    colour="violet",
    help="Made-up numbers of a demo host; no such hardware is here",
)


def state_look(state: str) -> Look:
    """Return the look of a job's or run's state; one that is not known is shown as its word."""
    return _STATES.get(state) or Look(word=state, icon=":material/help:", colour=OFF)
