"""`python -P -m core.evaluation --home DIR --run ID`: see core.evaluation.job."""

import os
import sys

from core.model.library_variables import set_library_variables
from core.process.job import run_job


def main() -> int:
    """Set the variables that libraries read when imported, then run the job."""
    set_library_variables(os.environ)
    from core.evaluation.job import evaluate_run  # noqa: PLC0415  (imports torch)

    return run_job(evaluate_run)


if __name__ == "__main__":
    sys.exit(main())
