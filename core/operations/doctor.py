"""Checks of this machine: each reports what works, and how to repair what does not."""

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
from core.database import open_database_of
from core.errors import REINSTALL, DatahallError, UnavailableError
from core.operations.supervision import MIN_FREE_BYTES
from core.settings import Settings

DRIVER_VERSION = Path("/proc/driver/nvidia/version")
MIN_PYTHON = (3, 11)


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
    """Check everything that Datahall needs; creates the home folder and its database if missing.

    `assets` is the folder of the built browser components.
    """
    checks: tuple[tuple[str, Callable[[], Finding]], ...] = (
        ("machine", _machine),
        ("account", _account),
        ("python", _python),
        ("home", lambda: _home(settings)),
        ("disk", lambda: _disk(settings)),
        ("database", lambda: _database(settings)),
        ("restic", lambda: _restic(settings)),
        ("torch", lambda: _package("torch")),
        ("ctranslate2", lambda: _package("ctranslate2")),
        ("gpu driver", _gpu),
        ("browser parts", lambda: _assets(assets)),
    )
    return [_result(name, check) for name, check in checks]


def _result(name: str, check: Callable[[], Finding]) -> Finding:
    """Return the finding of a check; an error is a finding too."""
    try:
        return check()
    except UnavailableError as error:
        return Finding(
            name=name, state=FindingState.ABSENT, sentence=error.message, remedy=error.remedy
        )
    except DatahallError as error:
        return Finding(
            name=name, state=FindingState.BROKEN, sentence=error.message, remedy=error.remedy
        )


def _works(name: str, sentence: str) -> Finding:
    """Return the finding that something works."""
    return Finding(name=name, state=FindingState.WORKS, sentence=sentence)


def _broken(name: str, sentence: str, remedy: str) -> Finding:
    """Return the finding that something does not work, with its remedy."""
    return Finding(name=name, state=FindingState.BROKEN, sentence=sentence, remedy=remedy)


def _machine() -> Finding:
    """Report the operating system, the processor cores and the memory."""
    cores = psutil.cpu_count(logical=False) or psutil.cpu_count() or 1
    memory = psutil.virtual_memory().total
    return _works(
        "machine",
        f"{platform.system()} {platform.release()}, {cores} cores, {memory / 1e9:.1f} GB memory",
    )


def _account() -> Finding:
    """Report the account that commands act for; a container may run under a bare number."""
    name = account_name()
    if name.isdecimal():
        return _works("account", f"account {name} has no name: recorded by its number")
    return _works("account", f"account {name}")


def _python() -> Finding:
    """Check the version of Python."""
    sentence = f"Python {platform.python_version()} at {sys.executable}"
    if sys.version_info < MIN_PYTHON:
        return _broken("python", sentence, "Install Python 3.11 or newer")
    return _works("python", sentence)


def _home(settings: Settings) -> Finding:
    """Check that the home folder can be written."""
    settings.paths.prepare()
    return _works("home", f"{settings.home} can be written")


def _disk(settings: Settings) -> Finding:
    """Check the free space on the disk of the home folder."""
    free = shutil.disk_usage(settings.home).free
    sentence = f"{free / 1e9:.1f} GB free"
    if free < MIN_FREE_BYTES:
        return _broken("disk", sentence, "Free some space, or choose another home with --home")
    return _works("disk", sentence)


def _database(settings: Settings) -> Finding:
    """Check that the database can be opened and has the tables of this release."""
    open_database_of(settings).close()
    place = "the database on its server" if settings.database_url else str(settings.paths.database)
    return _works("database", f"{place} can be opened")


def _restic(settings: Settings) -> Finding:
    """Check that restic is installed, in a version that can be used."""
    program = find_restic(settings.paths.tools)
    return _works("restic", f"restic {program.version_text} at {program.path}")


def _package(name: str) -> Finding:
    """Check that a Python package is installed, without importing it."""
    if importlib.util.find_spec(name) is None:
        return _broken(name, f"the Python package {name} is not installed", REINSTALL)
    return _works(name, f"{name} {importlib.metadata.version(name)}")


def _gpu() -> Finding:
    """Check for the NVIDIA driver."""
    if not DRIVER_VERSION.exists():
        return Finding(
            name="gpu driver",
            state=FindingState.ABSENT,
            sentence="no NVIDIA driver; CPU, memory, disk and network are monitored",
            remedy='For simulated GPUs, run "datahall up --demo"',
        )
    return _works("gpu driver", DRIVER_VERSION.read_text(encoding="utf-8").splitlines()[0])


def _assets(assets: Path) -> Finding:
    """Check that the live charts are built."""
    if not assets.is_dir() or not any(assets.glob("*.js")):
        return _broken("browser parts", f"no live charts in {assets}", REINSTALL)
    return _works("browser parts", "live charts are built")
