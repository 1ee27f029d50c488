"""The paths below the home folder."""

import stat
from pathlib import Path

import pytest

from core.errors import SettingsError
from core.paths import StatePaths, confined


def test_every_path_is_inside_the_home(tmp_path: Path) -> None:
    paths = StatePaths(tmp_path)
    properties = [
        getattr(paths, name)
        for name, value in vars(StatePaths).items()
        if isinstance(value, property)
    ]
    methods = [
        paths.job("a"),
        paths.run("a"),
        paths.run_config("a"),
        paths.run_log("a"),
        paths.checkpoints("a"),
        paths.dataset("demo", "d"),
        paths.model("en-es", 7),
    ]
    found = [path for path in properties + methods if path != tmp_path]
    assert all(path.is_relative_to(tmp_path) for path in found)
    assert len(set(found)) == len(found)


def test_the_secrets_folder_is_private(tmp_path: Path) -> None:
    paths = StatePaths(tmp_path / "deep" / "home")
    paths.prepare()
    paths.secrets.chmod(0o755)
    paths.prepare()
    assert stat.S_IMODE(paths.secrets.stat().st_mode) == 0o700
    assert sorted(path.name for path in paths.home.iterdir()) == ["secrets"]


@pytest.mark.parametrize("home", ["/proc/nowhere", "/dev/null", "/dev/null/home"])
def test_a_home_that_cannot_be_written_is_reported(home: str) -> None:
    with pytest.raises(SettingsError) as caught:
        StatePaths(Path(home)).prepare()
    assert home in str(caught.value)
    assert "--home" in str(caught.value)


def test_a_path_inside_is_returned_resolved(tmp_path: Path) -> None:
    assert confined(tmp_path, tmp_path / "a" / ".." / "b") == tmp_path.resolve() / "b"
    assert confined(tmp_path, tmp_path) == tmp_path.resolve()


@pytest.mark.parametrize("name", ["..", "../x", "a/../../x", "/etc/passwd", "../home-2"])
def test_a_path_outside_is_refused(tmp_path: Path, name: str) -> None:
    home = tmp_path / "home"
    home.mkdir()
    with pytest.raises(SettingsError):
        confined(home, home / name)


def test_a_link_to_the_outside_is_refused(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "link").symlink_to("/etc")
    with pytest.raises(SettingsError):
        confined(home, home / "link" / "passwd")
