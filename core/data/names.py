"""Names of datasets."""

import re

from core.errors import InputError

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")


def check_name(name: str) -> str:
    """Return the name of a dataset if it is one; raises InputError."""
    if not _NAME.fullmatch(name):
        raise InputError(
            f"{name!r} cannot name a dataset",
            remedy="Use 1 to 40 of a-z, 0-9, dot, dash and underscore, a letter or digit first",
        )
    return name
