"""The launchers by name: the only list of them."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from core.clock import Clock
from core.database import Database
from core.errors import InputError
from core.jobs.launcher import Launcher
from core.jobs.local import LocalLauncher
from core.paths import StatePaths
from core.settings import JobSettings

Factory = Callable[[Database, StatePaths, JobSettings, Clock], Launcher]

LAUNCHERS: Mapping[str, Factory] = MappingProxyType({"local": LocalLauncher})


def choose_launcher(name: str) -> Factory:
    """Return what opens the launcher of that name; raises InputError that lists the known ones."""
    if name not in LAUNCHERS:
        raise InputError(f"there is no launcher {name!r}", remedy="Use " + " or ".join(LAUNCHERS))
    return LAUNCHERS[name]
