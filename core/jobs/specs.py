"""What a job may ask for."""

from core.errors import InputError
from core.jobs.devices import Slots, check_room, parse_device
from core.jobs.launcher import JobSpec
from core.text import check_storable


def check_spec(spec: JobSpec, slots: Slots) -> None:
    """Raise InputError when no launcher with these slots could ever start the job."""
    if not spec.argv or not spec.argv[0]:
        raise InputError("a job needs a program to run")
    if not 0 <= spec.grace_s < float("inf"):
        raise InputError(f"a grace period cannot be {spec.grace_s} s")
    for name in spec.environment:
        if not name or "=" in name:
            raise InputError(f"{name!r} cannot name an environment variable")
    texts = (spec.title, spec.subject, *spec.argv, *spec.environment, *spec.environment.values())
    for text in texts:
        check_storable(text)
    check_room(parse_device(spec.device, spec.num_devices), slots)
