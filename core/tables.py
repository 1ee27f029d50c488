"""The tables of the database.

Times are seconds since the epoch; JSON columns hold the fields of records.

Each table is written by one room: `audit` core.audit; `job` core.jobs; `run`, `attempt`,
`metric_point`, `sample` core.runs; `snapshot`, `protection` core.backup; `model_version`,
`alias_event` core.registry; `correction` core.feedback.
"""

import sqlalchemy as sa

metadata = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
    }
)

audit = sa.Table(
    "audit",
    metadata,
    sa.Column("sequence", sa.Integer, primary_key=True, autoincrement=True),
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
)

job = sa.Table(
    "job",
    metadata,
    sa.Column("sequence", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("id", sa.String, nullable=False, unique=True),
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
    sa.Column("state", sa.String, nullable=False, index=True),
    sa.Column("assigned", sa.JSON, nullable=False),
    sa.Column("created_at", sa.Double, nullable=False),
    sa.Column("started_at", sa.Double),
    sa.Column("ended_at", sa.Double),
    sa.Column("exit_code", sa.Integer),
    sa.Column("signal", sa.Integer),
    sa.Column("reason", sa.String, nullable=False),
    sa.Column("host", sa.String, nullable=False),
    sa.Column("home", sa.String, nullable=False, server_default=""),
    sa.Column("boot_id", sa.String, nullable=False),
    sa.Column("pid", sa.Integer),
    sa.Column("create_time", sa.Double),
    sa.Index("ix_job_subject", "subject"),
)

run = sa.Table(
    "run",
    metadata,
    sa.Column("sequence", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("id", sa.String, nullable=False, unique=True),
    sa.Column("name", sa.String, nullable=False, unique=True),
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
)

attempt = sa.Table(
    "attempt",
    metadata,
    sa.Column("run_id", sa.String, sa.ForeignKey("run.id"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("job_id", sa.String, nullable=False),
    sa.Column("started_at", sa.Double, nullable=False),
    sa.Column("from_step", sa.Integer, nullable=False),
)

metric_point = sa.Table(
    "metric_point",
    metadata,
    sa.Column("run_id", sa.String, sa.ForeignKey("run.id"), primary_key=True),
    sa.Column("metric", sa.String, primary_key=True),
    sa.Column("step", sa.Integer, primary_key=True),
    sa.Column("value", sa.Double),  # null means NaN, which SQLite stores as null
    sa.Column("wall_time", sa.Double, nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),
    sqlite_with_rowid=False,
)

sample = sa.Table(
    "sample",
    metadata,
    sa.Column("run_id", sa.String, sa.ForeignKey("run.id"), primary_key=True),
    sa.Column("split", sa.String, primary_key=True),
    sa.Column("step", sa.Integer, primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("source", sa.String, nullable=False),
    sa.Column("hypothesis", sa.String, nullable=False),
    sa.Column("reference", sa.String, nullable=False),
)

snapshot = sa.Table(
    "snapshot",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
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
)

protection = sa.Table(
    "protection",
    metadata,
    sa.Column("dataset_digest", sa.String, primary_key=True),
    sa.Column("snapshot_id", sa.String, sa.ForeignKey("snapshot.id"), primary_key=True),
)

model_version = sa.Table(
    "model_version",
    metadata,
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
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
)

alias_event = sa.Table(
    "alias_event",
    metadata,
    sa.Column("sequence", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("name", sa.String, nullable=False, index=True),
    sa.Column("alias", sa.String, nullable=False),
    sa.Column("version", sa.Integer),
    sa.Column("previous", sa.Integer),
    sa.Column("time", sa.Double, nullable=False),
    sa.Column("actor", sa.String, nullable=False),
    sa.Column("action", sa.String, nullable=False),
    sa.Column("reason", sa.String, nullable=False),
)

correction = sa.Table(
    "correction",
    metadata,
    sa.Column("sequence", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("id", sa.String, nullable=False, unique=True),
    sa.Column("time", sa.Double, nullable=False),
    sa.Column("source_language", sa.String, nullable=False),
    sa.Column("target_language", sa.String, nullable=False),
    sa.Column("source", sa.String, nullable=False),
    sa.Column("hypothesis", sa.String, nullable=False),
    sa.Column("correction", sa.String, nullable=False),
    sa.Column("model", sa.String, nullable=False),
    sa.Column("actor", sa.String, nullable=False),
    sa.Column("exported_digest", sa.String),
)
