"""Panels of series, and the window of time or steps that they share."""

from dataclasses import dataclass
from enum import StrEnum

from monitors.store.interface import SeriesKey


class Unit(StrEnum):
    """The base unit of the values of a panel; the browser formats them."""

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
    """A metric of a run; `run` is its id."""

    run: str
    metric: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """Points that are part of the page instead of being polled; None in `y` is a gap.

    `low` and `high` are empty or as long as `x`. `x` is Unix seconds in a time window.
    """

    x: tuple[float, ...]
    y: tuple[float | None, ...]
    low: tuple[float | None, ...] = ()
    high: tuple[float | None, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One line; `color` is an index of the palette (0-7), by default the index of the series."""

    label: str
    source: SeriesKey | MetricKey | Trace
    dashed: bool = False
    band: bool = False
    color: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A horizontal dotted line, such as a power limit."""

    label: str
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A vertical dotted line, such as the step at which a run was resumed."""

    label: str
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One chart; `floor` and `ceiling` fix the value axis, None fits it to the points."""

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
    """The last `span_s` seconds; updated while `live`."""

    span_s: float
    live: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class StepWindow:
    """All steps of the runs, or the seconds since each began (`elapsed`).

    `smoothing` is the weight of the past in an exponential moving average, 0 (none) to below 1; the
    points themselves stay visible.
    """

    live: bool = False
    elapsed: bool = False
    smoothing: float = 0.0
