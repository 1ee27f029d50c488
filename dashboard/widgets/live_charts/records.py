"""What is drawn: panels of series, and the window of time or steps that they share."""

from dataclasses import dataclass
from enum import StrEnum

from monitors.store.interface import SeriesKey


class Unit(StrEnum):
    """What a panel's numbers are, in base units; the browser writes them for people."""

    RATIO = "ratio"
    BYTES = "bytes"
    BYTES_PER_SECOND = "bytes_per_second"
    WATTS = "watts"
    CELSIUS = "celsius"
    HERTZ = "hertz"
    SECONDS = "seconds"
    PLAIN = "plain"


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricKey:
    """Which series of a run: `run` is its id."""

    run: str
    metric: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """Points known here and now, for what no store holds; None in `y` is a gap.

    `low` and `high` are empty or as long as `x`. `x` is Unix seconds in a time window.
    """

    x: tuple[float, ...]
    y: tuple[float | None, ...]
    low: tuple[float | None, ...] = ()
    high: tuple[float | None, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One line. `color` is a place in the palette (0-7), by default the series' own place."""

    label: str
    source: SeriesKey | MetricKey | Trace
    dashed: bool = False
    band: bool = False
    color: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A dotted grey line across a panel: a power limit, a critical temperature."""

    label: str
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A dotted grey line at a place of the horizontal axis: a step at which a run was resumed."""

    label: str
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One chart. `floor` and `ceiling` fix the ends of the scale; None follows the points."""

    title: str
    unit: Unit
    series: tuple[Series, ...]
    floor: float | None = 0.0
    ceiling: float | None = None
    log: bool = False
    limits: tuple[Limit, ...] = ()
    marks: tuple[Mark, ...] = ()
    height_px: int = 190


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeWindow:
    """The last `span_s` seconds; it moves on while `live`."""

    span_s: float
    live: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class StepWindow:
    """All steps of the runs, or the seconds since each began (`elapsed`).

    `smoothing` is the weight of the past in an exponential mean, 0 (none) to below 1; the points
    themselves stay visible behind it.
    """

    live: bool = False
    elapsed: bool = False
    smoothing: float = 0.0
