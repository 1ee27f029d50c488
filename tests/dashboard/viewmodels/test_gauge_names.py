"""Names of gauges are written in monitors/gauges.py alone."""

import ast
from pathlib import Path

import dashboard
import monitors
from monitors.collector import HostState
from monitors.gauges import Gauge

HOME_OF_THE_NAMES = Path(monitors.__file__).with_name("gauges.py")


def test_no_other_module_writes_the_name_of_a_gauge() -> None:
    repeated = {
        (path.name, node.value)
        for package in (dashboard, monitors)
        for path in Path(package.__file__ or "").parent.rglob("*.py")
        if path != HOME_OF_THE_NAMES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and node.value in set(Gauge)
    }

    assert repeated == set()


def test_the_example_host_has_no_unknown_gauge(host: HostState) -> None:
    assert {reading.gauge for reading in host.readings} <= set(Gauge)
