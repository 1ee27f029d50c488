"""Real restic under faults: killed, locked, full disk, wrong key, unresponsive server."""

import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest

from core.backup.backup import back_up, cover_scope
from core.backup.errors import (
    DestinationFullError,
    IncompleteError,
    LockedError,
    NoRepositoryError,
    StalledError,
    UnsafeKeyError,
    WrongKeyError,
)
from core.backup.install import Restic
from core.backup.records import Scope
from core.backup.repository import Repository
from core.backup.vault import Vault
from core.command import Process, start
from core.errors import CommandError
from core.paths import StatePaths
from core.process.progress import Progress

pytestmark = pytest.mark.slow  # real restic

RepositoryOf = Callable[..., Repository]


def big_file(folder: Path, megabytes: int) -> Path:
    """Write random bytes, which restic can neither compress nor deduplicate."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "big.bin"
    path.write_bytes(os.urandom(megabytes << 20))
    return path


def test_an_unreadable_file_is_named_and_the_rest_is_stored(
    repository_of: RepositoryOf, dataset: Path
) -> None:
    def without_privilege(argv: list[str], **rest: object) -> Process:
        drop = ("setpriv", "--bounding-set=-dac_override,-dac_read_search")
        return start((*(drop if os.geteuid() == 0 else ()), *argv), **rest)  # type: ignore[arg-type]  # as given

    (dataset / "manifest.json").chmod(0o000)
    repository = repository_of(starter=without_privilege)
    with pytest.raises(IncompleteError, match=r"permission denied.*manifest.json") as caught:
        repository.backup([dataset], [])
    assert caught.value.snapshot is not None
    assert "datasets/demo/abc123/pairs.tsv.gz" in repository.listing(caught.value.snapshot.id)


def test_a_killed_backup_leaves_a_usable_repository(
    repository_of: RepositoryOf, paths: StatePaths
) -> None:
    repository = repository_of()
    folder = paths.datasets / "big"
    big_file(folder, 2)
    first = repository.backup([folder], [])
    big_file(folder, 48)
    started: list[Process] = []

    def starter(*args: object, **rest: object) -> Process:
        started.append(start(*args, **rest))  # type: ignore[arg-type]  # as given
        return started[-1]

    threading.Thread(target=_kill_when_locked, args=(paths.repository, started)).start()
    with pytest.raises(CommandError):
        repository_of(starter=starter).backup([folder], [])
    assert list((paths.repository / "locks").iterdir())

    second = repository.backup([folder], [])
    repository.forget([first.id])
    assert repository.check(read_data=True).problems == ()
    assert [entry.id for entry in repository.snapshots()] == [second.id]
    assert not list((paths.repository / "locks").iterdir())


def _kill_when_locked(repository: Path, started: list[Process]) -> None:
    """Kill restic once it has locked the repository and written some of the data."""
    old = _num_files(repository / "data")
    while not started or _num_files(repository / "data") <= old:
        time.sleep(0.01)
    started[0].kill()


def _num_files(folder: Path) -> int:
    """Return the files below a folder."""
    return sum(path.is_file() for path in folder.rglob("*"))


@pytest.mark.parametrize("host", ["far-away", socket.gethostname()])
def test_a_young_lock_of_another_host_or_a_running_process_is_not_removed(
    repository_of: RepositoryOf, program: Callable[[str], Path], tmp_path: Path, host: str
) -> None:
    calls = tmp_path / "calls"
    words = f"repository is already locked by PID {os.getpid()} on {host} by ada (UID 0, GID 0)"
    path = program(f"echo $1 >> {calls}; echo '{words}' >&2; exit 1")
    repository = repository_of(restic=Restic(path=path, version=(0, 14, 0)))
    with pytest.raises(LockedError) as caught:
        repository.check(read_data=False)
    assert (caught.value.host, caught.value.pid) == (host, os.getpid())
    assert caught.value.remedy
    assert calls.read_text() == "check\n"


def test_a_lock_of_another_host_is_removed_after_30_minutes(
    repository_of: RepositoryOf, program: Callable[[str], Path], tmp_path: Path
) -> None:
    """By `restic unlock`, which decides by the same limit; then the command is repeated."""
    calls = tmp_path / "calls"
    lock = (
        "repository is already locked exclusively by PID 7 on far-away by ada (UID 0, GID 0)\\n"
        "lock was created at 2026-11-24 08:56:41 (30m51.2s ago)\\n"
    )
    path = program(
        f"echo $1 >> {calls}; [ $1 = unlock ] && exit 0; grep -q unlock {calls} && exit 0\n"
        f"printf '{lock}' >&2; exit 1"
    )
    repository = repository_of(restic=Restic(path=path, version=(0, 14, 0)))
    assert repository.check(read_data=False).problems == ()
    assert calls.read_text() == "check\nunlock\ncheck\n"


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 16 MB, in memory."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    mounted = subprocess.run(
        ["/usr/bin/mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", folder],
        check=False, capture_output=True,
    )  # fmt: skip
    if mounted.returncode != 0:
        pytest.skip("needs the right to mount; the message itself is tested in test_failures")
    yield folder
    subprocess.run(["/usr/bin/umount", folder], check=True)


def test_a_full_disk_is_reported_and_earlier_snapshots_survive(
    repository_of: RepositoryOf, paths: StatePaths, dataset: Path, tiny_disk: Path, tmp_path: Path
) -> None:
    place = tiny_disk / "repository"
    shutil.copytree(paths.repository, place)
    repository = repository_of(address=str(place), stall_s=20)
    first = repository.backup([dataset], [])
    big = big_file(paths.datasets / "big", 24)
    with pytest.raises(DestinationFullError) as caught:
        repository.backup([big], [])
    assert caught.value.remedy
    repository.restore(first.id, tmp_path / "out")
    big.write_bytes(os.urandom(1 << 20))
    repository.backup([big], [])
    assert repository.check(read_data=True).problems == ()


def test_a_full_disk_is_reported_while_restic_keeps_retrying(
    repository_of: RepositoryOf, program: Callable[[str], Path], dataset: Path
) -> None:
    words = "Save(<data/1f>) returned error, retrying after 9m: write: no space left on device"
    path = program(f"echo '{words}' >&2; exec sleep 60")
    repository = repository_of(restic=Restic(path=path, version=(0, 14, 0)), stall_s=5)
    with pytest.raises(DestinationFullError):
        repository.backup([dataset], [])


def test_a_stall_on_a_full_disk_is_reported_as_a_full_disk(
    repository_of: RepositoryOf,
    program: Callable[[str], Path],
    dataset: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    repository = repository_of(
        restic=Restic(path=program("exec sleep 60"), version=(0, 14, 0)), stall_s=0.5
    )
    for free, error in ((16 << 20, DestinationFullError), (16 << 30, StalledError)):
        monkeypatch.setattr(
            "shutil.disk_usage", lambda _path, free=free: SimpleNamespace(free=free)
        )
        with pytest.raises(error) as caught:
            repository.backup([dataset], [])
        assert ("only 16 MiB left" in str(caught.value)) == (error is DestinationFullError)


def test_a_disk_that_never_answers_does_not_block(
    repository_of: RepositoryOf,
    program: Callable[[str], Path],
    dataset: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answer = threading.Event()

    def ask(_path: Path) -> SimpleNamespace:
        answer.wait()
        return SimpleNamespace(free=0)

    monkeypatch.setattr("shutil.disk_usage", ask)
    monkeypatch.setattr("core.backup.restic._DISK_TIMEOUT_S", 0.1)
    repository = repository_of(
        restic=Restic(path=program("exec sleep 60"), version=(0, 14, 0)), stall_s=0.5
    )
    with pytest.raises(StalledError) as caught:
        repository.backup([dataset], [])
    assert caught.value.__cause__ is None
    assert repository.location.free_bytes() is None
    answer.set()


def test_a_wrong_missing_or_empty_key_file_is_reported(
    repository_of: RepositoryOf, tmp_path: Path
) -> None:
    key = tmp_path / "key"
    key.write_text("not the key\n")
    key.chmod(0o600)
    with pytest.raises(WrongKeyError):
        repository_of(key_file=key).snapshots()
    with pytest.raises(WrongKeyError, match="does not exist") as caught:
        repository_of(key_file=tmp_path / "ghost").snapshots()
    assert "install -m 600" in caught.value.remedy
    key.write_bytes(b"")
    with pytest.raises(WrongKeyError, match="is empty") as caught:
        repository_of(key_file=key).snapshots()
    assert "install -m 600" in caught.value.remedy
    with pytest.raises(NoRepositoryError):
        repository_of(address=str(tmp_path / "nowhere")).snapshots()


def test_a_damaged_cache_is_not_a_damaged_repository(
    repository_of: RepositoryOf, dataset: Path, paths: StatePaths, tmp_path: Path
) -> None:
    taken = repository_of().backup([dataset], [])
    indexes = [path for path in paths.restic_cache.rglob("index/*/*") if path.is_file()]
    assert indexes
    for path in indexes:
        path.write_bytes(b"?" * path.stat().st_size)
    repository_of().restore(taken.id, tmp_path / "out")
    assert (tmp_path / "out" / "datasets" / "demo" / "abc123" / "pairs.tsv.gz").exists()


def test_a_key_that_other_users_may_read_is_not_used(
    repository_of: RepositoryOf, paths: StatePaths
) -> None:
    paths.repository_key.chmod(0o644)
    with pytest.raises(UnsafeKeyError) as caught:
        repository_of().snapshots()
    assert caught.value.remedy.endswith(f"chmod 600 {paths.repository_key}")


def test_a_server_that_never_answers_is_a_stall(repository_of: RepositoryOf) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        repository = repository_of(
            address=f"rest:http://127.0.0.1:{server.getsockname()[1]}/", stall_s=1.5
        )
        started_at = time.monotonic()
        with pytest.raises(StalledError):
            repository.snapshots()
        assert time.monotonic() - started_at < 30


def test_an_interrupted_backup_leaves_no_lock_and_no_process(
    repository_of: RepositoryOf, paths: StatePaths
) -> None:
    big = big_file(paths.datasets / "big", 96)

    def interrupt(_progress: object) -> None:
        raise KeyboardInterrupt

    repository = repository_of()
    with pytest.raises(KeyboardInterrupt):
        repository.backup([big], [], interrupt)
    assert not list((paths.repository / "locks").iterdir())
    repository.backup([big], [])
    assert repository.check(read_data=True).problems == ()


def test_a_file_that_is_rewritten_while_restic_reads_it_is_not_protected(
    vault: Vault, dataset: Path, progress: Progress
) -> None:
    big = dataset / "shard.bin"
    big.write_bytes(bytes(32 << 20))
    stop = threading.Event()

    def rewrite() -> None:
        generation = 0
        while not stop.is_set():
            generation = (generation + 1) % 256
            with big.open("r+b") as stream:
                for _ in range(32):
                    stream.write(bytes([generation]) * (1 << 20))

    writer = threading.Thread(target=rewrite)
    writer.start()
    try:
        report = back_up(vault, cover_scope(vault.paths, Scope.DATA), progress)
    finally:
        stop.set()
        writer.join()
    assert report.proof.changed == ("datasets/demo/abc123/shard.bin",)
    assert report.datasets == ()
    assert vault.protecting("abc123") is None
