"""What every BackupEngine promises: real restic and the twin in memory keep the same word."""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from core.backup.catalog import memory_engine, restic_engine
from core.backup.engine import BackupEngine, BackupProgress
from core.backup.failures import NoRepositoryError, SourceMissingError
from core.errors import ConflictError, CorruptError, InputError, NotFoundError
from core.settings import Settings

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """An engine, the folder that it may back up from, and a way to damage what it stored."""

    engine: BackupEngine
    root: Path
    damage: Callable[[], None]


def restic_case(folder: Path, made: Path | None) -> Case:
    """Return real restic, on a copy of a repository already made where one is given."""
    home = folder / "home"
    if made is not None:
        shutil.copytree(made, home)
    home.mkdir(exist_ok=True)

    def damage() -> None:
        packs = [path for path in (home / "repository" / "data").rglob("*") if path.is_file()]
        pack = max(packs, key=lambda path: path.stat().st_size)
        content = bytearray(pack.read_bytes())
        content[len(content) // 3] ^= 1
        pack.chmod(0o600)
        pack.write_bytes(content)

    return Case(engine=restic_engine(Settings(home=home)), root=home, damage=damage)


def memory_case(folder: Path) -> Case:
    """Return the twin."""
    home = folder / "home"
    home.mkdir()
    engine = memory_engine(Settings(home=home))

    def damage() -> None:
        digest = max(engine.blobs, key=lambda key: len(engine.blobs[key]))
        engine.blobs[digest] = engine.blobs[digest][:-1] + b"!"

    return Case(engine=engine, root=home, damage=damage)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A restic repository, made once: finding good scrypt parameters takes seconds."""
    case = restic_case(tmp_path_factory.mktemp("made"), None)
    assert case.engine.initialise(recovery=False) is None
    return case.root


@pytest.fixture(params=["memory", "restic"])
def case(request: pytest.FixtureRequest, tmp_path: Path) -> Case:
    """Each engine with an empty repository."""
    if request.param == "memory":
        found = memory_case(tmp_path)
        found.engine.initialise(recovery=False)
        return found
    return restic_case(tmp_path, request.getfixturevalue("made"))


@pytest.fixture(params=["memory", "restic"])
def fresh(request: pytest.FixtureRequest, tmp_path: Path) -> Case:
    """Each engine before its repository is made."""
    return memory_case(tmp_path) if request.param == "memory" else restic_case(tmp_path, None)


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
    """Return what of a filled folder must be in a backup."""
    excluded = ("half.tmp", ".tmp-import/file", "live.db")
    return {name: data for name, data in contents(folder).items() if name not in excluded}


def test_restored_files_are_the_very_bytes_under_the_very_names(case: Case, tmp_path: Path) -> None:
    """Whatever a file system can name comes back; half-written files and live databases do not."""
    folder = fill(case.root)
    snapshot = case.engine.backup([folder], ["datahall", "dataset:ab"])
    case.engine.restore(snapshot.id, tmp_path / "out")
    assert contents(tmp_path / "out" / "datasets" / "demo") == protected(folder)


def test_a_snapshot_tells_its_paths_tags_and_sizes(case: Case) -> None:
    """And says the same when it is asked for again."""
    folder = fill(case.root)
    taken = case.engine.backup([folder], ["datahall", "what:data"])
    [listed] = case.engine.snapshots()
    assert (listed.id, listed.tags, listed.paths) == (taken.id, taken.tags, taken.paths)
    assert (listed.files, listed.bytes) == (taken.files, taken.bytes)
    assert taken.tags == ("datahall", "what:data")
    assert taken.paths == (str(folder),)
    assert taken.files == len(AWKWARD)
    assert taken.bytes == sum(len(data) for data in protected(folder).values()) - len(
        b"-> no such//file"
    )
    assert taken.repository == case.engine.repository
    assert taken.verified_at is None


def test_a_listing_names_every_file_relative_to_the_root(case: Case) -> None:
    """Links have no bytes; bytes that are not UTF-8 read as U+FFFD."""
    folder = fill(case.root)
    listing = case.engine.listing(case.engine.backup([folder], []).id)
    sizes = {name: len(data) for name, data in protected(folder).items()}
    sizes["link to nowhere"] = 0
    expected = {f"datasets/demo/{name}": size for name, size in sizes.items()}
    bad = f"datasets/demo/{AWKWARD[-1]}"
    expected["datasets/demo/not utf-8 \ufffd\ufffd"] = expected.pop(bad)
    assert listing == expected


def test_one_file_can_be_restored_alone(case: Case, tmp_path: Path) -> None:
    """No character of its name is taken for a pattern."""
    folder = fill(case.root)
    snapshot = case.engine.backup([folder], [])
    for number, name in enumerate(AWKWARD[2:]):
        target = tmp_path / str(number)
        case.engine.restore(snapshot.id, target, f"datasets/demo/{name}")
        assert contents(target) == {f"datasets/demo/{name}": protected(folder)[name]}


def test_one_folder_can_be_restored_alone(case: Case, tmp_path: Path) -> None:
    """A folder whose name merely begins the same is not restored with it."""
    fill(case.root, ("a/one", "ab/two"))
    snapshot = case.engine.backup([case.root / "datasets"], [])
    case.engine.restore(snapshot.id, tmp_path / "out", "datasets/demo/a/")
    assert contents(tmp_path / "out") == {"datasets/demo/a/one": b"a/one"}


def test_what_a_snapshot_does_not_hold_cannot_be_restored(case: Case, tmp_path: Path) -> None:
    """Restic itself would restore nothing and call that a success."""
    snapshot = case.engine.backup([fill(case.root)], [])
    with pytest.raises(NotFoundError, match="ghost"):
        case.engine.restore(snapshot.id, tmp_path / "out", "datasets/ghost")
    with pytest.raises(InputError):
        case.engine.restore(snapshot.id, tmp_path / "out", "../datasets")


def test_a_restore_never_touches_files_that_are_there(case: Case, tmp_path: Path) -> None:
    """The target must be empty or absent."""
    snapshot = case.engine.backup([fill(case.root)], [])
    target = tmp_path / "out"
    target.mkdir()
    (target / "mine").write_bytes(b"mine")
    with pytest.raises(ConflictError):
        case.engine.restore(snapshot.id, target)
    with pytest.raises(ConflictError):
        case.engine.restore(snapshot.id, target / "mine")
    assert contents(target) == {"mine": b"mine"}
    (target / "mine").unlink()
    case.engine.restore(snapshot.id, target)


def test_progress_reaches_the_whole(case: Case, tmp_path: Path) -> None:
    """Never more than the whole."""
    folder = fill(case.root)
    (folder / "big").write_bytes(os.urandom(3_000_000))
    heard: list[BackupProgress] = []
    snapshot = case.engine.backup([folder], [], heard.append)
    case.engine.restore(snapshot.id, tmp_path / "out", on_progress=heard.append)
    assert heard
    assert all(0 <= step.bytes_done <= step.bytes_total for step in heard if step.bytes_total)


def test_a_missing_source_is_an_error_that_names_it(case: Case) -> None:
    """Restic 0.14 passes over it and ends with 0."""
    folder = fill(case.root)
    with pytest.raises(SourceMissingError, match="ghost") as caught:
        case.engine.backup([folder, case.root / "ghost"], [])
    assert caught.value.files == ("ghost",)
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("paths", "tags"),
    [
        (("/etc/hostname",), ()),
        (("../outside",), ()),
        ((".",), ()),
        ((), ()),
        (("datasets",), ("",)),
        (("datasets",), ("a,b",)),
    ],
)
def test_what_would_lose_its_meaning_is_refused(
    case: Case, paths: tuple[str, ...], tags: tuple[str, ...]
) -> None:
    """Paths outside the root, nothing at all, and tags that restic would split or drop."""
    fill(case.root, ("a",))
    with pytest.raises(InputError):
        case.engine.backup([Path(path) for path in paths], tags)


def test_an_unknown_snapshot_is_not_found(case: Case, tmp_path: Path) -> None:
    """Whatever its name looks like; an option of the program is never made of it."""
    case.engine.backup([fill(case.root, ("a",))], [])
    for name in ("feedfeed", "latest", "--help", "", "../../x"):
        with pytest.raises(NotFoundError):
            case.engine.listing(name)
        with pytest.raises(NotFoundError):
            case.engine.restore(name, tmp_path / "out")
    with pytest.raises(NotFoundError):
        case.engine.forget(["ff" * 32])
    assert len(case.engine.snapshots()) == 1


def test_damage_is_found_by_reading_and_never_restored_as_good(case: Case, tmp_path: Path) -> None:
    """One bit is enough."""
    folder = fill(case.root)
    (folder / "big").write_bytes(os.urandom(2_000_000))
    snapshot = case.engine.backup([folder], [])
    for read_data in (False, True):
        report = case.engine.check(read_data=read_data)
        assert (report.problems, report.read_data) == ((), read_data)
    case.damage()
    assert case.engine.check(read_data=True).problems
    with pytest.raises(CorruptError):
        case.engine.restore(snapshot.id, tmp_path / "out")


def test_a_forgotten_snapshot_is_gone_and_the_others_are_whole(case: Case, tmp_path: Path) -> None:
    """Bytes that others need stay."""
    folder = fill(case.root)
    first = case.engine.backup([folder], [])
    (folder / "plain.txt").write_bytes(b"new")
    second = case.engine.backup([folder], [])
    assert [entry.id for entry in case.engine.snapshots()] == [second.id, first.id]
    assert case.engine.holds(first.id)
    case.engine.forget([])
    case.engine.forget([first.id])
    assert [entry.id for entry in case.engine.snapshots()] == [second.id]
    assert not case.engine.holds(first.id)
    case.engine.restore(second.id, tmp_path / "out")
    assert contents(tmp_path / "out" / "datasets" / "demo") == protected(folder)


def test_a_repository_is_made_once_and_gives_its_recovery_key_once(fresh: Case) -> None:
    """Also when it was first made without anybody to show the key to."""
    with pytest.raises(NoRepositoryError):
        fresh.engine.snapshots()
    assert not fresh.engine.is_initialised()
    assert fresh.engine.initialise(recovery=False) is None
    assert (fresh.engine.is_initialised(), fresh.engine.has_recovery_key()) == (True, False)
    assert fresh.engine.initialise()
    assert fresh.engine.has_recovery_key()
    assert fresh.engine.initialise() is None
    assert (list(fresh.engine.snapshots()), bool(fresh.engine.program)) == ([], True)
