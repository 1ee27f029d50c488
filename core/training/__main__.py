"""`python -P -m core.training --run DIR`: see core.training.process."""

import os
import sys

from core.model.early import make_early_settings


def start() -> int:
    """Make the settings that come before torch, then train; return the exit status."""
    make_early_settings(os.environ)
    from core.training.process import main  # noqa: PLC0415  (imports torch)

    return main(sys.argv[1:], os.environ)


if __name__ == "__main__":
    sys.exit(start())
