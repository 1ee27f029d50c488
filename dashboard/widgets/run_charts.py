"""The panels of the metric charts of training runs."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.actions.records import RunView
from core.scores import Metric
from dashboard.widgets.live_charts import Mark, MetricKey, Panel, Series, Unit

MAX_RUNS = 4  # two loss lines each: more than eight lines are not readable


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartOptions:
    """Display options of metric charts.

    Attributes:
        log: logarithmic axis for the loss.
        elapsed: seconds instead of steps on the horizontal axis.
        resumed_at: steps to mark, at which the run was resumed.
    """

    log: bool = False
    elapsed: bool = False
    resumed_at: Sequence[int] = ()


def run_panels(views: Sequence[RunView], options: ChartOptions) -> Sequence[Panel]:
    """Return the panels of up to four runs; each run keeps its colour in every panel."""
    shown = views[:MAX_RUNS]
    loss = tuple(
        series
        for place, view in enumerate(shown)
        for series in (
            _line(view, Metric.TRAIN_LOSS, place, _label(view, "train", shown)),
            _line(view, Metric.VALID_LOSS, place, _label(view, "valid", shown), dashed=True),
        )
    )
    # The marks are step numbers: they do not fit a time axis.
    steps = () if options.elapsed else options.resumed_at
    marks = tuple(Mark(label="resumed", at=float(step)) for step in steps)
    return [
        Panel(
            title="Loss",
            unit=Unit.PLAIN,
            series=loss,
            floor=None,
            log=options.log,
            marks=marks,
            height_px=300,
        ),
        _panel("Validation BLEU", Metric.VALID_BLEU, shown, height_px=300),
        _panel("Learning rate", Metric.LEARNING_RATE, shown),
        _panel("Gradient norm", Metric.GRADIENT_NORM, shown),
        _panel("Tokens per second", Metric.TOKENS_PER_SECOND, shown),
        _panel("Time per step", Metric.STEP_SECONDS, shown, unit=Unit.SECONDS),
    ]


def _panel(
    title: str,
    metric: Metric,
    views: Sequence[RunView],
    *,
    height_px: int = 190,
    unit: Unit = Unit.PLAIN,
) -> Panel:
    """Return a panel of one metric."""
    lines = tuple(
        _line(view, metric, place, view.run.spec.name) for place, view in enumerate(views)
    )
    return Panel(title=title, unit=unit, series=lines, height_px=height_px)


def _line(view: RunView, metric: Metric, place: int, label: str, *, dashed: bool = False) -> Series:
    """Return the line of one run, in the colour of the run."""
    source = MetricKey(run=view.run.id, metric=metric)
    return Series(label=label, source=source, dashed=dashed, color=place)


def _label(view: RunView, split: str, shown: Sequence[RunView]) -> str:
    """Return the label of a loss line; it names the run only where there are several."""
    return split if len(shown) == 1 else f"{view.run.spec.name} {split}"
