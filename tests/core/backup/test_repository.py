"""Snapshots in a real restic repository: what is stored, listed, restored, checked, removed."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from core.backup.errors import NoRepositoryError, SourceMissingError
from core.backup.records import BackupProgress
from core.backup.repository import Repository, open_repository
from core.errors import ConflictError, CorruptError, InputError, NotFoundError
from core.paths import StatePaths
from core.settings import Settings

pytestmark = pytest.mark.slow  # real restic

AWKWARD = (
    "plain.txt",
    "empty",
    'it\'s "quoted"',
    " spaces at both ends ",
    "new\nline",
    "emoji 🏛️ ¿señor?",
    "glob *[x]? \\ $HOME",
    "-dash",
    "deep/er/est.txt",
    os.fsdecode(b"not utf-8 \xff\xfe"),
)


@pytest.fixture
def repository(with_repository: StatePaths) -> Repository:
    """An empty repository."""
    return open_repository(Settings(home=with_repository.home))


@pytest.fixture
def root(paths: StatePaths) -> Path:
    """The folder that stored names are relative to."""
    return paths.home


def fill(root: Path, names: tuple[str, ...] = AWKWARD) -> Path:
    """Write a file of each name, a link, and half-written files; return their folder."""
    folder = root / "datasets" / "demo"
    for number, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"" if name == "empty" else os.fsencode(name) * (number + 1))
    (folder / "link to nowhere").symlink_to("no such//file")
    (folder / "half.tmp").write_bytes(b"half")
    (folder / ".tmp-import").mkdir()
    (folder / ".tmp-import" / "file").write_bytes(b"half")
    (folder / "live.db").write_bytes(b"live")
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    """Return relative name -> bytes of every file (a link: its target)."""
    found = {}
    for path in folder.rglob("*"):
        name = str(path.relative_to(folder))
        if path.is_symlink():
            found[name] = b"-> " + os.fsencode(os.readlink(path))  # noqa: PTH115  (exact target)
        elif path.is_file():
            found[name] = path.read_bytes()
    return found


def protected(folder: Path) -> dict[str, bytes]:
    """Return the entries of a filled folder that a backup must contain."""
    excluded = ("half.tmp", ".tmp-import/file", "live.db")
    return {name: data for name, data in contents(folder).items() if name not in excluded}


def test_restored_files_have_the_same_names_and_bytes(
    repository: Repository, root: Path, tmp_path: Path
) -> None:
    folder = fill(root)
    snapshot = repository.backup([folder], ["datahall", "dataset:ab"])
    repository.restore(snapshot.id, tmp_path / "out")
    assert contents(tmp_path / "out" / "datasets" / "demo") == protected(folder)


def test_a_snapshot_has_its_paths_tags_and_sizes(repository: Repository, root: Path) -> None:
    folder = fill(root)
    taken = repository.backup([folder], ["datahall", "what:data"])
    [listed] = repository.snapshots()
    assert (listed.id, listed.tags, listed.paths) == (taken.id, taken.tags, taken.paths)
    assert (listed.files, listed.bytes) == (taken.files, taken.bytes)
    assert taken.tags == ("datahall", "what:data")
    assert taken.paths == (str(folder),)
    assert taken.files == len(AWKWARD)
    assert taken.bytes == sum(len(data) for data in protected(folder).values()) - len(
        b"-> no such//file"
    )
    assert taken.repository == repository.key == "repository"
    assert taken.verified_at is None


def test_a_listing_names_every_file_relative_to_the_root(
    repository: Repository, root: Path
) -> None:
    folder = fill(root)
    listing = repository.listing(repository.backup([folder], []).id)
    sizes = {name: len(data) for name, data in protected(folder).items()}
    sizes["link to nowhere"] = 0
    expected = {f"datasets/demo/{name}": size for name, size in sizes.items()}
    bad = f"datasets/demo/{AWKWARD[-1]}"
    expected["datasets/demo/not utf-8 \ufffd\ufffd"] = expected.pop(bad)
    assert listing == expected


def test_one_file_can_be_restored_alone(repository: Repository, root: Path, tmp_path: Path) -> None:
    folder = fill(root)
    snapshot = repository.backup([folder], [])
    for number, name in enumerate(AWKWARD[2:]):
        target = tmp_path / str(number)
        repository.restore(snapshot.id, target, f"datasets/demo/{name}")
        assert contents(target) == {f"datasets/demo/{name}": protected(folder)[name]}


def test_one_folder_can_be_restored_alone(
    repository: Repository, root: Path, tmp_path: Path
) -> None:
    fill(root, ("a/one", "ab/two"))
    snapshot = repository.backup([root / "datasets"], [])
    repository.restore(snapshot.id, tmp_path / "out", "datasets/demo/a/")
    assert contents(tmp_path / "out") == {"datasets/demo/a/one": b"a/one"}


def test_a_file_that_is_not_in_the_snapshot_cannot_be_restored(
    repository: Repository, root: Path, tmp_path: Path
) -> None:
    snapshot = repository.backup([fill(root)], [])
    with pytest.raises(NotFoundError, match="ghost"):
        repository.restore(snapshot.id, tmp_path / "out", "datasets/ghost")
    with pytest.raises(InputError):
        repository.restore(snapshot.id, tmp_path / "out", "../datasets")


def test_a_restore_never_changes_existing_files(
    repository: Repository, root: Path, tmp_path: Path
) -> None:
    snapshot = repository.backup([fill(root)], [])
    target = tmp_path / "out"
    target.mkdir()
    (target / "mine").write_bytes(b"mine")
    with pytest.raises(ConflictError):
        repository.restore(snapshot.id, target)
    with pytest.raises(ConflictError):
        repository.restore(snapshot.id, target / "mine")
    assert contents(target) == {"mine": b"mine"}
    (target / "mine").unlink()
    repository.restore(snapshot.id, target)


def test_progress_ends_at_the_total_and_never_goes_back(
    repository: Repository, root: Path, tmp_path: Path
) -> None:
    folder = fill(root)
    (folder / "big").write_bytes(os.urandom(16_000_000))
    backup: list[BackupProgress] = []
    restore: list[BackupProgress] = []
    snapshot = repository.backup([folder], [], backup.append)
    repository.restore(snapshot.id, tmp_path / "out", on_progress=restore.append)
    for steps in (backup, restore):
        done = [step.bytes_done for step in steps]
        assert done == sorted(done)
        assert all(step.bytes_done <= step.bytes_total for step in steps if step.bytes_total)
        assert steps[-1].bytes_done == steps[-1].bytes_total == snapshot.bytes


def test_a_missing_source_is_an_error_that_names_it(repository: Repository, root: Path) -> None:
    folder = fill(root)
    with pytest.raises(SourceMissingError, match="ghost") as caught:
        repository.backup([folder, root / "ghost"], [])
    assert caught.value.files == ("ghost",)
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("chosen", "tags"),
    [
        (("/etc/hostname",), ()),
        (("../outside",), ()),
        ((".",), ()),
        ((), ()),
        (("datasets",), ("",)),
        (("datasets",), ("a,b",)),
    ],
)
def test_bad_paths_and_tags_are_refused(
    repository: Repository, root: Path, chosen: tuple[str, ...], tags: tuple[str, ...]
) -> None:
    fill(root, ("a",))
    with pytest.raises(InputError):
        repository.backup([Path(path) for path in chosen], tags)


def test_an_unknown_snapshot_is_not_found(
    repository: Repository, root: Path, tmp_path: Path
) -> None:
    repository.backup([fill(root, ("a",))], [])
    for name in ("feedfeed", "latest", "--help", "", "../../x"):
        with pytest.raises(NotFoundError):
            repository.listing(name)
        with pytest.raises(NotFoundError):
            repository.restore(name, tmp_path / "out")
    with pytest.raises(NotFoundError):
        repository.forget(["ff" * 32])
    assert len(repository.snapshots()) == 1


def test_damage_is_found_by_reading_and_never_restored_as_good(
    repository: Repository, root: Path, tmp_path: Path, damage: Callable[[], None]
) -> None:
    folder = fill(root)
    (folder / "big").write_bytes(os.urandom(2_000_000))
    snapshot = repository.backup([folder], [])
    for read_data in (False, True):
        report = repository.check(read_data=read_data)
        assert (report.problems, report.read_data) == ((), read_data)
    damage()
    assert repository.check(read_data=True).problems
    with pytest.raises(CorruptError):
        repository.restore(snapshot.id, tmp_path / "out")


def test_a_removed_snapshot_is_gone_and_the_others_are_intact(
    repository: Repository, root: Path, tmp_path: Path
) -> None:
    folder = fill(root)
    first = repository.backup([folder], [])
    (folder / "plain.txt").write_bytes(b"new")
    second = repository.backup([folder], [])
    assert [entry.id for entry in repository.snapshots()] == [second.id, first.id]
    assert repository.present_ids() == {first.id, second.id}
    repository.forget([])
    repository.forget([first.id])
    assert [entry.id for entry in repository.snapshots()] == [second.id]
    assert repository.present_ids() == {second.id}
    repository.restore(second.id, tmp_path / "out")
    assert contents(tmp_path / "out" / "datasets" / "demo") == protected(folder)


def test_a_repository_is_created_once_and_returns_its_recovery_key_once(paths: StatePaths) -> None:
    repository = open_repository(Settings(home=paths.home))
    with pytest.raises(NoRepositoryError):
        repository.snapshots()
    assert not repository.exists()
    repository.create()
    assert (repository.exists(), repository.has_recovery_key()) == (True, False)
    repository.create()
    assert repository.add_recovery_key()
    assert repository.has_recovery_key()
    folder = paths.home / "repository"
    folder.rename(paths.home / "moved")
    assert repository.has_recovery_key() is None
    (paths.home / "moved").rename(folder)
    assert repository.add_recovery_key() is None
    assert list(repository.snapshots()) == []
    assert repository.version[0].isdigit()
