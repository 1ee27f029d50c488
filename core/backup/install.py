"""Find restic on PATH, or unpack Debian's package into the home folder without root."""

import contextlib
import os
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.backup.program import Call, Outcome, WatchedRunner
from core.command import run_command
from core.errors import CommandError, DatahallError, UnavailableError
from core.locks import held

MIN_VERSION = (0, 14)
_VERSION = re.compile(r"restic (\d+)\.(\d+)(?:\.(\d+))?")
_REMEDY = "Install it: sudo apt-get install restic"
_VERSION_TIMEOUT_S = 60.0
_DOWNLOAD_STALL_S = 300.0
_STATUS_FILE = "/var/lib/dpkg/status"


@dataclass(frozen=True, slots=True, kw_only=True)
class Restic:
    """A restic program with its version and features."""

    path: Path
    version: tuple[int, int, int]

    @property
    def version_text(self) -> str:
        """The version as text, `0.14.0`."""
        return ".".join(str(part) for part in self.version)

    @property
    def has_restore_progress(self) -> bool:
        """Whether `restore --json` prints its progress; earlier versions print plain text."""
        return self.version >= (0, 16, 0)

    @property
    def has_check_json(self) -> bool:
        """Whether `check --json` lists problems; earlier versions print plain text."""
        return self.version >= (0, 18, 0)


def find_restic(tools: Path, search_path: str | None = None) -> Restic:
    """Return the first usable restic: on `search_path`, then in `tools`.

    `search_path` defaults to the PATH of this process. Raises UnavailableError with the command
    that installs restic.
    """
    old = ""
    for path in _candidates(tools, search_path):
        found = _identify(path)
        if found is not None and found.version >= MIN_VERSION:
            return found
        old = f"{path} is too old: {found.version_text}" if found else f"{path} cannot be run"
    version = ".".join(str(part) for part in MIN_VERSION)
    raise UnavailableError(
        f"restic {version} or newer is not installed" + (f" ({old})" if old else ""), remedy=_REMEDY
    )


def obtain_restic(tools: Path, search_path: str | None = None) -> Restic:
    """Return restic; if there is none, unpack Debian's package into `tools`, without root.

    Raises UnavailableError with the command that installs restic.
    """
    with contextlib.suppress(UnavailableError):
        return find_restic(tools, search_path)
    tools.mkdir(parents=True, exist_ok=True)
    with held(tools / ".restic.lock"):
        with contextlib.suppress(UnavailableError):  # another process has unpacked it since
            return find_restic(tools, search_path)
        _unpack(tools, search_path)
        return find_restic(tools, search_path)


def _candidates(tools: Path, search_path: str | None) -> Sequence[Path]:
    """Return every restic on the search path, then the unpacked one."""
    folders = (os.environ.get("PATH", "") if search_path is None else search_path).split(os.pathsep)
    on_path = [shutil.which("restic", path=folder) for folder in folders if folder]
    unpacked = tools / "restic" / "usr" / "bin" / "restic"
    return [*(Path(path) for path in on_path if path), *([unpacked] if unpacked.exists() else [])]


def _identify(path: Path) -> Restic | None:
    """Return the program with its version; None when it does not print a version."""
    try:
        answer = run_command((str(path), "version"), timeout_s=_VERSION_TIMEOUT_S)
    except (DatahallError, OSError):
        return None
    match = _VERSION.search(answer.stdout)
    if match is None:
        return None
    major, minor, patch = match.groups(default="0")
    return Restic(path=path, version=(int(major), int(minor), int(patch)))


def _unpack(tools: Path, search_path: str | None) -> None:
    """Download Debian's package with apt, which checks its signature, and unpack it.

    The caller holds a lock, so files in the scratch folder were left by a process that was killed.
    """
    environment = {"PATH": search_path} if search_path is not None else {}
    folder = tools / ".tmp-restic"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        package = _download(folder, environment)
        _call(("dpkg-deb", "-x", str(package), str(folder / "root")), folder, environment)
        target = tools / "restic"
        shutil.rmtree(target, ignore_errors=True)
        (folder / "root").rename(target)
    except (CommandError, UnavailableError) as error:  # no network, no apt
        raise UnavailableError(
            f"restic is not installed and could not be downloaded ({error.message})", remedy=_REMEDY
        ) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _download(folder: Path, environment: Mapping[str, str]) -> Path:
    """Return the downloaded package; without usable system lists, download lists into `folder`."""
    try:
        _call(("apt-get", "download", "restic"), folder, environment)
    except CommandError:
        private = _private_lists(folder)
        _call(("apt-get", *private, "update"), folder, environment)
        _call(("apt-get", *private, "download", "restic"), folder, environment)
    packages = sorted(folder.glob("restic_*.deb"))
    if not packages:
        raise CommandError("apt-get downloaded no restic package")
    return packages[0]


def _private_lists(folder: Path) -> tuple[str, ...]:
    """Return apt-get's options for private package lists, which need no root to update."""
    for name in ("lists/partial", "cache/archives/partial"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    options = {
        "Dir::State::lists": str(folder / "lists"),
        "Dir::State::status": _STATUS_FILE,
        "Dir::Cache": str(folder / "cache"),
    }
    return tuple(part for key, value in options.items() for part in ("-o", f"{key}={value}"))


def _call(argv: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Outcome:
    """Run one step in `folder`; raises CommandError with the last line of stderr."""
    runner = WatchedRunner(stall_s=_DOWNLOAD_STALL_S)
    outcome = runner.run(Call(argv=argv, environment=environment, folder=folder))
    if outcome.exit_code != 0:
        last = outcome.stderr[-1] if outcome.stderr else f"exit code {outcome.exit_code}"
        raise CommandError(f"{argv[0]}: {last}")
    return outcome
