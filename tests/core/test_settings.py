"""Settings: their sources, and the errors for invalid ones."""

import pwd
import tomllib
from pathlib import Path
from typing import NoReturn

import pytest

from core.errors import SettingsError
from core.process.variables import (
    JOB_FOLDER_VARIABLE,
    JOB_VARIABLE,
    RUN_VARIABLE,
    SHIM_VARIABLE,
)
from core.settings import Settings, default_home, describe, example_file, load_settings


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An empty home folder."""
    return tmp_path


def write(home: Path, content: str | bytes) -> None:
    """Write the home's settings file."""
    payload = content.encode() if isinstance(content, str) else content
    (home / "datahall.toml").write_bytes(payload)


def load(home: Path, **variables: str) -> Settings:
    """Load settings of a home with these variables."""
    return load_settings(environment={"DATAHALL_HOME": str(home), **variables})


def test_defaults_need_no_file_and_no_variable() -> None:
    settings = load_settings(environment={})
    assert settings == Settings()
    assert settings.home == default_home()
    assert settings.home.is_absolute()


def test_a_file_changes_only_the_settings_in_it(home: Path) -> None:
    write(home, '[web]\nport = 9000\n[backup]\nrepository = "/mnt/ba ckup"\n')
    settings = load(home)
    assert (settings.web.port, settings.web.host) == (9000, "127.0.0.1")
    assert settings.backup.repository == "/mnt/ba ckup"


def test_flags_override_variables_which_override_the_file(home: Path) -> None:
    write(home, "[web]\nport = 9000\n[jobs]\ngrace_s = 5\n")
    environment = {"DATAHALL_HOME": str(home), "DATAHALL_WEB_PORT": "9001"}
    assert load_settings(environment=environment).web.port == 9001
    flagged = load_settings(environment=environment, flags={"web.port": 9002, "web.host": None})
    assert (flagged.web.port, flagged.web.host, flagged.jobs.grace_s) == (9002, "127.0.0.1", 5.0)


def test_the_home_flag_overrides_the_variable(home: Path) -> None:
    write(home, "[web]\nport = 9000\n")
    settings = load_settings(environment={"DATAHALL_HOME": "/else"}, flags={"home": str(home)})
    assert (settings.home, settings.web.port) == (home, 9000)


def test_a_relative_home_is_made_absolute(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    monkeypatch.chdir(home)
    assert load_settings(environment={"DATAHALL_HOME": "here"}).home == home / "here"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("[web]\nprot = 9000\n", "unknown setting 'web.prot'"),
        ("[wbe]\nport = 9000\n", "unknown setting 'wbe.port'"),
        ("web = 3\n", "unknown setting 'web'"),
        ("[web]\nport = 8501.5\n", "web.port = 8501.5 is not a whole number"),
        ("[web]\nport = true\n", "web.port = True is not a whole number"),
        ('[web]\nport = "x"\n', "web.port = 'x' is not a whole number"),
        ("[web]\nport = [1]\n", "is not a whole number"),
        ("[jobs]\ngrace_s = nan\n", "jobs.grace_s = nan is not a number"),
        ("[jobs]\ngrace_s = inf\n", "jobs.grace_s = inf is not a number"),
        ("[web]\nport = 65536\n", "web.port = 65536 must be 0 to 65535"),
        ("[serving]\nworkers = 0\n", "serving.workers = 0 must be at least 1"),
        ("[sampler]\ninterval_s = 0\n", "sampler.interval_s = 0.0 must be at least 0.1"),
        ("[jobs]\ngpus = -2\n", "jobs.gpus = -2 must be at least -1"),
        ("[web\n", "datahall.toml"),
        (b"\xff\xfe\x00", "datahall.toml"),
    ],
)
def test_an_error_in_the_file_is_named(home: Path, content: str | bytes, words: str) -> None:
    write(home, content)
    with pytest.raises(SettingsError) as caught:
        load(home)
    assert words in str(caught.value)


def test_the_error_of_an_unknown_setting_lists_the_known_ones(home: Path) -> None:
    write(home, "[web]\nprot = 9000\n")
    with pytest.raises(SettingsError, match=r"web\.port"):
        load(home)


