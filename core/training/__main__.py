"""`python -P -m core.training --home DIR --run ID`: see core.training.run."""

import os
import sys

from core.model.library_variables import set_library_variables
from core.process.job import OnStop, run_job


def main() -> int:
    """Set the variables that libraries read when imported, then run the job."""
    set_library_variables(os.environ)
    from core.training.run import train_run  # noqa: PLC0415  (imports torch)

    return run_job(train_run, on_stop=OnStop.REQUEST)


if __name__ == "__main__":
    sys.exit(main())
