"""`datahall models` (list, show, promote, rollback, history) and `datahall evaluate`."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any

import typer

from core.actions import models
from core.actions.jobs import job_result
from core.actions.workspace import Workspace
from core.errors import InputError, NotFoundError
from core.jobs.launcher import Job
from core.scores import Scores
from dashboard.commands.console import (
    HomeOption,
    JsonOption,
    local_time,
    print_fields,
    print_json,
    print_table,
)
from dashboard.commands.documents import model_document
from dashboard.commands.progress import follow, require_success
from dashboard.commands.workspace import cli_actor, workspace_of

app = typer.Typer(help="Models: versions, promotion and rollback.", no_args_is_help=True)

FallbackOption = Annotated[
    bool,
    typer.Option(
        "--allow-fallback",
        help="If the best checkpoint is damaged, use the newest one that is not.",
    ),
]


def evaluate(
    target: Annotated[
        str, typer.Argument(help="A run (id or name) or a model (NAME:VERSION or alias).")
    ],
    split: Annotated[str, typer.Option(help="test or valid.")] = "test",
    beam: Annotated[int, typer.Option(help="Beam width.", min=1, max=16)] = 5,
    allow_fallback: FallbackOption = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Score a run or a model on a split of its dataset.

    Example: datahall evaluate demo-demo-1 --split test
    """
    if split not in ("test", "valid"):
        raise InputError(f"unknown split {split!r}", remedy="Use test or valid")
    with workspace_of(home) as workspace:
        job = _request_evaluation(workspace, target, split, beam, allow_fallback=allow_fallback)
        ended = require_success(follow(workspace, job.id, quiet=as_json), workspace)
        report = job_result(workspace, ended.id)
    if as_json:
        print_json(report)
        return
    scores = Scores.from_document(report)
    print_fields(
        {
            **{
                name: f"{value:.2f} {scores.signatures.get(name.lower(), '')}".rstrip()
                for name, value in scores.corpus_scores.items()
            },
            "loss": None if scores.loss is None else f"{scores.loss:.4f} per token",
            "sentences": f"{scores.sentences:,} of split {scores.split}",
        }
    )
    _print_notice(report)


@app.command("list")
def list_models(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """List model versions, newest first.

    Example: datahall models list
    """
    with workspace_of(home) as workspace:
        versions = models.list_models(workspace)
        if as_json:
            print_json([model_document(version) for version in versions])
            return
        rows = [
            (
                f"{entry.name}:{entry.version}", entry.run_name, ", ".join(entry.aliases),
                "" if entry.scores.bleu is None else f"{entry.scores.bleu:.1f}",
                local_time(entry.created_at),
            )
            for entry in versions
        ]  # fmt: skip
        empty = 'There are no models. Promote a run with "datahall models promote RUN".'
        print_table(("MODEL", "RUN", "ALIASES", "BLEU", "CREATED"), rows, empty=empty)


@app.command("show")
def show(
    model: Annotated[str, typer.Argument(help="NAME:VERSION, or an alias such as production.")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the run, data, scores and self-test of a version.

    Example: datahall models show production
    """
    with workspace_of(home) as workspace:
        found = models.find_model(workspace, model)
    if as_json:
        print_json(model_document(found))
        return
    print_fields(
        {
            "model": f"{found.name}:{found.version}",
            "aliases": ", ".join(found.aliases),
            "languages": f"{found.source} to {found.target}",
            "run": f"{found.run_name} at step {found.step}",
            "dataset": f"{found.dataset} {found.dataset_digest[:12]}",
            "backup": f"skipped: {found.waiver}" if found.waiver else f"snapshot {found.snapshot}",
            "created": local_time(found.created_at),
            "self-test": found.self_test.verdict if found.self_test else "not recorded",
            **{
                f"test {name}": f"{value:.2f}" for name, value in found.scores.corpus_scores.items()
            },
        }
    )


@app.command("promote")
def promote(
    run: Annotated[str, typer.Argument(help="Id or name of the run.")],
    alias: Annotated[str, typer.Option(help="Alias to point at the new version.")] = "production",
    reason: Annotated[str, typer.Option(help="Reason, stored in the history.")] = "",
    allow_fallback: FallbackOption = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Export a run as a model version and deploy it.

    The version is compared with the trained model; if it passes, the alias is moved to it.

    Example: datahall models promote demo-demo-1
    """
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
    alias: Annotated[str, typer.Option(help="Alias to move back.")] = "production",
    reason: Annotated[str, typer.Option(help="Reason, stored in the history.")] = "",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Point an alias at the version that it pointed at before.

    Example: datahall models rollback
    """
    with workspace_of(home) as workspace:
        event = models.roll_back(workspace, cli_actor(), alias=alias, reason=reason)
    if as_json:
        print_json(asdict(event))
    else:
        print(f"{alias} is {event.name}:{event.version} again (was {event.previous})")


@app.command("history")
def history(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """List the moves of all aliases, newest first.

    Example: datahall models history
    """
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
    print_table(columns, rows, empty="No model was promoted yet.")


def _print_notice(document: Mapping[str, Any]) -> None:
    """Print that another checkpoint was used in place of the best one, if that was so."""
    if document.get("notice"):
        print(f"note: {document['notice']}")


def _request_evaluation(
    workspace: Workspace, what: str, split: str, beam: int, *, allow_fallback: bool
) -> Job:
    """Queue the evaluation of a model, given as NAME:VERSION or as an alias, else of a run."""
    try:
        version = models.find_model(workspace, what)
    except NotFoundError:
        return models.request_evaluation(
            workspace, cli_actor(), what, split=split, beam=beam, allow_fallback=allow_fallback
        )
    return models.request_version_evaluation(
        workspace, cli_actor(), version, split=split, beam=beam
    )
