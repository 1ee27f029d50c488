"""restic itself: on PATH, or unpacked below the home folder without root, or said to be missing."""

import contextlib
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.backup.program import Call, Outcome, WatchedRunner
from core.command import Runner, SystemRunner
from core.errors import CommandError, DatahallError, UnavailableError
from core.locks import held

LEAST_VERSION = (0, 14)
_VERSION = re.compile(r"restic (\d+)\.(\d+)(?:\.(\d+))?")
_REMEDY = "Install it: sudo apt-get install restic"
_ANSWER_S = 60.0
_DOWNLOAD_STALL_S = 300.0
_STATUS_FILE = "/var/lib/dpkg/status"


@dataclass(frozen=True, slots=True, kw_only=True)
class Restic:
    """A restic program and what its version can do."""

    path: Path
    version: tuple[int, int, int]

    @property
    def version_text(self) -> str:
        """The version as people write it."""
        return ".".join(str(part) for part in self.version)

    @property
    def tells_restore(self) -> bool:
        """Whether `restore --json` tells its progress; before, it prints words."""
        return self.version >= (0, 16, 0)

    @property
    def tells_check(self) -> bool:
        """Whether `check --json` lists problems; before, it prints words."""
        return self.version >= (0, 18, 0)


def find_restic(tools: Path, search_path: str | None = None) -> Restic:
    """Return the first usable restic: on `search_path`, then in `tools`.

    `search_path` None is this process's PATH. Raises UnavailableError with the mending command.
    """
    old = ""
    for path in _candidates(tools, search_path):
        found = _identify(path, SystemRunner())
        if found is not None and found.version >= LEAST_VERSION:
            return found
        old = f"{path} is too old: {found.version_text}" if found else f"{path} does not run"
    least = ".".join(str(part) for part in LEAST_VERSION)
    raise UnavailableError(
        f"restic {least} or newer is not here" + (f" ({old})" if old else ""), remedy=_REMEDY
    )


def obtain_restic(tools: Path, search_path: str | None = None) -> Restic:
    """Return restic; where there is none, unpack Debian's package into `tools`, without root.

    Raises UnavailableError with the mending command.
    """
    with contextlib.suppress(UnavailableError):
        return find_restic(tools, search_path)
    tools.mkdir(parents=True, exist_ok=True)
    with held(tools / ".restic.lock"):
        with contextlib.suppress(UnavailableError):  # another process fetched it meanwhile
            return find_restic(tools, search_path)
        _unpack(tools, search_path)
        return find_restic(tools, search_path)


def _candidates(tools: Path, search_path: str | None) -> Sequence[Path]:
    """Return where restic may be, best first."""
    on_path = shutil.which("restic", path=search_path)
    unpacked = tools / "restic" / "usr" / "bin" / "restic"
    return [*([Path(on_path)] if on_path else []), *([unpacked] if unpacked.exists() else [])]


def _identify(path: Path, runner: Runner) -> Restic | None:
    """Return the program with its version, None when it does not say one."""
    try:
        answer = runner.run((str(path), "version"), timeout_s=_ANSWER_S)
    except (DatahallError, OSError):
        return None
    match = _VERSION.search(answer.stdout)
    if match is None:
        return None
    major, minor, patch = match.groups(default="0")
    return Restic(path=path, version=(int(major), int(minor), int(patch)))


def _unpack(tools: Path, search_path: str | None) -> None:
    """Fetch Debian's package with the machine's own apt, which checks its signature; unpack it.

    One process at a time: whatever is in its scratch folder was left by one that was killed.
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
            f"restic is not here and could not be fetched ({error.message})", remedy=_REMEDY
        ) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _download(folder: Path, environment: Mapping[str, str]) -> Path:
    """Return the downloaded package: by the system's lists, or by lists fetched into `folder`."""
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
    """Return apt-get's options for package lists of our own: updating them needs no root."""
    for name in ("lists/partial", "cache/archives/partial"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    options = {
        "Dir::State::lists": str(folder / "lists"),
        "Dir::State::status": _STATUS_FILE,
        "Dir::Cache": str(folder / "cache"),
    }
    return tuple(part for key, value in options.items() for part in ("-o", f"{key}={value}"))


def _call(argv: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Outcome:
    """Run one step in `folder`; raises CommandError with its last words."""
    runner = WatchedRunner(stall_s=_DOWNLOAD_STALL_S)
    outcome = runner.run(Call(argv=argv, environment=environment, folder=folder))
    if outcome.exit_code != 0:
        last = outcome.stderr[-1] if outcome.stderr else f"exit code {outcome.exit_code}"
        raise CommandError(f"{argv[0]}: {last}")
    return outcome
