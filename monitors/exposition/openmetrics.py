"""The OpenMetrics text format, version 1.0.0."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

CONTENT_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8"
_SUFFIXES = {"counter": "_total", "info": "_info", "gauge": ""}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One value of a family, told apart from the others by its labels."""

    value: float
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Samples of one name; a counter's or an info's name is given without its suffix."""

    name: str
    kind: str
    text: str
    samples: Sequence[Sample]


def render(families: Iterable[Family]) -> str:
    """Return the exposition; a family without samples is left out."""
    lines = [line for family in families if family.samples for line in _lines(family)]
    return "\n".join([*lines, "# EOF"]) + "\n"


def _lines(family: Family) -> Iterator[str]:
    """Yield the lines of one family."""
    yield f"# TYPE {family.name} {family.kind}"
    yield f"# HELP {family.name} {_escaped(family.text)}"
    for sample in family.samples:
        labels = ",".join(f'{name}="{_escaped(text)}"' for name, text in sample.labels.items())
        braces = f"{{{labels}}}" if labels else ""
        yield f"{family.name}{_SUFFIXES[family.kind]}{braces} {sample.value!r}"


def _escaped(text: str) -> str:
    """Return text as it stands in quotes."""
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
