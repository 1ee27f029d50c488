"""Actions on corrections: store one, export the pending ones as a dataset version."""

import tempfile
from pathlib import Path

from core.actions.workspace import Workspace
from core.audit import Actor
from core.data.importer import import_files
from core.data.records import Dataset
from core.errors import ConflictError
from core.feedback.export import export_corrections
from core.feedback.store import Correction, FeedbackRecorder
from core.inference.translator import Translation


def correct(
    workspace: Workspace,
    actor: Actor,
    translation: Translation,
    correction: str,
    languages: tuple[str, str],
) -> Correction:
    """Store a correction of a translation; raises InputError when it changes nothing."""
    recorder = FeedbackRecorder(
        store=workspace.feedback, ledger=workspace.ledger, clock=workspace.clock
    )
    return recorder.record(
        actor,
        languages=languages,
        source=translation.source,
        hypothesis=translation.text,
        correction=correction,
        model=translation.model_version,
    )


def export_feedback(workspace: Workspace, actor: Actor, name: str) -> Dataset:
    """Import the pending corrections as a new version of dataset `name`.

    Exports one translation direction, that of the newest correction; others stay pending.
    """
    pending = workspace.feedback.list(limit=1_000_000, pending=True)
    if not pending:
        raise ConflictError("there are no corrections to export")
    source, target = pending[0].source_language, pending[0].target_language
    chosen = [
        entry for entry in pending
        if (entry.source_language, entry.target_language) == (source, target)
    ]  # fmt: skip

    def export() -> Dataset:
        with tempfile.TemporaryDirectory(dir=workspace.paths.home) as folder:
            file = Path(folder) / "corrections.tsv"
            export_corrections(chosen, file)
            dataset = import_files(
                workspace.datasets, name, [file],
                source=source, target=target, form="tsv", clock=workspace.clock,
            )  # fmt: skip
        workspace.feedback.mark_exported([entry.id for entry in chosen], dataset.digest)
        return dataset

    return workspace.ledger.perform(actor, "feedback.export", name, export, {"pairs": len(chosen)})
