"""Settings that libraries read when they are loaded: to be made before torch is imported."""

from collections.abc import MutableMapping

EARLY_SETTINGS = {
    # Threads that wait sleep instead of spinning. On a machine with anything else to do (the page,
    # the sampler, a browser) spinning made an update with two threads 5 to 15 times slower.
    "OMP_WAIT_POLICY": "PASSIVE",
    # Products of cuBLAS are repeatable only with a workspace of fixed size.
    "CUBLAS_WORKSPACE_CONFIG": ":4096:8",
}


def make_early_settings(environment: MutableMapping[str, str]) -> None:
    """Make the settings in a process's environment, but for those that the operator made."""
    for name, value in EARLY_SETTINGS.items():
        environment.setdefault(name, value)
