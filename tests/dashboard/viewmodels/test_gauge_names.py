"""Pages ask for gauges that collectors give: a typing error would be an empty chart for ever."""

import ast
import re
from pathlib import Path

import dashboard
from monitors.collector import HostState
from monitors.gauges import GAUGES

# Also the pieces of an f-string: a name put together here could not be held against the list.
NAME = re.compile(rf"(?:{'|'.join({gauge.split('_')[0] for gauge in GAUGES})})_[a-z0-9_]*")
NOT_GAUGES = {"cpu_model", "gpu_throttle_"}  # a fact, a prefix


def test_every_gauge_that_a_page_names_is_measured() -> None:
    """The collectors' own list decides."""
    folder = Path(dashboard.__file__).parent
    named = {
        node.value
        for path in folder.glob("[vw]*s/*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if NAME.fullmatch(node.value)
    }
    assert len(named) > 30
    assert named - NOT_GAUGES <= set(GAUGES)


def test_the_host_of_these_tests_has_no_gauge_of_its_own(host: HostState) -> None:
    """Or a column that is always empty would look tested."""
    assert {reading.gauge for reading in host.readings} <= set(GAUGES)
