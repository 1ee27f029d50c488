"""`datahall data`: add the demo corpus, import, list, show, prepare and delete datasets."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from core.actions import datasets
from core.actions.workspace import Workspace
from core.data.records import DEFAULT_VOCABULARY, Dataset, Pair
from dashboard.commands.console import (
    HomeOption,
    JsonOption,
    local_time,
    print_fields,
    print_json,
    print_table,
)
from dashboard.commands.documents import dataset_document
from dashboard.commands.progress import follow, progress_counter, require_success
from dashboard.commands.workspace import cli_actor, workspace_of

NUM_PAIRS = 5
NUM_EXAMPLES = 2  # of each cleaning rule

app = typer.Typer(help="Datasets: import parallel text, show it, prepare it.", no_args_is_help=True)
NameArgument = Annotated[str, typer.Argument(help="Name of the dataset.")]


@app.command("demo")
def add_demo(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Generate the demo corpus as dataset `demo`.

    Example: datahall data demo
    """
    with workspace_of(home) as workspace:
        with progress_counter("generating the demo corpus", "pairs", quiet=as_json) as report:
            dataset = datasets.add_demo(workspace, cli_actor(), on_progress=report)
        _print_imported(workspace, dataset, as_json=as_json)


@app.command("import")
def import_files(
    name: NameArgument,
    files: Annotated[
        list[Path], typer.Argument(help="A TSV file, or two Moses files; each may be gzip (.gz).")
    ],
    source: Annotated[str, typer.Option(help="Code of the source language, such as en.")],
    target: Annotated[str, typer.Option(help="Code of the target language, such as es.")],
    form: Annotated[str, typer.Option("--format", help="auto, tsv or moses.")] = "auto",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Import files as a new version of a dataset.

    Example: datahall data import mine train.en train.es --source en --target es
    """
    with workspace_of(home) as workspace:
        with progress_counter(f"importing {name}", "pairs", quiet=as_json) as report:
            dataset = datasets.import_dataset(
                workspace, cli_actor(), name, files, source=source, target=target, form=form,
                on_progress=report,
            )  # fmt: skip
        _print_imported(workspace, dataset, as_json=as_json)


@app.command("list")
def list_versions(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """List dataset versions, newest first.

    Example: datahall data list
    """
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
    empty = 'There are no datasets. Create the demo dataset with "datahall data demo".'
    print_table(("NAME", "DIGEST", "LANGUAGES", "PAIRS", "SNAPSHOT"), rows, empty=empty)


@app.command("show")
def show(
    name: NameArgument,
    digest: Annotated[
        str | None, typer.Option(help="Digest of a version, or its start. [default: the newest]")
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show a version: counts, cleaning rules and examples.

    Example: datahall data show demo
    """
    with workspace_of(home) as workspace:
        dataset = workspace.datasets.get(name, digest)
        examples = workspace.datasets.examples(dataset, NUM_PAIRS)
        document = _document(workspace, dataset)
    rules = dataset.report.rules if dataset.report else ()
    if as_json:
        reports = [{**asdict(rule), "examples": _sides(rule.examples)} for rule in rules]
        print_json({**document, "examples": _sides(examples), "rules": reports})
        return
    print_fields(
        {
            "name": dataset.name,
            "digest": dataset.digest,
            "languages": f"{dataset.source} to {dataset.target}",
            "pairs": f"{dataset.pairs:,}",
            "imported": local_time(dataset.created_at),
            "origin": dataset.origin,
            "backed up": "yes" if document["protected"] else "no",
            "splits": _counts(dataset.report.splits) if dataset.report else "not prepared yet",
        }
    )
    print_table(
        ("RULE", "DROPPED", "CHANGED", "DESCRIPTION"),
        [(rule.rule, rule.dropped, rule.changed, rule.description) for rule in rules],
        empty=f'Prepare it with "datahall data prepare {name}"; a training run also does this.',
    )
    found = [
        (rule.rule, pair.source, pair.target)
        for rule in rules
        for pair in rule.examples[:NUM_EXAMPLES]
    ]
    if found:
        print_table(("FOUND BY", "SOURCE", "TARGET"), found)
    print_table(("SOURCE", "TARGET"), [(pair.source, pair.target) for pair in examples])


@app.command("prepare")
def prepare(
    name: NameArgument,
    vocabulary: Annotated[
        int, typer.Option(help="Number of subword pieces in the vocabulary.")
    ] = DEFAULT_VOCABULARY,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Clean, normalise and split the newest version.

    The vocabulary is learned from its training split.

    Example: datahall data prepare demo
    """
    with workspace_of(home) as workspace:
        job = datasets.request_prepare(workspace, cli_actor(), name, vocabulary=vocabulary)
        require_success(follow(workspace, job.id, quiet=as_json), workspace)
    show(name, None, home, as_json)


@app.command("delete")
def delete(
    name: NameArgument,
    digest: Annotated[str, typer.Argument(help="Digest of the version, or its start.")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Delete a version from this machine.

    Snapshots that contain it are kept.

    Example: datahall data delete demo 3f2a
    """
    with workspace_of(home) as workspace:
        dataset = workspace.datasets.get(name, digest)
        datasets.delete_dataset(workspace, cli_actor(), name, dataset.digest)
    if as_json:
        print_json({"deleted": {"name": name, "digest": dataset.digest}})
    else:
        print(f"deleted {name} {dataset.digest[:12]}")


def _sides(pairs: Sequence[Pair]) -> list[dict[str, str]]:
    """Return pairs as JSON documents."""
    return [{"source": pair.source, "target": pair.target} for pair in pairs]


def _document(workspace: Workspace, dataset: Dataset) -> dict[str, object]:
    """Return the JSON document of one version."""
    views = datasets.list_datasets(workspace)
    found = next(
        view for view in views
        if (view.dataset.name, view.dataset.digest) == (dataset.name, dataset.digest)
    )  # fmt: skip
    return dataset_document(found)


def _print_imported(workspace: Workspace, dataset: Dataset, *, as_json: bool) -> None:
    """Print a new version, with the lines that were left out or changed."""
    if as_json:
        print_json(_document(workspace, dataset))
        return
    print(f"{dataset.name} {dataset.digest[:12]}: {dataset.pairs:,} pairs")
    for reason, count in dataset.rejected.items():
        print(f"  {count:,} lines left out: {reason}")
    for reason, count in dataset.repaired.items():
        print(f"  {count:,} lines changed: {reason}")


def _counts(splits: Mapping[str, int]) -> str:
    """Return the number of pairs of each split."""
    return ", ".join(f"{split} {count:,}" for split, count in splits.items())
