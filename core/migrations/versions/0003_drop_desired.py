"""Drop a column of jobs that was written but never read."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Drop the column."""
    op.drop_column("job", "desired")


def downgrade() -> None:
    """Add the column with the value of a job that was not cancelled."""
    op.add_column("job", sa.Column("desired", sa.String, nullable=False, server_default="run"))
