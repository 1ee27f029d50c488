"""Keys and passwords are strong, private, and never on a command line."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from core.backup.repository import Repository, open_repository
from core.backup.restic import Location, new_recovery_key
from core.command import Process, start
from core.errors import InputError
from core.paths import StatePaths
from core.settings import BackupSettings, Settings

pytestmark = pytest.mark.slow  # real restic

RepositoryOf = Callable[..., Repository]


def location_of(tmp_path: Path, address: str) -> Location:
    """Return the location with an address."""
    return Location(
        address=address, key_file=tmp_path / "secrets" / "key", cache=tmp_path / "cache",
        root=tmp_path, history=tmp_path / "history.json",
    )  # fmt: skip


def test_the_key_is_private_strong_and_created_once(tmp_path: Path) -> None:
    location = location_of(tmp_path, "repo")
    location.create_key_file()
    key = location.key_file.read_bytes()
    assert len(key.strip()) >= 64
    assert location.key_file.stat().st_mode & 0o777 == 0o600
    assert location.key_file.parent.stat().st_mode & 0o777 == 0o700
    location.create_key_file()
    assert location.key_file.read_bytes() == key
    assert [path.name for path in location.key_file.parent.iterdir()] == ["key"]


def test_recovery_keys_are_legible_and_unique() -> None:
    keys = {new_recovery_key() for _ in range(100)}
    assert len(keys) == 100
    assert all(len(key.replace("-", "")) == 40 for key in keys)
    assert not set("".join(keys)) & set("01ILO")


def test_the_recovery_key_opens_the_repository_and_is_stored_nowhere(
    repository_of: RepositoryOf, dataset: Path, tmp_path: Path
) -> None:
    repository = repository_of()
    taken = repository.backup([dataset], [])
    key = repository.add_recovery_key()
    assert key is not None
    kept = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert not [path for path in kept if key.encode() in path.read_bytes()]
    lost = tmp_path / "recovery"
    lost.write_text(key)
    lost.chmod(0o600)
    repository_of(key_file=lost).restore(taken.id, tmp_path / "out")
    restored = tmp_path / "out" / "datasets" / "demo" / "abc123" / "pairs.tsv.gz"
    assert restored.read_bytes() == (dataset / "pairs.tsv.gz").read_bytes()


def test_no_secret_is_on_a_command_line(
    repository_of: RepositoryOf, paths: StatePaths, dataset: Path
) -> None:
    calls: list[str] = []

    def record(argv: list[str], **rest: object) -> Process:
        calls.append(repr((argv, rest)))
        return start(argv, **rest)  # type: ignore[arg-type]  # as given

    repository = repository_of(starter=record)
    key = repository.add_recovery_key()
    repository.backup([dataset], [])
    secret = paths.repository_key.read_text().strip()
    assert key
    assert calls
    assert not [call for call in calls if secret in call or key in call]
    assert all("'RESTIC_PASSWORD': ''" in call for call in calls)


@pytest.mark.parametrize(
    ("address", "name", "is_folder"),
    [
        ("rest:https://ada:s3cret@host:8000/r", "rest:https://ada:***@host:8000/r", False),
        ("s3:https://s3.host/bucket", "s3:https://s3.host/bucket", False),
        ("sftp:ada@host:/srv/r", "sftp:ada@host:/srv/r", False),
        ("/srv/r", "/srv/r", True),
        ("local:/srv/r", "/srv/r", True),
    ],
)
def test_a_location_is_shown_without_its_password(
    tmp_path: Path, address: str, name: str, *, is_folder: bool
) -> None:
    found = location_of(tmp_path, address)
    assert found.name == name
    assert (found.folder is not None) == is_folder
    assert "s3cret" in found.environment["RESTIC_REPOSITORY"] or "s3cret" not in address


def test_a_relative_location_lies_in_the_home_folder(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, backup=BackupSettings(repository="elsewhere/repo"))
    assert open_repository(settings).name == str(tmp_path / "elsewhere" / "repo")


def test_free_space_is_known_for_folders_only(tmp_path: Path) -> None:
    assert (location_of(tmp_path, "not/yet/there").free_bytes() or 0) > 0
    assert location_of(tmp_path, "s3:https://host/bucket").free_bytes() is None


@pytest.mark.parametrize("parent", ["x.tmp", "linked", "glob [a]*?"])
def test_a_home_with_an_unusual_path_is_backed_up(
    with_repository: StatePaths, tmp_path: Path, parent: str
) -> None:
    real = tmp_path / ("real" if parent == "linked" else parent) / "home"
    (real / "datasets" / "demo").mkdir(parents=True)
    (real / "datasets" / "demo" / "pairs").write_bytes(b"pairs")
    (real / "datasets" / "demo" / "half.tmp").write_bytes(b"half")
    for name in ("repository", "secrets"):
        shutil.copytree(with_repository.home / name, real / name)
    home = real
    if parent == "linked":
        home = tmp_path / "linked"
        home.symlink_to(real)
    repository = open_repository(Settings(home=home))
    taken = repository.backup([home / "datasets"], [])
    assert repository.listing(taken.id) == {"datasets/demo/pairs": 5}


def test_a_path_that_leaves_the_root_is_refused(repository_of: RepositoryOf) -> None:
    repository = repository_of()
    with pytest.raises(InputError):
        repository.backup([repository.location.root / ".." / "etc"], [])
