"""Environment variables that libraries read when they are loaded: set before importing torch."""

from collections.abc import MutableMapping

LIBRARY_VARIABLES = {
    # Waiting threads sleep instead of spinning. On a machine with other work (dashboard, sampler,
    # browser) spinning made an update with two threads 5 to 15 times slower.
    "OMP_WAIT_POLICY": "PASSIVE",
    # cuBLAS is deterministic only with a workspace of fixed size.
    "CUBLAS_WORKSPACE_CONFIG": ":4096:8",
}


def set_library_variables(environment: MutableMapping[str, str]) -> None:
    """Set the variables in a process's environment, except those that the operator has set."""
    for name, value in LIBRARY_VARIABLES.items():
        environment.setdefault(name, value)
