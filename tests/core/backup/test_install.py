"""Find restic, or unpack it without root, or name the command that installs it."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from core.backup.install import Restic, find_restic, obtain_restic
from core.errors import UnavailableError
from core.locks import held

Program = Callable[[str], Path]


def put(program: Path, folder: Path, name: str) -> str:
    """Move a program to `folder/name`; return the folder for a search path."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.move(program, folder / name)
    return str(folder)


def link_programs(folder: Path) -> None:
    """Link the programs that unpacking a package needs beside a fake apt-get."""
    for name in ("dpkg-deb", "sh", "cp", "touch", "tar", "rm"):
        (folder / name).symlink_to(shutil.which(name) or "")


def test_the_restic_of_this_machine_is_found(tmp_path: Path) -> None:
    found = find_restic(tmp_path)
    assert found.version >= (0, 14, 0)
    assert found.path.name == "restic"


@pytest.mark.parametrize(
    ("words", "version", "text"),
    [
        (
            "restic 0.16.4 (v0.16.4-0-g3786536) compiled with go1.21.6 on linux",
            (0, 16, 4),
            "0.16.4",
        ),
        ("restic 0.19.1-dev compiled with go1.26 on linux/amd64", (0, 19, 1), "0.19.1"),
        ("restic 1.0 compiled", (1, 0, 0), "1.0.0"),
    ],
)
def test_the_version_is_parsed(
    program: Program, tmp_path: Path, words: str, version: tuple[int, int, int], text: str
) -> None:
    folder = put(program(f"echo '{words}'"), tmp_path / "bin", "restic")
    found = find_restic(tmp_path / "tools", folder)
    assert (found.version, found.version_text) == (version, text)


def test_features_depend_on_the_version() -> None:
    found = {
        version: (Restic(path=Path("r"), version=version).has_restore_progress,
                  Restic(path=Path("r"), version=version).has_check_json)
        for version in ((0, 14, 0), (0, 16, 0), (0, 18, 0))
    }  # fmt: skip
    assert found == {
        (0, 14, 0): (False, False),
        (0, 16, 0): (True, False),
        (0, 18, 0): (True, True),
    }


@pytest.mark.parametrize("words", ["echo 'restic 0.12.1 compiled with go'", "exit 1", "echo what"])
def test_an_old_or_broken_restic_is_refused(program: Program, tmp_path: Path, words: str) -> None:
    folder = put(program(words), tmp_path / "bin", "restic")
    with pytest.raises(UnavailableError, match=r"0\.14 or newer.*bin/restic") as caught:
        find_restic(tmp_path / "tools", folder)
    assert "apt-get install restic" in caught.value.remedy


def test_an_old_restic_is_skipped_for_a_newer_one(program: Program, tmp_path: Path) -> None:
    old = put(program("echo 'restic 0.12.1 compiled with go'"), tmp_path / "old", "restic")
    new = put(program("echo 'restic 0.16.4 compiled with go'"), tmp_path / "new", "restic")
    found = find_restic(tmp_path / "tools", f"{old}:{new}")
    assert found.path == tmp_path / "new" / "restic"


def test_without_restic_the_remedy_installs_it(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="not installed") as caught:
        find_restic(tmp_path / "tools", str(tmp_path))
    assert caught.value.remedy


@pytest.fixture
def package(program: Program, tmp_path: Path) -> Path:
    """A Debian package `restic`, built by the real dpkg-deb, whose program prints its version."""
    tree = tmp_path / "tree"
    put(program("echo 'restic 0.14.0 compiled with go1.19'"), tree / "usr" / "bin", "restic")
    (tree / "DEBIAN").mkdir()
    (tree / "DEBIAN" / "control").write_text(
        "Package: restic\nVersion: 0.14.0-1\nArchitecture: all\nMaintainer: x <x@y>\n"
        "Description: x\n",
        encoding="utf-8",
    )
    built = tmp_path / "restic_0.14.0-1_all.deb"
    argv = [shutil.which("dpkg-deb") or "", "--build", tree, built]
    subprocess.run(argv, check=True, capture_output=True)
    return built


@pytest.mark.parametrize("lists_are_missing", [False, True])
def test_restic_is_unpacked_without_root(
    program: Program, package: Path, tmp_path: Path, *, lists_are_missing: bool
) -> None:
    updated = tmp_path / "updated"
    need = f"[ -e {updated} ] || {{ echo 'E: Unable to locate package' >&2; exit 100; }}"
    bin_folder = put(
        program(
            'for last; do :; done\n'
            f'if [ "$last" = update ]; then touch {updated}; exit 0; fi\n'
            f"{need if lists_are_missing else ''}\n"
            f"cp {package} ."
        ),
        tmp_path / "bin", "apt-get",
    )  # fmt: skip
    link_programs(Path(bin_folder))
    tools = tmp_path / "tools"
    found = obtain_restic(tools, bin_folder)
    assert found.path == tools / "restic" / "usr" / "bin" / "restic"
    assert find_restic(tools, bin_folder) == found
    assert [path.name for path in tools.iterdir() if path.name != ".restic.lock"] == ["restic"]
    assert updated.exists() == lists_are_missing


def test_a_failed_download_names_the_reason(program: Program, tmp_path: Path) -> None:
    folder = put(program("echo 'Temporary failure resolving' >&2; exit 100"), tmp_path / "bin",
                 "apt-get")  # fmt: skip
    with pytest.raises(UnavailableError, match="Temporary failure resolving") as caught:
        obtain_restic(tmp_path / "tools", folder)
    assert caught.value.remedy


def test_without_apt_the_remedy_is_named_as_well(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match=r"restic is not installed.*not installed") as caught:
        obtain_restic(tmp_path / "tools", str(tmp_path / "empty"))
    assert "install restic" in caught.value.remedy


def test_two_processes_download_restic_once(
    program: Program, package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetched, gate, tools = tmp_path / "fetched", tmp_path / "gate", tmp_path / "tools"
    os.mkfifo(gate)
    script = f"echo once >> {fetched}; read word < {gate}; cp {package} ."
    bin_folder = put(program(script), tmp_path / "bin", "apt-get")
    link_programs(Path(bin_folder))
    arrivals: list[Path] = []

    def held_and_counted(path: Path) -> AbstractContextManager[None]:
        arrivals.append(path)
        return held(path)

    monkeypatch.setattr("core.backup.install.held", held_and_counted)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(obtain_restic, tools, bin_folder)
        with gate.open("w") as opened:  # returns once the first one downloads
            second = pool.submit(obtain_restic, tools, bin_folder)
            while len(arrivals) < 2:
                assert not second.done()
                time.sleep(0.01)
            opened.write("go\n")
        assert first.result(60) == second.result(60)
    assert fetched.read_text(encoding="utf-8") == "once\n"
