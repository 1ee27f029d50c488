"""The context of a command: the settings, the workspace of a home folder, and the actor.

Separate from `console.py` because it imports the database: `datahall --version` needs none.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.actions.workspace import Workspace, open_workspace
from core.audit import Actor, Role, account_name
from core.settings import Settings, load_settings


def read_settings(home: Path | None, **flags: object) -> Settings:
    """Return the settings of this command; a flag is a dotted key with `__` for the dot."""
    given: dict[str, object] = {key.replace("__", "."): value for key, value in flags.items()}
    return load_settings(environment=os.environ, flags={"home": home, **given})


@contextmanager
def workspace_of(home: Path | None) -> Iterator[Workspace]:
    """Open the workspace of a home folder; the end of the block closes it."""
    with open_workspace(read_settings(home)) as workspace:
        yield workspace


def cli_actor() -> Actor:
    """Return the user of the command line, who can read the home folder: with the role admin."""
    return Actor(name=account_name(), role=Role.ADMIN, origin="cli")
