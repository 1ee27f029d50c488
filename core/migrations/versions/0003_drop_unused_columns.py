"""Drop columns that were never read (`job.desired`) or never filled (`run.energy_joules`)."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Drop both columns."""
    op.drop_column("job", "desired")
    op.drop_column("run", "energy_joules")


def downgrade() -> None:
    """Add both columns; `desired` gets the value of a job that was not cancelled."""
    op.add_column("job", sa.Column("desired", sa.String, nullable=False, server_default="run"))
    op.add_column("run", sa.Column("energy_joules", sa.Double))
