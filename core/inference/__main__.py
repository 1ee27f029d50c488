"""`python -P -m core.inference --home DIR --name NAME --version N`: see evaluate_version."""

import os
import sys

from core.model.library_variables import set_library_variables
from core.process.job import run_job


def main() -> int:
    """Set the variables that libraries read when imported, then run the job."""
    set_library_variables(os.environ)
    from core.inference.evaluate_version import evaluate_version  # noqa: PLC0415  (imports torch)

    return run_job(evaluate_version)


if __name__ == "__main__":
    sys.exit(main())
