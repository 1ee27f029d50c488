"""The settings tree: defaults, `datahall.toml` in the home folder, DATAHALL_*, then flags.

Each field carries its help; the settings page, the example file and error messages are made from
the same fields. Settings are read once, at an entry point; parts get the values that they need.
"""

import dataclasses
import math
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_type_hints

import platformdirs

from core.errors import SettingsError
from core.network import LARGEST_PORT
from core.paths import StatePaths

ENVIRONMENT_PREFIX = "DATAHALL_"
DEFAULT_HOME = Path(platformdirs.user_data_dir("datahall", appauthor=False))


def setting(default: Any, text: str, *, least: float = -math.inf, most: float = math.inf) -> Any:  # noqa: ANN401  (dataclasses.field is typed so too)
    """Return a dataclass field with its default, its help and its bounds."""
    return dataclasses.field(default=default, metadata={"help": text, "range": (least, most)})


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSettings:
    """The dashboard."""

    host: str = setting("127.0.0.1", "Address that the dashboard listens on.")
    port: int = setting(8501, "Port of the dashboard.", least=0, most=LARGEST_PORT)
    session_hours: float = setting(12.0, "Hours until a sign-in ends.", least=0.1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServingSettings:
    """The translation server."""

    host: str = setting("127.0.0.1", "Address that the translation server listens on.")
    port: int = setting(5000, "Port of the translation server.", least=0, most=LARGEST_PORT)
    threads: int = setting(1, "CPU threads per translation.", least=1)
    workers: int = setting(
        2, "Translations at a time; more requests wait, then are told 429.", least=1
    )
    precision: str = setting("int8", "Arithmetic: int8 (fast) or float32 (exactly as trained).")
    beam: int = setting(5, "Beam width when a request names none.", least=1)
    max_characters: int = setting(5000, "Longest accepted request text, in characters.", least=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplerSettings:
    """Telemetry of this host."""

    interval_s: float = setting(2.0, "Seconds between two samples.", least=0.1)
    process_interval_s: float = setting(
        6.0, "Seconds between two scans of all processes.", least=0.1
    )
    host: str = setting("127.0.0.1", "Address of the metrics endpoint.")
    port: int = setting(9469, "Port of the metrics endpoint.", least=0, most=LARGEST_PORT)
    raw_days: float = setting(14.0, "Days that every sample is kept.", least=1)
    minute_days: float = setting(
        365.0, "Days that one-minute min/max/mean/count are kept.", least=1
    )
    hour_days: float = setting(1825.0, "Days that one-hour min/max/mean/count are kept.", least=1)
    system_root: str = setting("/", "Root that /proc and /sys are read below (tests).")


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSettings:
    """The queue of training, evaluation and backup jobs."""

    cpu_slots: int = setting(1, "Training runs that may share this host's CPU at a time.", least=0)
    gpus: int = setting(-1, "GPUs that jobs may use; -1 counts the driver's devices.", least=-1)
    grace_s: float = setting(
        30.0, "Seconds between SIGTERM and SIGKILL when a job is stopped.", least=0
    )
    log_bytes: int = setting(20_000_000, "Size at which a job's log is rotated, in bytes.", least=1)
    keep_days: float = setting(
        90.0, "Days after its end that a job's folder (log, result) is kept.", least=1
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupSettings:
    """Snapshots."""

    repository: str = setting("", "restic repository; empty is `repository/` in the home folder.")
    stall_s: float = setting(
        120.0, "Seconds without progress after which a backup is given up.", least=1
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that an operator may choose."""

    home: Path = setting(  # noqa: RUF009  (a call like any other field here)
        DEFAULT_HOME,
        "Folder of everything that Datahall keeps.",
    )
    database_url: str = setting("", "SQLAlchemy URL; empty is `datahall.db` in the home folder.")
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
            default=default.default,
            help=default.metadata["help"],
            variable=ENVIRONMENT_PREFIX + key.replace(".", "_").upper(),
        )
        for key, default, value in _walk(settings)
    )


def load_settings(
    *, environment: Mapping[str, str], flags: Mapping[str, object] | None = None
) -> Settings:
    """Return the settings; raises SettingsError naming what is wrong and what is known.

    `flags` maps dotted keys ("web.port") to values; None values are not given.
    """
    given = {key: value for key, value in (flags or {}).items() if value is not None}
    home = given.pop("home", None)
    if home is None:
        home = environment.get(ENVIRONMENT_PREFIX + "HOME") or None
    base = Settings() if home is None else Settings(home=_home(str(home)))
    values: dict[str, object] = {}
    values.update(_read_file(base.home / "datahall.toml"))
    known = {row.key: row.variable for row in describe(base)}
    for key, variable in known.items():
        if key != "home" and variable in environment:
            values[key] = environment[variable]
    values.update(given)
    for key in values:
        if key not in known:
            message = f"unknown setting {key!r}"
            raise SettingsError(message, remedy="Known settings: " + ", ".join(sorted(known)))
    return _apply(base, values)


def example_file() -> str:
    """Return `datahall.example.toml`: every setting, commented, with its default and help."""
    lines = [
        "# Settings of Datahall: copy to datahall.toml in the home folder, keep what you change.",
        "# Each can also be given as DATAHALL_SECTION_NAME in the environment.",
    ]
    section = ""
    for row in describe(Settings()):
        head, _, name = row.key.rpartition(".")
        if row.key == "home":
            continue
        if head != section:
            section = head
            lines += ["", f"[{section}]"]
        lines += [f"# {row.help}", f"# {name} = {_toml(row.default)}"]
    return "\n".join(lines) + "\n"


def _walk(
    node: Any,  # noqa: ANN401  (any section of the tree)
    prefix: str = "",
) -> Iterator[tuple[str, "dataclasses.Field[object]", object]]:
    """Yield (dotted key, field, value) for every leaf."""
    for entry in dataclasses.fields(node):
        value = getattr(node, entry.name)
        if dataclasses.is_dataclass(value):
            yield from _walk(value, f"{prefix}{entry.name}.")
        else:
            yield f"{prefix}{entry.name}", entry, value


def _home(text: str) -> Path:
    """Return the home folder that was named; raises SettingsError."""
    if not text.strip():
        raise SettingsError("the home folder has no name", remedy="Say --home DIR")
    if not _is_text(text):  # no database URL and no JSON document can hold it
        raise SettingsError(f"home {text!r} is not valid UTF-8", remedy="Name another folder")
    return Path(text).expanduser().absolute()


def _is_text(text: str) -> bool:
    """Whether the text can be written as UTF-8: bytes of the command line that cannot are not."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _read_file(path: Path) -> dict[str, object]:
    """Return the file's settings under dotted keys; an absent file has none."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except NotADirectoryError as error:
        raise SettingsError(
            f"home {path.parent} is a file, or lies below one",
            remedy="Choose another with --home DIR or DATAHALL_HOME",
        ) from error
    except (OSError, ValueError) as error:
        message = f"{path}: {error}"
        raise SettingsError(message, remedy="See datahall.example.toml") from error
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
        return Path(str(value)).expanduser().absolute()
    try:
        converted = kind(value)
    except (TypeError, ValueError, OverflowError):
        converted = None
    if converted is None or (kind is not str and not _is_same_number(value, converted)):
        word = {int: "whole number", float: "number"}.get(kind, kind.__name__)
        raise SettingsError(f"setting {key} = {value!r} is not a {word}")
    return converted


def _check_range(key: str, value: object, entry: "dataclasses.Field[object]") -> None:
    """Raise SettingsError when a number lies outside its field's bounds."""
    least, most = entry.metadata["range"]
    if isinstance(value, int | float) and not least <= value <= most:
        bounds = f"at least {least:g}" if most == math.inf else f"{least:g} to {most:g}"
        raise SettingsError(f"setting {key} = {value} must be {bounds}")


def _is_same_number(given: object, converted: float) -> bool:
    """Whether a number is the one that was given: neither rounded, nor a truth value, nor NaN."""
    if isinstance(given, bool) or not math.isfinite(converted):
        return False
    return isinstance(given, str) or given == converted


def _toml(value: object) -> str:
    """Return `value` as TOML."""
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str | Path) else repr(value)
