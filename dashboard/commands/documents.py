"""The documents of `--json`. Scripts rely on their keys: add keys, never rename or remove them."""

from core.actions.records import DatasetView, RunDetail, RunView
from core.backup.records import Snapshot, SnapshotState
from core.inference.translator import Translation
from core.registry.records import ModelVersion


def dataset_document(view: DatasetView) -> dict[str, object]:
    """Return a dataset version."""
    dataset = view.dataset
    return {
        "name": dataset.name,
        "digest": dataset.digest,
        "source": dataset.source,
        "target": dataset.target,
        "pairs": dataset.pairs,
        "protected": view.is_protected,
        "snapshot": view.snapshot.id if view.snapshot else None,
        "created_at": dataset.created_at,
        "origin": dataset.origin,
        "rejected": dict(dataset.rejected),
        "prepared": dict(dataset.report.splits) if dataset.report else None,
    }


def run_document(view: RunView) -> dict[str, object]:
    """Return a run."""
    progress = view.progress
    return {
        "id": view.run.id,
        "name": view.run.spec.name,
        "state": view.state,
        "step": view.step,
        "steps": view.steps,
        "dataset": view.run.spec.dataset,
        "dataset_digest": view.run.spec.dataset_digest,
        "preset": view.run.spec.preset,
        "device": view.run.spec.device,
        "created_at": view.run.created_at,
        "exit_reason": view.exit_reason,
        "eta_s": progress.eta_s if progress else None,
        "message": progress.message if progress else None,
        "scores": view.run.scores.to_document(),
    }


def run_detail_document(detail: RunDetail) -> dict[str, object]:
    """Return a run with everything about it."""
    view = detail.view
    return {
        **run_document(view),
        "attempts": [
            {
                "number": attempt.number,
                "job": attempt.job_id,
                "started_at": attempt.started_at,
                "from_step": attempt.from_step,
            }
            for attempt in detail.attempts
        ],
        "config": dict(view.run.spec.config),
        "snapshot": view.run.spec.snapshot,
        "waiver": view.run.spec.waiver,
        "checkpoints": [
            {
                "step": checkpoint.step,
                "path": checkpoint.path,
                "bytes": checkpoint.bytes,
                "last": checkpoint.is_last,
                "best": checkpoint.is_best,
            }
            for checkpoint in detail.checkpoints
        ],
        "metrics": {name: point.value for name, point in view.latest.items()},
        "energy_joules": None,  # not measured yet; the key is part of the documented shape
        "parent": view.run.spec.parent,
        "code_version": view.run.spec.code_version,
    }


def snapshot_document(snapshot: Snapshot) -> dict[str, object]:
    """Return a snapshot."""
    return {
        "id": snapshot.id,
        "time": snapshot.created_at,
        "paths": list(snapshot.paths),
        "bytes": snapshot.bytes,
        "verified": snapshot.state is SnapshotState.VERIFIED,
        "missing": not snapshot.is_present,
        "tags": list(snapshot.tags),
        "files": snapshot.files,
        "added_bytes": snapshot.added_bytes,
        "verified_at": snapshot.verified_at,
        "restored_at": snapshot.restored_at,
    }


def model_document(model: ModelVersion) -> dict[str, object]:
    """Return a model version."""
    return {
        "name": model.name,
        "version": model.version,
        "run": model.run_name,
        "aliases": list(model.aliases),
        "scores": model.scores_document(),
        "run_id": model.run_id,
        "step": model.step,
        "dataset": model.dataset,
        "dataset_digest": model.dataset_digest,
        "snapshot": model.snapshot,
        "waiver": model.waiver,
        "self_test": model.self_test.to_document() if model.self_test else {},
        "created_at": model.created_at,
    }


def translation_document(translation: Translation) -> dict[str, object]:
    """Return a translation."""
    return {
        "source": translation.source,
        "translation": translation.text,
        "score": translation.score,
        "alternatives": [
            {"translation": entry.text, "score": entry.score} for entry in translation.alternatives
        ],
        "model_version": translation.model_version,
        "milliseconds": translation.milliseconds,
    }
