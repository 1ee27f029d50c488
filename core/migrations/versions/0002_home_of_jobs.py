"""Record the home folder that a job belongs to.

Homes of several hosts may share a PostgreSQL database, and a copied home must not run the jobs that
are queued in the original.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the column; it is empty for existing jobs."""
    op.add_column("job", sa.Column("home", sa.String, nullable=False, server_default=""))


def downgrade() -> None:
    """Remove the column."""
    op.drop_column("job", "home")
