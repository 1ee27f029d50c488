"""Settings: defaults, `datahall.toml` in the home folder, DATAHALL_* variables, command-line flags.

Later sources override earlier ones. Each field has its help; the settings page, the example file
and error messages are generated from the fields. Settings are read once, at an entry point; other
code receives the values that it needs.

pydantic-settings was measured and not used: it adds 100 ms of CPU time (46 to 148 ms) and 16 MB of
memory (19 to 35 MB) to each process, and read commands have 350 ms in all.
"""

import dataclasses
import difflib
import math
import os
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_type_hints

import platformdirs

from core.errors import InputError, SettingsError
from core.network import LARGEST_PORT
from core.paths import StatePaths
from core.text import check_storable

ENVIRONMENT_PREFIX = "DATAHALL_"
_KIND_NAMES: Mapping[type, str] = {int: "whole number", float: "number", str: "text"}
_CLOSE = 0.9  # similarity from which a variable is taken for a misspelt setting


def setting(
    default: Any,  # noqa: ANN401  (as in dataclasses.field)
    text: str,
    *,
    least: float = -math.inf,
    most: float = math.inf,
) -> Any:  # noqa: ANN401  (as in dataclasses.field)
    """Return a dataclass field with its default, its help and its bounds."""
    return dataclasses.field(default=default, metadata={"help": text, "range": (least, most)})


