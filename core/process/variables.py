"""Environment variables that the launcher sets for the process of a job."""

from collections.abc import Mapping
from pathlib import Path

# Id of the job.
JOB_VARIABLE = "DATAHALL_JOB"
# The job's folder: progress.json, error.json, result.json.
JOB_FOLDER_VARIABLE = "DATAHALL_JOB_FOLDER"
# Set for the shim alone: the id of the job that it supervises.
SHIM_VARIABLE = "DATAHALL_SHIM"
# Id of the training run that the process computes for: attributes GPU use to runs.
RUN_VARIABLE = "DATAHALL_RUN"


def own_job_folder(environment: Mapping[str, str]) -> Path | None:
    """Return the folder of the job that this process runs; None when it was started manually."""
    named = environment.get(JOB_FOLDER_VARIABLE)
    return Path(named) if named else None
