"""The first schema.

Migrations do not import `core.tables`, which changes with later versions.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create all tables, referenced ones first."""
    _create_audit_and_jobs()
    _create_runs()
    _create_snapshots()
    _create_models()
    _create_corrections()


def downgrade() -> None:
    """Drop all tables, referencing ones first."""
    for name in (
        "correction",
        "alias_event",
        "model_version",
        "protection",
        "snapshot",
        "sample",
        "metric_point",
        "attempt",
        "run",
        "job",
        "audit",
    ):
        op.drop_table(name)


def _create_audit_and_jobs() -> None:
    """Create the audit log and the job queue."""
    op.create_table(
        "audit",
        sa.Column("sequence", sa.Integer, autoincrement=True, nullable=False),
        sa.Column("time", sa.Double, nullable=False),
        sa.Column("actor", sa.String, nullable=False),
        sa.Column("origin", sa.String, nullable=False),
        sa.Column("action", sa.String, nullable=False),
        sa.Column("target", sa.String, nullable=False),
        sa.Column("arguments", sa.JSON, nullable=False),
        sa.Column("outcome", sa.String, nullable=False),
        sa.Column("detail", sa.String, nullable=False),
        sa.Column("previous_hash", sa.String, nullable=False),
        sa.Column("hash", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("sequence", name="pk_audit"),
    )
    op.create_table(
        "job",
        sa.Column("sequence", sa.Integer, autoincrement=True, nullable=False),
        sa.Column("id", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("title", sa.String, nullable=False),
        sa.Column("subject", sa.String, nullable=False),
        sa.Column("argv", sa.JSON, nullable=False),
        sa.Column("environment", sa.JSON, nullable=False),
        sa.Column("log", sa.String, nullable=False),
        sa.Column("device", sa.String, nullable=False),
        sa.Column("num_devices", sa.Integer, nullable=False),
        sa.Column("after", sa.String),
        sa.Column("grace_s", sa.Double, nullable=False),
        sa.Column("desired", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("assigned", sa.JSON, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("started_at", sa.Double),
        sa.Column("ended_at", sa.Double),
        sa.Column("exit_code", sa.Integer),
        sa.Column("signal", sa.Integer),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("host", sa.String, nullable=False),
        sa.Column("boot_id", sa.String, nullable=False),
        sa.Column("pid", sa.Integer),
        sa.Column("create_time", sa.Double),
        sa.PrimaryKeyConstraint("sequence", name="pk_job"),
        sa.UniqueConstraint("id", name="uq_job_id"),
    )
    op.create_index("ix_job_state", "job", ["state"])
    op.create_index("ix_job_subject", "job", ["subject"])


def _create_runs() -> None:
    """Create the tables of runs."""
    op.create_table(
        "run",
        sa.Column("sequence", sa.Integer, autoincrement=True, nullable=False),
        sa.Column("id", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("dataset", sa.String, nullable=False),
        sa.Column("dataset_digest", sa.String, nullable=False),
        sa.Column("preset", sa.String, nullable=False),
        sa.Column("device", sa.String, nullable=False),
        sa.Column("config", sa.JSON, nullable=False),
        sa.Column("code_version", sa.String, nullable=False),
        sa.Column("snapshot", sa.String),
        sa.Column("waiver", sa.String),
        sa.Column("parent", sa.String),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("steps", sa.Integer),
        sa.Column("scores", sa.JSON, nullable=False),
        sa.Column("energy_joules", sa.Double),
        sa.PrimaryKeyConstraint("sequence", name="pk_run"),
        sa.UniqueConstraint("id", name="uq_run_id"),
        sa.UniqueConstraint("name", name="uq_run_name"),
    )
    op.create_table(
        "attempt",
        sa.Column("run_id", sa.String, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("job_id", sa.String, nullable=False),
        sa.Column("started_at", sa.Double, nullable=False),
        sa.Column("from_step", sa.Integer, nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"]),
        sa.PrimaryKeyConstraint("run_id", "number", name="pk_attempt"),
    )
    op.create_table(
        "metric_point",
        sa.Column("run_id", sa.String, nullable=False),
        sa.Column("metric", sa.String, nullable=False),
        sa.Column("step", sa.Integer, nullable=False),
        sa.Column("value", sa.Double),
        sa.Column("wall_time", sa.Double, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"]),
        sa.PrimaryKeyConstraint("run_id", "metric", "step", name="pk_metric_point"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "sample",
        sa.Column("run_id", sa.String, nullable=False),
        sa.Column("split", sa.String, nullable=False),
        sa.Column("step", sa.Integer, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("source", sa.String, nullable=False),
        sa.Column("hypothesis", sa.String, nullable=False),
        sa.Column("reference", sa.String, nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"]),
        sa.PrimaryKeyConstraint("run_id", "split", "step", "position", name="pk_sample"),
    )


def _create_snapshots() -> None:
    """Create the tables of snapshots and of the datasets that they protect."""
    op.create_table(
        "snapshot",
        sa.Column("id", sa.String, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("repository", sa.String, nullable=False),
        sa.Column("paths", sa.JSON, nullable=False),
        sa.Column("tags", sa.JSON, nullable=False),
        sa.Column("files", sa.Integer, nullable=False),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        sa.Column("added_bytes", sa.BigInteger, nullable=False),
        sa.Column("manifest_digest", sa.String, nullable=False),
        sa.Column("verified_at", sa.Double),
        sa.Column("restored_at", sa.Double),
        sa.PrimaryKeyConstraint("id", name="pk_snapshot"),
    )
    op.create_table(
        "protection",
        sa.Column("dataset_digest", sa.String, nullable=False),
        sa.Column("snapshot_id", sa.String, nullable=False),
        sa.ForeignKeyConstraint(["snapshot_id"], ["snapshot.id"]),
        sa.PrimaryKeyConstraint("dataset_digest", "snapshot_id", name="pk_protection"),
    )


def _create_models() -> None:
    """Create the tables of model versions and of the history of aliases."""
    op.create_table(
        "model_version",
        sa.Column("name", sa.String, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("run_id", sa.String, nullable=False),
        sa.Column("run_name", sa.String, nullable=False),
        sa.Column("step", sa.Integer, nullable=False),
        sa.Column("source", sa.String, nullable=False),
        sa.Column("target", sa.String, nullable=False),
        sa.Column("dataset", sa.String, nullable=False),
        sa.Column("dataset_digest", sa.String, nullable=False),
        sa.Column("snapshot", sa.String),
        sa.Column("waiver", sa.String),
        sa.Column("config", sa.JSON, nullable=False),
        sa.Column("code_version", sa.String, nullable=False),
        sa.Column("scores", sa.JSON, nullable=False),
        sa.Column("self_test", sa.JSON, nullable=False),
        sa.Column("digest", sa.String, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("name", "version", name="pk_model_version"),
    )
    op.create_table(
        "alias_event",
        sa.Column("sequence", sa.Integer, autoincrement=True, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("alias", sa.String, nullable=False),
        sa.Column("version", sa.Integer),
        sa.Column("previous", sa.Integer),
        sa.Column("time", sa.Double, nullable=False),
        sa.Column("actor", sa.String, nullable=False),
        sa.Column("action", sa.String, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("sequence", name="pk_alias_event"),
    )
    op.create_index("ix_alias_event_name", "alias_event", ["name"])


def _create_corrections() -> None:
    """Create the table of corrections."""
    op.create_table(
        "correction",
        sa.Column("sequence", sa.Integer, autoincrement=True, nullable=False),
        sa.Column("id", sa.String, nullable=False),
        sa.Column("time", sa.Double, nullable=False),
        sa.Column("source_language", sa.String, nullable=False),
        sa.Column("target_language", sa.String, nullable=False),
        sa.Column("source", sa.String, nullable=False),
        sa.Column("hypothesis", sa.String, nullable=False),
        sa.Column("correction", sa.String, nullable=False),
        sa.Column("model", sa.String, nullable=False),
        sa.Column("actor", sa.String, nullable=False),
        sa.Column("exported_digest", sa.String),
        sa.PrimaryKeyConstraint("sequence", name="pk_correction"),
        sa.UniqueConstraint("id", name="uq_correction_id"),
    )
