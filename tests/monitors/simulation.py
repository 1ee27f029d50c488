"""Fake trees of /proc and /sys, and the simulated NVIDIA driver."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import files
from pathlib import Path

SOURCES = Path(__file__).parent / "simulated_nvml"
LIBRARY = "libnvidia-ml.so.1"
SCRIPT_VARIABLE = "SIMULATED_NVML_SCRIPT"

Tree = Callable[[dict[str, str]], Path]
"""Writes files below a root and returns the root; called again, it changes them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Driver:
    """The simulated driver: its library, and the script that it follows."""

    library: Path
    script: Path

    def play(self, *lines: str) -> None:
        """Replace the script; the driver reads it at every call."""
        fresh = self.script.with_suffix(".new")
        fresh.write_text("\n".join(lines) + "\n", encoding="utf-8")
        fresh.replace(self.script)

    @property
    def environment(self) -> dict[str, str]:
        """Variables that make a child process load this driver instead of NVIDIA's."""
        return {
            "LD_LIBRARY_PATH": str(self.library.parent),
            SCRIPT_VARIABLE: str(self.script),
            "OMP_NUM_THREADS": "1",
        }


def header_folder() -> Path:
    """Return the folder of NVIDIA's nvml.h, from the package nvidia-nvml-dev."""
    headers = [path for path in files("nvidia-nvml-dev") or [] if path.name == "nvml.h"]
    return Path(str(headers[0].locate())).parent
