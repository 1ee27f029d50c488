"""Queries of runs: stored runs joined with the state of their jobs."""

import csv
from collections.abc import Iterator, Sequence
from typing import Protocol

from core.actions.records import RunDetail, RunView
from core.actions.workspace import Workspace
from core.checkpoints.catalog import list_checkpoints, newest_checkpoint
from core.jobs.launcher import Job, JobKind, JobState
from core.runs.records import MetricPoint, Run, RunSummary
from core.scores import Metric


class TextSink(Protocol):
    """A writable text stream, as csv.writer needs it."""

    def write(self, text: str, /) -> object:
        """Write `text`; the return value is ignored."""
        ...


def list_runs(workspace: Workspace) -> Sequence[RunView]:
    """Return all runs, newest first, each with its newest job; no checkpoint is read."""
    newest = workspace.launcher.newest_by_subject(JobKind.TRAINING)
    return [
        run_view(workspace, found, newest.get(found.run.id)) for found in workspace.runs.summaries()
    ]


def find_run(workspace: Workspace, name: str) -> RunView:
    """Return one run by id or name; raises NotFoundError.

    Unlike in the list, the exit reason of an interrupted run names the newest checkpoint.
    """
    found = workspace.runs.summary(name)
    jobs = workspace.launcher.jobs(subject=found.run.id, kind=JobKind.TRAINING, limit=1)
    job = jobs[0] if jobs else None
    last = _newest_checkpoint(workspace, found.run) if _was_interrupted(job) else ""
    return run_view(workspace, found, job, checkpoint=last)


def detail(workspace: Workspace, name: str) -> RunDetail:
    """Return a run with attempts, checkpoints and metric names; raises NotFoundError."""
    view = find_run(workspace, name)
    return RunDetail(
        view=view,
        attempts=workspace.runs.attempts(view.run.id),
        checkpoints=list_checkpoints(workspace.paths.checkpoints(view.run.id)),
        metrics=workspace.runs.metrics(view.run.id),
    )


def export_csv(workspace: Workspace, name: str, sink: TextSink) -> None:
    """Write every metric point as CSV in full precision: `step,metric,value,wall_time`."""
    writer = csv.writer(sink, lineterminator="\n")
    writer.writerow(["step", "metric", "value", "wall_time"])
    for point in points(workspace, name):
        writer.writerow([point.step, point.metric, repr(point.value), repr(point.wall_time)])


def points(workspace: Workspace, name: str) -> Iterator[MetricPoint]:
    """Yield the metric points of a run, curve by curve."""
    run = workspace.runs.get(name)
    for metric in workspace.runs.metrics(run.id):
        yield from workspace.runs.curve(run.id, metric).points


def compare(workspace: Workspace, names: Sequence[str]) -> Sequence[tuple[str, Sequence[object]]]:
    """Return (setting or score, value of each run); those that differ come first."""
    views = [find_run(workspace, name) for name in names]
    columns = [dict(_flatten("", _comparable(view))) for view in views]
    keys = sorted({key for column in columns for key in column})
    rows = [(key, [column.get(key) for column in columns]) for key in keys]
    return sorted(rows, key=lambda row: len({repr(value) for value in row[1]}) == 1)


def run_view(
    workspace: Workspace, summary: RunSummary, job: Job | None, *, checkpoint: str = ""
) -> RunView:
    """Join a run with its newest training job; `checkpoint` is added to the exit reason."""
    run, latest = summary.run, summary.latest
    step = latest[Metric.TRAIN_LOSS].step if Metric.TRAIN_LOSS in latest else 0
    is_active = job is not None and not job.state.is_over
    progress = workspace.launcher.progress(job.id) if job is not None and is_active else None
    return RunView(
        run=run,
        job=job,
        state=_state(run, job, step),
        step=step,
        steps=run.steps,
        exit_reason=_reason(run, job, step, checkpoint),
        progress=progress,
        latest=latest,
    )


def _state(run: Run, job: Job | None, step: int) -> JobState:
    """Return the state of the run.

    It is the state of the job, with two exceptions: a job that succeeded before the last step was
    stopped by a SIGTERM from outside Datahall, and a run without a job was interrupted (power
    failure) between being stored and being queued.
    """
    if job is None:
        return JobState.STOPPED
    is_short = run.steps is not None and step < run.steps
    if job.state is JobState.SUCCEEDED and is_short:
        return JobState.STOPPED
    return job.state


def _reason(run: Run, job: Job | None, step: int, checkpoint: str) -> str:
    """Return the reason of the state, with the step and the checkpoint to continue from."""
    if job is None:
        return f'it was never queued; start it with "datahall runs resume {run.spec.name}"'
    if not _was_interrupted(job):
        return job.reason
    where = f"at step {step}, {checkpoint}" if checkpoint else f"at step {step}"
    return f"{job.reason or job.state}; {where}"


def _newest_checkpoint(workspace: Workspace, run: Run) -> str:
    """Describe the checkpoint that the run can continue from."""
    newest = newest_checkpoint(workspace.paths.checkpoints(run.id))
    return f"newest checkpoint at step {newest.step}" if newest else "no checkpoint"


def _was_interrupted(job: Job | None) -> bool:
    """Whether a training process ended before the run was finished."""
    if job is None or job.started_at is None:
        return False
    return job.state.is_over and job.state is not JobState.SUCCEEDED


def _comparable(view: RunView) -> dict[str, object]:
    """Return the values that runs are compared by."""
    return {
        "config": dict(view.run.spec.config.get("train", {})),
        "dataset": view.run.spec.dataset,
        "dataset_digest": view.run.spec.dataset_digest,
        "code_version": view.run.spec.code_version,
        "scores": view.run.scores.to_document(),
        "state": view.state,
        "step": view.step,
    }


def _flatten(prefix: str, value: object) -> Iterator[tuple[str, object]]:
    """Yield (dotted key, value) for every leaf of nested mappings."""
    if isinstance(value, dict):
        for key, entry in value.items():
            yield from _flatten(f"{prefix}{key}.", entry)
    else:
        yield prefix.rstrip("."), value
