"""`python -P -m core.evaluation --run ID --split test --beam 5`: see core.evaluation.process."""

import os
import sys

from core.model.early import make_early_settings


def start() -> int:
    """Make the settings that come before torch, then evaluate; return the exit status."""
    make_early_settings(os.environ)
    from core.evaluation.process import main  # noqa: PLC0415  (imports torch)

    return main(sys.argv[1:], os.environ)


if __name__ == "__main__":
    sys.exit(start())
