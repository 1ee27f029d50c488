"""`python -P -m core.training --run DIR`: see core.training.process."""

import os
import sys

from core.model.library_variables import set_library_variables


def start() -> int:
    """Make the settings that come before torch, then train; return the exit status."""
    set_library_variables(os.environ)
    from core.training.process import main  # noqa: PLC0415  (imports torch)

    return main(sys.argv[1:], os.environ)


if __name__ == "__main__":
    sys.exit(start())
