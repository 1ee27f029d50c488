"""What works on this machine, and the mending command for what does not."""

import importlib.metadata
import importlib.util
import platform
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import psutil

from core.audit import account_name
from core.backup.install import find_restic
from core.errors import REINSTALL, DatahallError, UnavailableError
from core.operations.supervise import LEAST_FREE_BYTES
from core.settings import Settings

DRIVER_VERSION = Path("/proc/driver/nvidia/version")


class FindingState(StrEnum):
    """The result of a check; `absent`: not available, and Datahall works without it."""

    WORKS = "works"
    ABSENT = "absent"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The result of one check."""

    name: str
    state: FindingState
    sentence: str
    remedy: str = ""


def examine(settings: Settings, assets: Path) -> Sequence[Finding]:
    """Look at everything that Datahall stands on; makes the home where missing, and a probe there.

    `assets` is the folder of the built browser parts.
    """
    looks: tuple[tuple[str, Callable[[], Finding]], ...] = (
        ("machine", _machine),
        ("account", _account),
        ("python", _python),
        ("home", lambda: _home(settings)),
        ("disk", lambda: _disk(settings)),
        ("restic", lambda: _restic(settings)),
        ("torch", lambda: _package("torch")),
        ("ctranslate2", lambda: _package("ctranslate2")),
        ("gpu driver", _gpu),
        ("browser parts", lambda: _assets(assets)),
    )
    return [_looked(name, look) for name, look in looks]


def _looked(name: str, look: Callable[[], Finding]) -> Finding:
    """Return a finding, also when looking failed."""
    try:
        return look()
    except UnavailableError as error:
        return Finding(
            name=name, state=FindingState.ABSENT, sentence=error.message, remedy=error.remedy
        )
    except DatahallError as error:
        return Finding(
            name=name, state=FindingState.BROKEN, sentence=error.message, remedy=error.remedy
        )


def _machine() -> Finding:
    """Look at what there is to compute with."""
    cores = psutil.cpu_count(logical=False) or psutil.cpu_count() or 1
    memory = psutil.virtual_memory().total
    return Finding(
        name="machine",
        state=FindingState.WORKS,
        sentence=f"{platform.system()} {platform.release()}, {cores} cores, "
        f"{memory / 1e9:.1f} GB memory",
    )


def _account() -> Finding:
    """Report the account that commands act for."""
    name = account_name()
    has_name = not name.isdecimal()
    words = f"account {name}" if has_name else f"account {name} has no name: recorded by its number"
    return Finding(name="account", state=FindingState.WORKS, sentence=words)


def _python() -> Finding:
    """Look at the interpreter."""
    is_new = sys.version_info >= (3, 11)
    return Finding(
        name="python",
        state=FindingState.WORKS if is_new else FindingState.BROKEN,
        sentence=f"Python {platform.python_version()} at {sys.executable}",
        remedy="" if is_new else "Install Python 3.11 or newer",
    )


def _home(settings: Settings) -> Finding:
    """Look at the home folder."""
    settings.paths.prepare()
    return Finding(
        name="home", state=FindingState.WORKS, sentence=f"{settings.home} can be written"
    )


def _disk(settings: Settings) -> Finding:
    """Look at the space left."""
    free = shutil.disk_usage(settings.home).free
    has_room = free >= LEAST_FREE_BYTES
    return Finding(
        name="disk",
        state=FindingState.WORKS if has_room else FindingState.BROKEN,
        sentence=f"{free / 1e9:.1f} GB free",
        remedy="" if has_room else "Free some space or move the home folder",
    )


def _restic(settings: Settings) -> Finding:
    """Look for restic."""
    program = find_restic(settings.paths.tools)
    return Finding(
        name="restic",
        state=FindingState.WORKS,
        sentence=f"restic {program.version_text} at {program.path}",
    )


def _package(name: str) -> Finding:
    """Look for a Python package without importing it."""
    if importlib.util.find_spec(name) is None:
        sentence = f"the Python package {name} is not installed"
        return Finding(name=name, state=FindingState.BROKEN, sentence=sentence, remedy=REINSTALL)
    version = importlib.metadata.version(name)
    return Finding(name=name, state=FindingState.WORKS, sentence=f"{name} {version}")


def _gpu() -> Finding:
    """Look for NVIDIA's driver."""
    if not DRIVER_VERSION.exists():
        return Finding(
            name="gpu driver",
            state=FindingState.ABSENT,
            sentence="no NVIDIA driver: CPU, memory, disk and network are watched all the same",
            remedy='Simulated GPUs: run "datahall up --demo"',
        )
    words = DRIVER_VERSION.read_text(encoding="utf-8").splitlines()[0]
    return Finding(name="gpu driver", state=FindingState.WORKS, sentence=words)


def _assets(assets: Path) -> Finding:
    """Look for the built live chart."""
    is_built = assets.is_dir() and any(assets.glob("*.js"))
    return Finding(
        name="browser parts",
        state=FindingState.WORKS if is_built else FindingState.BROKEN,
        sentence="live charts are built" if is_built else f"no live charts in {assets}",
        remedy="" if is_built else REINSTALL,
    )
