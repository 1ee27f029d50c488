"""`datahall train`: queue one training run."""

from typing import Annotated

import typer

from core.actions.records import RunView, TrainRequest, backup_sentence
from core.actions.runs import detail
from core.actions.training import request_run
from core.actions.workspace import Workspace
from core.errors import InputError
from core.jobs.launcher import JobState
from dashboard.commands.console import HomeOption, JsonOption, messages, print_json
from dashboard.commands.documents import run_detail_document
from dashboard.commands.progress import follow, require_success
from dashboard.commands.workspace import cli_actor, workspace_of


def train(
    dataset: Annotated[str, typer.Argument(help="Name of the dataset.")],
    preset: Annotated[str, typer.Option(help="demo, tiny, small, base or big.")] = "demo",
    minutes: Annotated[float | None, typer.Option(help="Budget of minutes.")] = None,
    steps: Annotated[int | None, typer.Option(help="Budget of updates.")] = None,
    change: Annotated[
        list[str] | None, typer.Option("--set", help="key=value of a training setting.")
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:N.")] = "auto",
    launcher: Annotated[str, typer.Option(help="Where it runs.")] = "local",
    name: Annotated[str | None, typer.Option(help="Name of the run.")] = None,
    parent: Annotated[str | None, typer.Option("--from", help="Start from this run.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of all randomness.")] = None,
    digest: Annotated[str | None, typer.Option(help="A version of the dataset.")] = None,
    wait: Annotated[bool, typer.Option("--follow", help="Show progress until it ends.")] = False,
    skip_backup: Annotated[bool, typer.Option("--skip-backup", help="Waive the gate.")] = False,
    reason: Annotated[str, typer.Option(help="Why the gate is waived.")] = "",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Queue one run and print its id. Example: datahall train demo --preset demo --follow."""
    if launcher != "local":
        raise InputError(f"launcher {launcher!r} is not here yet", remedy="Use --launcher local")
    changes = _changes(change or [], minutes=minutes, steps=steps, seed=seed)
    request = TrainRequest(
        dataset=dataset, digest=digest, preset=preset, name=name, device=device, changes=changes,
        parent=parent, skip_backup=skip_backup, reason=reason,
    )  # fmt: skip
    with workspace_of(home) as workspace:
        view = request_run(workspace, cli_actor(), request)
        if not skip_backup:
            spec = view.run.spec
            sentence = backup_sentence(spec.dataset, spec.dataset_digest, spec.snapshot)
            messages.print(sentence, markup=False, soft_wrap=True)
        if wait:
            _follow(workspace, view, quiet=as_json)
        if as_json:
            print_json(run_detail_document(detail(workspace, view.run.id)))
        elif wait:
            _tell(workspace, view.run.id)
        else:
            print(view.run.id)


def _changes(
    given: list[str], *, minutes: float | None, steps: int | None, seed: int | None
) -> dict[str, str | float | int]:
    """Return what is changed of the preset; raises InputError."""
    if minutes is not None and steps is not None:
        raise InputError("--minutes and --steps exclude each other")
    named = {"minutes": minutes, "steps": steps, "seed": seed}
    return dict(_pairs(given)) | {key: value for key, value in named.items() if value is not None}


def _pairs(changes: list[str]) -> list[tuple[str, str]]:
    """Return `key=value` texts as pairs; raises InputError."""
    split = [text.partition("=") for text in changes]
    for key, mark, _ in split:
        if not mark:
            raise InputError(f"--set {key!r} is not key=value")
    return [(key.strip(), value.strip()) for key, _, value in split]


def _follow(workspace: Workspace, view: RunView, *, quiet: bool) -> None:
    """Follow the backup that comes first, where one does, then the run."""
    if view.job is None:
        return
    if view.job.spec.after is not None:
        follow(workspace, view.job.spec.after, quiet=quiet)
    ended = follow(workspace, view.job.id, quiet=quiet)
    if ended.state is not JobState.STOPPED:
        require_success(ended, workspace)


def _tell(workspace: Workspace, run_id: str) -> None:
    """Say how the run ended."""
    ended = detail(workspace, run_id)
    scores = ended.view.run.scores
    print(f"{ended.view.run.spec.name} {ended.view.state} at step {ended.view.step}")
    for key in ("bleu", "chrf"):
        if key in scores:
            print(f"test {key:5} {scores[key]:.2f}")
    for sample in workspace.runs.samples(run_id, "test")[:5]:
        print(f"  {sample.source}\n    {sample.hypothesis}")