@pytest.mark.parametrize("value", ["", "x", "8501.5", "nan", "1e999", "true"])
def test_an_invalid_variable_is_refused(home: Path, value: str) -> None:
    with pytest.raises(SettingsError, match=r"web\.port"):
        load(home, DATAHALL_WEB_PORT=value)


def test_variables_of_our_processes_and_of_others_are_ignored(home: Path) -> None:
    variables = (JOB_VARIABLE, JOB_FOLDER_VARIABLE, SHIM_VARIABLE, RUN_VARIABLE)
    named = dict.fromkeys([*variables, "DATAHALL_PORT", "DATAHALL_TEST_ALL"], "x")
    assert load(home, **named) == load(home)


@pytest.mark.parametrize(
    "variable", ["DATAHALL_BACKUP_REPOSITRY", "DATAHALL_BAKUP_REPOSITORY", "DATAHALL_DATABSE_URL"]
)
def test_a_misspelt_variable_is_refused(home: Path, variable: str) -> None:
    with pytest.raises(SettingsError, match=f"{variable}.*DATAHALL_BACKUP_REPOSITORY"):
        load(home, **{variable: "/mnt/second"})


@pytest.mark.parametrize("value", ["false", "7", '["/mnt/one", "/mnt/two"]'])
def test_a_text_setting_of_another_type_is_refused(home: Path, value: str) -> None:
    write(home, f"[backup]\nrepository = {value}\n")
    with pytest.raises(SettingsError, match=r"backup\.repository = .* is not a text"):
        load(home)


def test_a_home_with_dots_is_the_home_of_the_plain_name(home: Path) -> None:
    (home / "here").mkdir()
    dotted = home / "here" / ".." / "there"
    assert load(dotted).home == home / "there"


def test_an_account_without_a_home_directory_needs_a_named_home(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A container with a numeric user id: no entry in /etc/passwd, no HOME."""

    def unknown(_number: int) -> NoReturn:
        raise KeyError

    for name in ("HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(pwd, "getpwuid", unknown)
    assert load(home).home == home
    assert example_file()
    with pytest.raises(SettingsError, match="--home DIR or DATAHALL_HOME"):
        load_settings(environment={})
    with pytest.raises(SettingsError, match="absolute path"):
        load_settings(environment={"DATAHALL_HOME": "~/datahall"})


def test_every_number_has_a_lower_bound(home: Path) -> None:
    """Otherwise a negative number would fail later as a ValueError."""
    rows = [row for row in describe(Settings()) if isinstance(row.default, int | float)]
    assert len(rows) > 10
    for row in rows:
        with pytest.raises(SettingsError, match=f"{row.key} .* must be"):
            load(home, **{row.variable: "-99"})


def test_a_home_that_is_a_file_is_refused(home: Path) -> None:
    write(home, "")
    with pytest.raises(SettingsError, match=r"home .*datahall\.toml is a file.*--home DIR"):
        load(home / "datahall.toml")


def test_every_setting_has_help_and_a_variable() -> None:
    rows = describe(Settings())
    assert all(row.help.endswith(".") for row in rows)
    assert len({row.variable for row in rows}) == len(rows)
    assert {"home", "web.port", "jobs.cpu_slots", "database_url"} <= {row.key for row in rows}


def test_every_setting_can_be_given_as_its_variable(home: Path) -> None:
    for row in describe(Settings()):
        if row.key == "home":
            continue
        value = "7" if not isinstance(row.default, str) else "word"
        (changed,) = (
            found for found in describe(load(home, **{row.variable: value})) if found.key == row.key
        )
        assert str(changed.value) in {value, f"{value}.0"}


def test_the_example_file_contains_the_defaults(home: Path) -> None:
    write(home, example_file())
    assert load(home) == load_settings(environment={}, flags={"home": str(home)})
    active = "\n".join(
        line.removeprefix("# ") if " = " in line else line for line in example_file().splitlines()
    )
    tomllib.loads(active)
    write(home, active)
    assert load(home) == load_settings(environment={}, flags={"home": str(home)})
