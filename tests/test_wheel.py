"""The wheel contains everything that the product needs: it serves without the sources."""

import shutil
import sys
import zipfile
from pathlib import Path

import httpx
import pytest

from core.command import module_argv, run_command, start
from core.paths import StatePaths
from dashboard.server.gate.sign_in import issue_token
from tests.dashboard.e2e.harness import await_answer, free_port, stop

ROOT = Path(__file__).parents[1]
PACKAGES = ("core", "monitors", "dashboard")
BUILT_FROM = ("pyproject.toml", "hatch_build.py", "README.md", "LICENSE", ".streamlit", *PACKAGES)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the sources: the build writes into them while other tests read them."""
    folder = tmp_path_factory.mktemp("sources")
    for name in BUILT_FROM:
        if (ROOT / name).is_dir():
            ignore = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / name, folder / name, ignore=ignore)
        else:
            shutil.copy(ROOT / name, folder)
    return folder


@pytest.fixture(scope="module")
def unpacked(sources: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel that `make wheel` builds, unpacked as pip would."""
    folder = tmp_path_factory.mktemp("wheel")
    flags = ("-q", "--no-deps", "--no-build-isolation", "--no-index", "-w", str(folder))
    built = run_command([sys.executable, "-m", "pip", "wheel", *flags, str(sources)])
    assert built.exit_code == 0, built.stderr
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "unpacked")
    return folder / "unpacked"


def test_every_file_of_the_packages_is_in_the_wheel(sources: Path, unpacked: Path) -> None:
    """And nothing else."""
    wanted = {
        path.relative_to(sources)
        for package in PACKAGES
        for path in (sources / package).rglob("*")
        if path.is_file()
    } | {Path("dashboard/.streamlit/config.toml")}
    found = {path.relative_to(unpacked) for path in unpacked.rglob("*") if path.is_file()}

    assert {path for path in found if ".dist-info" not in path.parts[0]} == wanted
    assert {
        Path("core/migrations/env.py"),
        Path("dashboard/static/inter.woff2"),
        Path("dashboard/widgets/live_charts/assets/live.js"),
        Path("dashboard/widgets/live_charts/pyproject.toml"),
    } < wanted


def test_the_dashboard_serves_from_the_wheel(unpacked: Path, tmp_path: Path) -> None:
    """It creates the database of a new home, and shows its page to a signed-in user."""
    home, port = StatePaths(tmp_path / "home"), free_port()
    environment = {"PYTHONPATH": str(unpacked)}
    where = [sys.executable, "-P", "-c", "import dashboard; print(dashboard.__file__)"]
    location = run_command(where, environment=environment).stdout
    assert location.strip() == str(unpacked / "dashboard" / "__init__.py")

    with (tmp_path / "log.txt").open("wb") as log:
        process = start(
            module_argv("dashboard.server.process", "--home", str(home.home), "--port", str(port)),
            environment=environment,
            folder=tmp_path,
            log=log,
            die_with_parent=True,
        )
    try:
        root = f"http://127.0.0.1:{port}"
        await_answer(root, process, tmp_path / "log.txt")
        with httpx.Client(base_url=root, timeout=30.0, follow_redirects=True) as client:
            page = client.get("/", params={"token": issue_token(home)})
            assert client.get("/app/static/mark.svg").status_code == 200
    finally:
        stop(process)
    assert page.status_code == 200
    assert "<title>Datahall</title>" in page.text
    assert home.database.exists()
