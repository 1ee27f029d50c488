"""`datahall models` and `datahall evaluate`."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Annotated, Any

import typer

from core.actions import models
from core.actions.jobs import job_result
from core.errors import InputError
from core.registry.records import ModelVersion
from dashboard.commands.console import HomeOption, JsonOption, local_time, print_json, print_table
from dashboard.commands.documents import model_document
from dashboard.commands.progress import follow, require_success
from dashboard.commands.workspace import cli_actor, workspace_of

app = typer.Typer(help="The model registry.", no_args_is_help=True)

FallbackOption = Annotated[
    bool,
    typer.Option(
        "--allow-fallback",
        help="If the best checkpoint is damaged, use the newest one that is not.",
    ),
]


def evaluate(
    what: Annotated[
        str, typer.Argument(help="A run (id or name) or a model (name:version or alias).")
    ],
    split: Annotated[str, typer.Option(help="test or valid.")] = "test",
    beam: Annotated[int, typer.Option(help="Beam width.", min=1, max=16)] = 5,
    allow_fallback: FallbackOption = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Score a run or model on a split. Example: datahall evaluate demo-demo-1 --json."""
    if split not in ("test", "valid"):
        raise InputError(f"unknown split {split!r}", remedy="Use test or valid")
    with workspace_of(home) as workspace:
        run = _run_of_model(workspace.registry.list(), what) or what
        job = models.request_evaluation(
            workspace, cli_actor(), run, split=split, beam=beam, allow_fallback=allow_fallback
        )
        ended = require_success(follow(workspace, job.id, quiet=as_json), workspace)
        report = job_result(workspace, ended.id)
    if as_json:
        print_json(report)
        return
    for key in ("bleu", "chrf", "ter", "loss", "sentences", "split"):
        print(f"{key:10} {report.get(key)}")
    for metric, signature in report.get("signatures", {}).items():
        print(f"{metric:10} {signature}")
    _print_notice(report)


@app.command("list")
def list_models(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """List versions, newest first. Example: datahall models list --json."""
    with workspace_of(home) as workspace:
        versions = models.list_models(workspace)
        if as_json:
            print_json([model_document(version) for version in versions])
            return
        rows = [
            (
                f"{entry.name}:{entry.version}", entry.run_name, ", ".join(entry.aliases),
                f"{entry.scores['bleu']:.1f}" if "bleu" in entry.scores else "",
                local_time(entry.created_at),
            )
            for entry in versions
        ]  # fmt: skip
        empty = 'no models yet; "datahall models promote RUN" makes one'
        print_table(("MODEL", "RUN", "ALIASES", "BLEU", "CREATED"), rows, empty=empty)


@app.command("show")
def show(
    model: Annotated[str, typer.Argument(help="NAME:VERSION, or an alias such as production.")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show one version with its lineage. Example: datahall models show production."""
    with workspace_of(home) as workspace:
        document = model_document(models.find_model(workspace, model))
    if as_json:
        print_json(document)
        return
    for key, value in document.items():
        print(f"{key:15} {'' if value is None else value}")


@app.command("promote")
def promote(
    run: Annotated[str, typer.Argument(help="Id or name of the run.")],
    alias: Annotated[str, typer.Option(help="The alias that moves.")] = "production",
    reason: Annotated[str, typer.Option(help="Why.")] = "",
    allow_fallback: FallbackOption = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Export, self-test, register and deploy. Example: datahall models promote demo-demo-1."""
    with workspace_of(home) as workspace:
        job = models.request_promotion(
            workspace,
            cli_actor(),
            run,
            alias=alias,
            reason=reason,
            allow_fallback=allow_fallback,
        )
        ended = require_success(follow(workspace, job.id, quiet=as_json), workspace)
        document = {
            **job_result(workspace, ended.id),
            **model_document(workspace.registry.resolve(alias)),
        }
    if as_json:
        print_json(document)
    else:
        print(f"{document['name']}:{document['version']} is {alias}")
        _print_notice(document)


@app.command("rollback")
def rollback(
    alias: Annotated[str, typer.Option(help="The alias that moves back.")] = "production",
    reason: Annotated[str, typer.Option(help="Why.")] = "",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Point the alias at what it pointed at before. Example: datahall models rollback."""
    with workspace_of(home) as workspace:
        event = models.roll_back(workspace, cli_actor(), alias=alias, reason=reason)
    if as_json:
        print_json(asdict(event))
    else:
        print(f"{alias} is {event.name}:{event.version} again (was {event.previous})")


@app.command("history")
def history(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """What served when, newest first. Example: datahall models history."""
    with workspace_of(home) as workspace:
        events = workspace.registry.history()
    if as_json:
        print_json([asdict(event) for event in events])
        return
    rows = [
        (
            local_time(event.time), event.alias, f"{event.name}:{event.version}", event.action,
            event.actor, event.reason,
        )
        for event in events
    ]  # fmt: skip
    columns = ("SINCE", "ALIAS", "MODEL", "ACTION", "BY", "REASON")
    print_table(columns, rows, empty="nothing was ever promoted")


def _print_notice(document: Mapping[str, Any]) -> None:
    """Print that another checkpoint was used in place of the best one, if that was so."""
    if document.get("notice"):
        print(f"note: {document['notice']}")


def _run_of_model(versions: Sequence[ModelVersion], what: str) -> str | None:
    """Return the run that a model, NAME:VERSION or an alias, was made from."""
    return next(
        (
            entry.run_id
            for entry in versions
            if what == f"{entry.name}:{entry.version}" or what in entry.aliases
        ),
        None,
    )
