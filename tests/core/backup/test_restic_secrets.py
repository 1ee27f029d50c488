"""Keys and passwords: strong, private, and nowhere but where they belong."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from core.backup.catalog import restic_engine
from core.backup.repository import Repository, new_recovery_key
from core.backup.restic import ResticEngine
from core.command import Process, start
from core.errors import InputError
from core.paths import StatePaths
from core.settings import BackupSettings, Settings

EngineOf = Callable[..., ResticEngine]


def place(tmp_path: Path, location: str) -> Repository:
    """Return a repository at a location."""
    return Repository(
        location=location, key_file=tmp_path / "secrets" / "key",
        cache=tmp_path / "cache", root=tmp_path,
    )  # fmt: skip


def test_the_key_is_private_strong_and_made_once(tmp_path: Path) -> None:
    """A second start keeps the first key: another would lock the operator out."""
    repository = place(tmp_path, "repo")
    repository.make_key_file()
    key = repository.key_file.read_bytes()
    assert len(key.strip()) >= 64
    assert repository.key_file.stat().st_mode & 0o777 == 0o600
    assert repository.key_file.parent.stat().st_mode & 0o777 == 0o700
    repository.make_key_file()
    assert repository.key_file.read_bytes() == key
    assert [path.name for path in repository.key_file.parent.iterdir()] == ["key"]


def test_recovery_keys_are_legible_and_never_the_same() -> None:
    """Typed from paper: no 0 or O, no 1, I or L."""
    keys = {new_recovery_key() for _ in range(100)}
    assert len(keys) == 100
    assert all(len(key.replace("-", "")) == 40 for key in keys)
    assert not set("".join(keys)) & set("01ILO")


@pytest.mark.slow
def test_the_recovery_key_opens_the_repository_and_is_kept_nowhere(
    engine_of: EngineOf, dataset: Path, tmp_path: Path
) -> None:
    """Whoever lost the machine has the repository's copy and this key, and needs no more."""
    engine = engine_of()
    taken = engine.backup([dataset], [])
    key = engine.initialise()
    assert key is not None
    kept = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert not [path for path in kept if key.encode() in path.read_bytes()]
    lost = tmp_path / "recovery"
    lost.write_text(key)
    lost.chmod(0o600)
    engine_of(key_file=lost).restore(taken.id, tmp_path / "out")
    restored = tmp_path / "out" / "datasets" / "demo" / "abc123" / "pairs.tsv.gz"
    assert restored.read_bytes() == (dataset / "pairs.tsv.gz").read_bytes()


def test_no_secret_is_on_a_command_line(
    engine_of: EngineOf, paths: StatePaths, dataset: Path
) -> None:
    """Anybody on the machine may read those; the environment names only the key's file."""
    calls: list[str] = []

    def record(argv: list[str], **rest: object) -> Process:
        calls.append(repr((argv, rest)))
        return start(argv, **rest)  # type: ignore[arg-type]  # as given

    engine = engine_of(starter=record)
    key = engine.initialise()
    engine.backup([dataset], [])
    secret = paths.repository_key.read_text().strip()
    assert key
    assert calls
    assert not [call for call in calls if secret in call or key in call]
    assert all("'RESTIC_PASSWORD': ''" in call for call in calls)


@pytest.mark.parametrize(
    ("location", "name", "is_folder"),
    [
        ("rest:https://ada:s3cret@host:8000/r", "rest:https://ada:***@host:8000/r", False),
        ("s3:https://s3.host/bucket", "s3:https://s3.host/bucket", False),
        ("sftp:ada@host:/srv/r", "sftp:ada@host:/srv/r", False),
        ("/srv/r", "/srv/r", True),
        ("local:/srv/r", "/srv/r", True),
    ],
)
def test_a_location_is_shown_without_its_password(
    tmp_path: Path, location: str, name: str, *, is_folder: bool
) -> None:
    """Restic gets it whole, in the environment."""
    repository = place(tmp_path, location)
    assert repository.name == name
    assert (repository.folder is not None) == is_folder
    assert "s3cret" in repository.environment["RESTIC_REPOSITORY"] or "s3cret" not in location


def test_a_relative_location_lies_in_the_home_folder(tmp_path: Path) -> None:
    """Not in whatever folder a process happens to start in."""
    settings = Settings(home=tmp_path, backup=BackupSettings(repository="elsewhere/repo"))
    assert restic_engine(settings).repository == str(tmp_path / "elsewhere" / "repo")


def test_free_space_is_told_for_folders_only(tmp_path: Path) -> None:
    """A folder that is not there yet lies on its parent's device."""
    assert (place(tmp_path, "not/yet/there").free_bytes() or 0) > 0
    assert place(tmp_path, "s3:https://host/bucket").free_bytes() is None


@pytest.mark.parametrize("strange", ["x.tmp", "linked", "glob [a]*?"])
def test_a_home_in_a_strange_place_is_backed_up_all_the_same(
    with_repository: StatePaths, tmp_path: Path, strange: str
) -> None:
    """Exclusion patterns speak of names in the home, never of the path to it."""
    real = tmp_path / ("real" if strange == "linked" else strange) / "home"
    (real / "datasets" / "demo").mkdir(parents=True)
    (real / "datasets" / "demo" / "pairs").write_bytes(b"pairs")
    (real / "datasets" / "demo" / "half.tmp").write_bytes(b"half")
    for name in ("repository", "secrets"):
        shutil.copytree(with_repository.home / name, real / name)
    home = real
    if strange == "linked":
        home = tmp_path / "linked"
        home.symlink_to(real)
    engine = restic_engine(Settings(home=home))
    taken = engine.backup([home / "datasets"], [])
    assert engine.listing(taken.id) == {"datasets/demo/pairs": 5}


def test_a_path_that_leaves_the_root_by_dots_is_refused(engine_of: EngineOf) -> None:
    """`home/../etc` is not below home."""
    engine = engine_of()
    with pytest.raises(InputError):
        engine.backup([engine.client.place.root / ".." / "etc"], [])
