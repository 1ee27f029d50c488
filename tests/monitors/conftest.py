"""Fake trees of /proc and /sys, and a simulated NVIDIA driver built from its official header."""

import ctypes
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.command import run_command
from tests.monitors.simulation import (
    LIBRARY,
    SCRIPT_VARIABLE,
    SOURCES,
    Driver,
    Tree,
    header_folder,
)


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """A writer of fake trees."""
    root = tmp_path / "root"

    def write(contents: dict[str, str]) -> Path:
        for name, content in contents.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(content, encoding="utf-8")
        return root

    return write


@pytest.fixture(scope="session")
def driver_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The driver library, compiled with gcc."""
    folder = tmp_path_factory.mktemp("driver")
    output = folder / LIBRARY
    done = run_command(
        [
            *("gcc", "-shared", "-fPIC", "-O2", "-Wall", "-Wextra", "-Werror"),
            f"-Wl,-soname,{LIBRARY}",
            *("-I", str(header_folder()), "-I", str(SOURCES), "-o", str(output)),
            *(str(path) for path in sorted(SOURCES.glob("*.c"))),
        ]
    )
    assert done.exit_code == 0, done.stderr
    return output


@pytest.fixture
def scripted_driver(driver_library: Path, tmp_path: Path) -> Driver:
    """The simulated driver for child processes, with two healthy GPUs."""
    driver = Driver(library=driver_library, script=tmp_path / "driver-script")
    driver.play("* gpus 2")
    return driver


@pytest.fixture
def driver(scripted_driver: Driver, monkeypatch: pytest.MonkeyPatch) -> Iterator[Driver]:
    """The simulated driver in this process: pynvml finds it loaded under NVIDIA's name."""
    ctypes.CDLL(str(scripted_driver.library), mode=ctypes.RTLD_GLOBAL)
    monkeypatch.setenv(SCRIPT_VARIABLE, str(scripted_driver.script))
    yield scripted_driver
    scripted_driver.play("* gpus 0")  # for threads that are still running
