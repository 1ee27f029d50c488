"""`datahall data`: the demo corpus, import, list, show, prepare, delete."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from core.actions import datasets
from core.actions.workspace import Workspace
from core.data.records import Dataset, Pair
from dashboard.commands.console import HomeOption, JsonOption, print_json, print_table
from dashboard.commands.documents import dataset_document
from dashboard.commands.progress import follow, progress_counter, require_success
from dashboard.commands.workspace import cli_actor, workspace_of

EXAMPLES = 5
FOUND = 2  # of what each rule dropped or changed

app = typer.Typer(help="Parallel text: import, look, prepare.", no_args_is_help=True)


@app.command("demo")
def add_demo(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Generate the demo corpus as dataset `demo`. Example: datahall data demo."""
    with workspace_of(home) as workspace:
        with progress_counter("making the demo corpus", "pairs", quiet=as_json) as tell:
            dataset = datasets.add_demo(workspace, cli_actor(), on_progress=tell)
        _tell(_document(workspace, dataset), dataset, as_json=as_json)


@app.command("import")
def import_files(
    name: Annotated[str, typer.Argument(help="Name of the dataset.")],
    files: Annotated[list[Path], typer.Argument(help="TSV, or Moses pairs; each also .gz.")],
    source: Annotated[str, typer.Option(help="Source language code.")],
    target: Annotated[str, typer.Option(help="Target language code.")],
    form: Annotated[str, typer.Option("--format", help="auto, tsv or moses.")] = "auto",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Import files as a new version.

    Example: datahall data import mine train.en train.es --source en --target es
    """
    with workspace_of(home) as workspace:
        with progress_counter(f"importing {name}", "pairs", quiet=as_json) as tell:
            dataset = datasets.import_dataset(
                workspace, cli_actor(), name, files, source=source, target=target, form=form,
                on_progress=tell,
            )  # fmt: skip
        _tell(_document(workspace, dataset), dataset, as_json=as_json)


@app.command("list")
def list_versions(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """List versions, newest first. Example: datahall data list --json."""
    with workspace_of(home) as workspace:
        views = datasets.list_datasets(workspace)
        if as_json:
            print_json([dataset_document(view) for view in views])
            return
        rows = [
            (
                view.dataset.name, view.dataset.digest[:12],
                f"{view.dataset.source}-{view.dataset.target}", f"{view.dataset.pairs:,}",
                view.snapshot.id[:8] if view.snapshot else "not backed up",
            )
            for view in views
        ]  # fmt: skip
        empty = 'no datasets yet; "datahall data demo" makes one'
        print_table(("NAME", "DIGEST", "LANGUAGES", "PAIRS", "SNAPSHOT"), rows, empty=empty)


@app.command("show")
def show(
    name: Annotated[str, typer.Argument(help="Name of the dataset.")],
    digest: Annotated[str | None, typer.Option(help="A version; the newest without.")] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show a version: counts, rules, examples. Example: datahall data show demo."""
    with workspace_of(home) as workspace:
        dataset = workspace.datasets.get(name, digest)
        examples = workspace.datasets.examples(dataset, EXAMPLES)
        document = _document(workspace, dataset)
    rules = dataset.report.rules if dataset.report else ()
    if as_json:
        told = [{**asdict(rule), "examples": _sides(rule.examples)} for rule in rules]
        print_json({**document, "examples": _sides(examples), "rules": told})
        return
    for key in ("name", "digest", "source", "target", "pairs", "protected", "prepared"):
        print(f"{key:10} {document[key]}")
    print_table(
        ("RULE", "DROPPED", "CHANGED", "WHAT"),
        [(rule.rule, rule.dropped, rule.changed, rule.description) for rule in rules],
        empty='not prepared yet; "datahall data prepare" or a training run does it',
    )
    found = [(rule.rule, it.source, it.target) for rule in rules for it in rule.examples[:FOUND]]
    if found:
        print_table(("FOUND BY", "SOURCE", "TARGET"), found)
    print_table(("SOURCE", "TARGET"), [(pair.source, pair.target) for pair in examples])


@app.command("prepare")
def prepare(
    name: Annotated[str, typer.Argument(help="Name of the dataset.")],
    vocabulary: Annotated[int, typer.Option(help="Subword pieces of the vocabulary.")] = 8000,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Clean, denoise, normalise, split, tokenise. Example: datahall data prepare demo."""
    with workspace_of(home) as workspace:
        job = datasets.request_prepare(workspace, cli_actor(), name, vocabulary=vocabulary)
        require_success(follow(workspace, job.id, quiet=as_json), workspace)
    show(name, None, home, as_json)


@app.command("delete")
def delete(
    name: Annotated[str, typer.Argument(help="Name of the dataset.")],
    digest: Annotated[str, typer.Argument(help="The version.")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Remove a version; its snapshots stay. Example: datahall data delete demo 3f2a."""
    with workspace_of(home) as workspace:
        dataset = workspace.datasets.get(name, digest)
        datasets.delete_dataset(workspace, cli_actor(), name, dataset.digest)
    if as_json:
        print_json({"deleted": {"name": name, "digest": dataset.digest}})
    else:
        print(f"{name} {dataset.digest[:12]} is gone from this machine")


def _sides(pairs: Sequence[Pair]) -> list[dict[str, str]]:
    """Return pairs as documents."""
    return [{"source": pair.source, "target": pair.target} for pair in pairs]


def _document(workspace: Workspace, dataset: Dataset) -> dict[str, object]:
    """Return the document of one version."""
    views = datasets.list_datasets(workspace)
    found = next(
        view for view in views
        if (view.dataset.name, view.dataset.digest) == (dataset.name, dataset.digest)
    )  # fmt: skip
    return dataset_document(found)


def _tell(document: dict[str, object], dataset: Dataset, *, as_json: bool) -> None:
    """Say what was imported."""
    if as_json:
        print_json(document)
        return
    print(f"{dataset.name} {dataset.digest[:12]}: {dataset.pairs:,} pairs")
    for reason, count in dataset.rejected.items():
        print(f"  {count:,} lines left out: {reason}")
