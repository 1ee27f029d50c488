"""Which code made a run: the release and the digest of its sources."""

from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

SHOWN = 12


def code_version(package: Path = Path(__file__).parents[1]) -> str:
    """Return `RELEASE+DIGEST`: the digest covers every source file of core, as it lies on disk.

    Two checkouts with the same release and other code have other versions; no git is needed.
    """
    state = sha256()
    for path in sorted(package.rglob("*.py")):
        state.update(path.relative_to(package).as_posix().encode())
        state.update(path.read_bytes())
    return f"{version('datahall')}+{state.hexdigest()[:SHOWN]}"
