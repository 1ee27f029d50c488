"""Pages ask for gauges that collectors give: a typing error would be an empty chart for ever."""

import re
from pathlib import Path

import dashboard
from monitors.gauges import GAUGES

QUOTED = re.compile(
    r'"((?:gpu|cpu|disk|network|memory|swap|pressure|load_average|temperature|fan)_[a-z0-9_]+)"'
)
NOT_GAUGES = {"cpu_model", "gpu_throttle_"}  # a fact, a prefix


def test_every_gauge_that_a_page_names_is_measured() -> None:
    """The collectors' own list decides."""
    folder = Path(dashboard.__file__).parent
    texts = [path.read_text(encoding="utf-8") for path in folder.glob("[vw]*s/*.py")]
    named = {name for text in texts for name in QUOTED.findall(text)} - NOT_GAUGES
    assert len(named) > 30
    assert named <= set(GAUGES)