def default_home() -> Path:
    """Return the home folder used when none is named: in the data folder of the account.

    Raises SettingsError when the account has none (a container with a numeric user id).
    """
    try:
        folder = platformdirs.user_data_dir("datahall", appauthor=False)
    except RuntimeError as error:
        raise SettingsError(
            "this account has no home directory (HOME is not set)",
            remedy="Name the folder of Datahall with --home DIR or DATAHALL_HOME",
        ) from error
    return Path(folder)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSettings:
    """Settings of the dashboard."""

    host: str = setting("127.0.0.1", "Address that the dashboard listens on.")
    port: int = setting(8501, "Port of the dashboard.", least=0, most=LARGEST_PORT)
    session_hours: float = setting(12.0, "Hours until a sign-in ends.", least=0.1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServingSettings:
    """Settings of the translation server."""

    host: str = setting("127.0.0.1", "Address that the translation server listens on.")
    port: int = setting(5000, "Port of the translation server.", least=0, most=LARGEST_PORT)
    threads: int = setting(1, "CPU threads per translation.", least=1)
    workers: int = setting(
        2, "Translations at the same time; more requests wait, then get status 429.", least=1
    )
    precision: str = setting(
        "int8", "Arithmetic of the model: int8 (faster) or float32 (as trained)."
    )
    beam: int = setting(5, "Beam width of requests that set none.", least=1)
    max_characters: int = setting(5000, "Longest accepted request text, in characters.", least=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplerSettings:
    """Settings of the sampler, which records telemetry of this host."""

    interval_s: float = setting(2.0, "Seconds between two samples.", least=0.1)
    process_interval_s: float = setting(
        6.0, "Seconds between two scans of all processes.", least=0.1
    )
    host: str = setting("127.0.0.1", "Address of the metrics endpoint.")
    port: int = setting(9469, "Port of the metrics endpoint.", least=0, most=LARGEST_PORT)
    raw_days: float = setting(14.0, "Days for which each sample is kept.", least=1)
    minute_days: float = setting(
        365.0, "Days for which one-minute minimum, maximum, mean and count are kept.", least=1
    )
    hour_days: float = setting(
        1825.0, "Days for which one-hour minimum, maximum, mean and count are kept.", least=1
    )
    system_root: str = setting("/", "Folder in which /proc and /sys are found (for tests).")


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSettings:
    """Settings of the queue of training, evaluation and backup jobs."""

    cpu_slots: int = setting(1, "Training runs on this host's CPU at the same time.", least=0)
    gpus: int = setting(-1, "Number of GPUs that jobs may use; -1 means all.", least=-1)
    grace_s: float = setting(
        30.0, "Seconds that a stopped job has between SIGTERM and SIGKILL.", least=0
    )
    log_bytes: int = setting(
        20_000_000, "Size in bytes at which the log of a job is rotated.", least=1
    )
    keep_days: float = setting(
        90.0, "Days for which the folder of a finished job (log, result) is kept.", least=1
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupSettings:
    """Settings of backups."""

    repository: str = setting(
        "", "restic repository; empty means `repository/` in the home folder."
    )
    stall_s: float = setting(
        120.0, "Seconds without progress after which a backup is stopped.", least=1
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings."""

    home: Path = dataclasses.field(
        default_factory=default_home,
        metadata={"help": "Folder of all files of Datahall.", "range": (-math.inf, math.inf)},
    )
    database_url: str = setting("", "SQLAlchemy URL; empty means datahall.db in the home folder.")
    web: WebSettings = WebSettings()
    serving: ServingSettings = ServingSettings()
    sampler: SamplerSettings = SamplerSettings()
    jobs: JobSettings = JobSettings()
    backup: BackupSettings = BackupSettings()

    @property
    def paths(self) -> StatePaths:
        """The files below the home folder."""
        return StatePaths(self.home)


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingRow:
    """One setting as shown to people."""

    key: str
    value: object
    default: object
    help: str
    variable: str


def describe(settings: Settings) -> tuple[SettingRow, ...]:
    """Return every setting with its value, default, help and environment variable."""
    return tuple(
        SettingRow(
            key=key,
            value=value,
            default=_default_of(entry),
            help=entry.metadata["help"],
            variable=_variable(key),
        )
        for key, entry, value in _walk(settings)
    )


def load_settings(
    *, environment: Mapping[str, str], flags: Mapping[str, object] | None = None
) -> Settings:
    """Return the settings; raises SettingsError, which lists the known ones for an unknown key.

    `flags` maps dotted keys ("web.port") to values; None values are not given.
    """
    given = {key: value for key, value in (flags or {}).items() if value is not None}
    home = given.pop("home", None)
    if home is None:
        home = environment.get(_variable("home")) or None
    base = Settings() if home is None else Settings(home=_home(str(home)))
    known = {key: _variable(key) for key, _, _ in _walk(base)}
    values = _read_file(base.home / "datahall.toml")
    _check_variables(environment, known)
    values.update(
        (key, environment[variable])
        for key, variable in known.items()
        if key != "home" and variable in environment
    )
    values.update(given)
    for key in values:
        if key not in known:
            raise _unknown(f"unknown setting {key!r}", sorted(known))
    return _apply(base, values)


def example_file() -> str:
    """Return `datahall.example.toml`: every setting, commented, with its default and help."""
    lines = [
        "# Settings of Datahall. Copy this file to datahall.toml in the home folder and remove",
        "# the comment sign of each setting that you change.",
        "# Each can also be given as DATAHALL_SECTION_NAME in the environment.",
    ]
    section = ""
    for row in describe(Settings(home=Path())):
        head, _, name = row.key.rpartition(".")
        if row.key == "home":
            continue
        if head != section:
            section = head
            lines += ["", f"[{section}]"]
        lines += [f"# {row.help}", f"# {name} = {_toml(row.default)}"]
    return "\n".join(lines) + "\n"


Field = dataclasses.Field[object]


def _walk(
    node: Any,  # noqa: ANN401  (any section of the tree)
    prefix: str = "",
) -> Iterator[tuple[str, Field, object]]:
    """Yield (dotted key, field, value) of every setting."""
    for entry in dataclasses.fields(node):
        value = getattr(node, entry.name)
        if dataclasses.is_dataclass(value):
            yield from _walk(value, f"{prefix}{entry.name}.")
        else:
            yield f"{prefix}{entry.name}", entry, value


def _variable(key: str) -> str:
    """Return the environment variable of a setting."""
    return ENVIRONMENT_PREFIX + key.replace(".", "_").upper()


def _default_of(entry: Field) -> object:
    """Return a field's default; for the home folder, whose default is computed, a description."""
    if entry.default is dataclasses.MISSING:
        return "datahall in the data folder of the account"
    return entry.default


def _home(text: str) -> Path:
    """Return the home folder that was named; raises SettingsError."""
    if not text.strip():
        raise SettingsError("the name of the home folder is empty", remedy="Use --home DIR")
    try:
        check_storable(text)  # it becomes part of database URLs and JSON documents
    except InputError as error:
        raise SettingsError(
            f"home {text!r}: {error.message}", remedy="Use another folder"
        ) from None
    return _folder("home", text)


def _folder(key: str, text: str) -> Path:
    """Return a folder as an absolute path without `..`; raises SettingsError."""
    try:
        folder = Path(text).expanduser()
    except RuntimeError as error:  # `~` of an account without a home directory
        raise SettingsError(f"{key} {text!r}: {error}", remedy="Use an absolute path") from None
    return folder.resolve() if os.pardir in folder.parts else folder.absolute()


def _check_variables(environment: Mapping[str, str], known: Mapping[str, str]) -> None:
    """Raise SettingsError for a variable that is a misspelt setting.

    That is one of a known section (DATAHALL_WEB_...) or one that is almost a known name. Others
    with our prefix belong to our own processes, or to other programs.
    """
    names = set(known.values())
    sections = tuple(_variable(key.partition(".")[0]) + "_" for key in known if "." in key)
    for name in environment:
        if not name.startswith(ENVIRONMENT_PREFIX) or name in names:
            continue
        if name.startswith(sections) or difflib.get_close_matches(name, names, 1, _CLOSE):
            raise _unknown(f"unknown setting in the environment variable {name}", sorted(names))


def _unknown(message: str, known: Sequence[str]) -> SettingsError:
    """Return the error for an unknown setting."""
    return SettingsError(message, remedy="Known settings: " + ", ".join(known))


def _read_file(path: Path) -> dict[str, object]:
    """Return the file's settings under dotted keys; empty when there is no file."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except NotADirectoryError as error:
        raise SettingsError(
            f"home {path.parent} is a file, or is inside one",
            remedy="Use another folder with --home DIR or DATAHALL_HOME",
        ) from error
    except (OSError, ValueError) as error:
        raise SettingsError(f"{path}: {error}", remedy="See datahall.example.toml") from error
    flat: dict[str, object] = {}
    for key, value in document.items():
        if isinstance(value, dict):
            flat.update({f"{key}.{name}": entry for name, entry in value.items()})
        else:
            flat[key] = value
    return flat


def _apply(base: Settings, values: Mapping[str, object]) -> Settings:
    """Return `base` with the dotted `values`, each converted to its field's type."""
    changed = base
    for key, value in values.items():
        head, _, name = key.rpartition(".")
        owner = getattr(changed, head) if head else changed
        converted = _convert(key, value, get_type_hints(type(owner))[name])
        _check_range(key, converted, type(owner).__dataclass_fields__[name])
        replaced = _replace(owner, name, converted)
        changed = _replace(changed, head, replaced) if head else replaced
    return changed


def _replace(node: Any, name: str, value: object) -> Any:  # noqa: ANN401  (any section)
    """Return the section with one field replaced."""
    return dataclasses.replace(node, **{name: value})


def _convert(key: str, value: object, kind: type) -> object:
    """Return `value` as `kind`; raises SettingsError."""
    if kind is Path:
        return _folder(key, str(value))
    try:
        converted = kind(value)
    except (TypeError, ValueError, OverflowError):
        converted = None
    is_same = isinstance(value, str) if kind is str else _is_same_number(value, converted)
    if not is_same:
        raise SettingsError(f"setting {key} = {value!r} is not a {_KIND_NAMES[kind]}")
    return converted


def _check_range(key: str, value: object, entry: Field) -> None:
    """Raise SettingsError when a number is out of its field's bounds."""
    least, most = entry.metadata["range"]
    if isinstance(value, int | float) and not least <= value <= most:
        bounds = f"at least {least:g}" if most == math.inf else f"{least:g} to {most:g}"
        raise SettingsError(f"setting {key} = {value} must be {bounds}")


def _is_same_number(given: object, converted: float | None) -> bool:
    """Whether a number was converted exactly: not rounded, not a boolean, not infinite or NaN."""
    if converted is None or isinstance(given, bool) or not math.isfinite(converted):
        return False
    return isinstance(given, str) or given == converted


def _toml(value: object) -> str:
    """Return `value` as TOML."""
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str | Path) else repr(value)
