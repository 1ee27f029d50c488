"""`datahall backup` with real restic: its output as text, and its remedies as printed.

Each remedy is run in a shell exactly as the product prints it, in the state that it is for.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from core.backup.repository import open_repository
from core.settings import Settings
from dashboard.commands.cli import run

pytestmark = pytest.mark.slow  # real restic

Answer = tuple[int, str, str]
Command = Callable[..., Answer]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a dataset and a repository that holds a snapshot of everything."""
    home = tmp_path_factory.mktemp("made") / "home"
    pairs = home.parent / "a.tsv"
    pairs.write_text("Good morning.\tBuenos dias.\n", encoding="utf-8")
    imported = ["data", "import", "base", str(pairs), "--source", "en", "--target", "es"]
    for words in (imported, ["backup", "run"]):
        assert run([*words, "--home", str(home)]) == 0
    return home


@pytest.fixture
def home(made: Path, tmp_path: Path) -> Path:
    """A copy of that home."""
    return shutil.copytree(made, tmp_path / "home", symlinks=True)


@pytest.fixture
def command(home: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    """Run a command of the group on that home."""

    def call(*words: str) -> Answer:
        capsys.readouterr()
        code = run(["backup", *words, "--home", str(home)])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return call


@pytest.fixture
def shell(home: Path, tmp_path: Path) -> Callable[[str], Answer]:
    """Run the command at the end of a message in a shell, as a user pastes it."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "datahall"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -P -m dashboard "$@"\n')
    program.chmod(0o755)

    def paste(message: str) -> Answer:
        done = subprocess.run(
            ["/bin/sh", "-c", message.strip().rpartition(": ")[2]],
            env={
                **os.environ,
                "DATAHALL_HOME": str(home),
                "PATH": f"{folder}:{os.environ['PATH']}",
            },
            input="", capture_output=True, text=True, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout, done.stderr

    return paste


def test_the_list_names_contents_age_and_state(command: Command) -> None:
    code, out, err = command("list")
    assert (code, err) == (0, "")
    header, row = out.splitlines()
    assert header.split() == [
        "ID", "TIME", "AGE", "CONTENTS", "FILES", "SIZE", "STATE", "RESTORE", "DRILL",
    ]  # fmt: skip
    assert "Everything" in row
    assert "verified" in row
    assert "what:" not in out


def test_the_status_is_text_with_units_and_ages(command: Command, home: Path) -> None:
    code, out, _ = command("status")
    assert code == 0
    lines = dict(line.split("  ", 1) for line in out.splitlines())
    values = {label: value.strip() for label, value in lines.items()}
    assert values["Repository"] == str(home / "repository")
    assert values["State"] == "ready"
    assert values["Last good backup"].endswith(" ago)")
    assert values["Free disk space"].endswith("B")
    assert values["Not protected"].startswith("nothing")
    assert not {"{", "}", "None", "True", "False"} & set(out.split())


def test_the_status_as_json(command: Command) -> None:
    _, out, _ = command("status", "--json")
    document = json.loads(out)
    assert (document["state"], document["is_initialised"]) == ("ready", True)
    assert (document["snapshots"], document["not_backed_up"]) == (1, [])


def test_a_copied_home_lists_its_snapshots(command: Command) -> None:
    """The fixture is a copy; `no backups yet` was the answer before."""
    _, out, _ = command("list", "--json")
    [snapshot] = json.loads(out)
    assert snapshot["verified"]


def test_a_repository_that_cannot_be_listed_is_an_error(command: Command, home: Path) -> None:
    """An empty list would mean that there are no backups."""
    for path in (*home.glob("datahall.db*"), home / "audit-head.json"):
        path.unlink()
    (home / "secrets" / "repository-key").write_text("wrong")
    code, out, _ = command("list", "--json")
    assert code == 1
    assert json.loads(out)["error"]["kind"] == "wrong-key"


def test_the_remedy_for_an_unreadable_file(
    command: Command, home: Path, shell: Callable[[str], Answer]
) -> None:
    [pairs] = (home / "datasets").rglob("pairs.tsv.gz")
    pairs.chmod(0)
    code, _, err = _without_privileges(home)
    if code == 0:
        pytest.skip("needs the right to drop privileges")
    assert code == 1
    assert err.count("\n") == 1
    assert "could not read (permission denied)" in err
    assert str(pairs) in err
    assert shell(err)[0] == 0
    assert _without_privileges(home)[0] == 0
    assert command("list")[0] == 0


def test_the_remedies_for_a_lock_of_another_host(
    command: Command, home: Path, shell: Callable[[str], Answer]
) -> None:
    _leave_lock(home)
    code, _, err = command("run")
    assert code == 1
    assert "locked by process" in err
    assert "on host c0ffee123456 since" in err
    code, _, err = shell(err)  # too young to be stale
    assert code == 2
    code, out, _ = shell(err)
    assert code == 0
    assert "Removed the lock of process" in out
    assert command("run")[0] == 0


def test_the_remedy_for_a_missing_repository(
    command: Command, home: Path, shell: Callable[[str], Answer]
) -> None:
    (home / "repository").rename(home / "unplugged")
    (home / "repository").mkdir()
    code, _, err = command("run")
    assert code == 1
    assert "Is its disk mounted?" in err
    assert list((home / "repository").iterdir()) == []
    code, out, err = command("list")
    assert "missing from the repository" in out
    assert "Is its disk mounted?" in err
    assert shell(err)[0] == 0
    assert len(command("list")[1].splitlines()) == 2


def test_the_remedy_for_a_damaged_database(
    command: Command, home: Path, shell: Callable[[str], Answer]
) -> None:
    with (home / "datahall.db").open("r+b") as stream:
        stream.write(os.urandom(16))
    code, _, err = command("run")
    assert code == 1
    assert "damaged" in err
    code, out, _ = shell(err)
    assert code == 0
    assert "Recovered datahall.db as it was at" in out
    assert len(list(home.glob("datahall.db.damaged-*"))) == 1
    assert command("run")[0] == 0


def test_the_remedy_for_a_missing_snapshot(
    command: Command, home: Path, shell: Callable[[str], Answer]
) -> None:
    [snapshot] = (home / "repository" / "snapshots").iterdir()
    snapshot.unlink()
    code, _, err = command("verify")
    assert code == 1
    assert f"snapshot {snapshot.name[:8]} is missing from the repository" in err
    assert shell(err)[0] == 0
    assert command("verify")[0] == 0


def test_the_remedies_for_the_key_file(
    command: Command, home: Path, shell: Callable[[str], Answer]
) -> None:
    key = home / "secrets" / "repository-key"
    key.chmod(0o644)
    code, _, err = command("run")
    assert code == 1
    assert shell(err)[0] == 0
    assert command("verify")[0] == 0
    key.rename(home / "kept")
    code, _, err = command("verify")
    assert code == 1
    assert "does not exist" in err
    assert shell(f": {err.strip().rpartition(': ')[2]} < {home / 'kept'}")[0] == 0
    assert command("verify")[0] == 0


def test_a_backup_runs_where_none_was_before(tmp_path: Path) -> None:
    home = tmp_path / "new"
    assert run(["data", "demo", "--home", str(home)]) == 0
    assert run(["backup", "run", "--what", "data", "--home", str(home)]) == 0
    assert open_repository(Settings(home=home)).exists()


def _without_privileges(home: Path) -> Answer:
    """Back up as root without the right to read every file, or as the user that runs this."""
    drop = ["/usr/bin/setpriv", "--bounding-set=-dac_override,-dac_read_search"]
    done = subprocess.run(
        [
            *(drop if os.geteuid() == 0 else []), sys.executable, "-P", "-m", "dashboard",
            "backup", "run", "--home", str(home),
        ],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr.rpartition("datahall: ")[2]


def _leave_lock(home: Path) -> None:
    """Kill a `restic check` of another host while it holds its exclusive lock."""
    location = open_repository(Settings(home=home)).location
    locks = home / "repository" / "locks"
    process = subprocess.Popen(
        [
            "/usr/bin/unshare", "--uts", "sh", "-c",
            "hostname c0ffee123456; exec restic check --no-cache",
        ],
        env={**os.environ, **location.environment},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    while process.poll() is None and not any("tmp" not in path.name for path in locks.iterdir()):
        pass
    process.kill()
    process.wait()
    if not list(locks.iterdir()):
        pytest.skip("needs the right to set a host name")
