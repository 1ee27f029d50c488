"""The Devices page: numbers, charts and tables of each kind of hardware."""

from collections.abc import Callable, Mapping, Sequence

import streamlit as st

from core.actions.workspace import Workspace
from dashboard.session_state import is_live, range_s
from dashboard.viewmodels.devices import (
    GpuCard,
    ProcessRow,
    collector_rows,
    core_ratios,
    disk_table,
    gpu_cards,
    host_details,
    mount_table,
    network_table,
    process_rows,
    process_table,
    sensor_table,
)
from dashboard.viewmodels.elements import Table
from dashboard.viewmodels.formatting import escape_markdown, format_percent
from dashboard.viewmodels.health import sample_freshness
from dashboard.viewmodels.overview import no_gpu_notice
from dashboard.viewmodels.readings import Readings, read
from dashboard.widgets.elements import (
    draw_badge,
    draw_large_table,
    draw_small_table,
    draw_tile,
    draw_values,
)
from dashboard.widgets.host_charts import (
    cpu_panels,
    device_panels,
    gpu_panels,
    memory_panels,
    one_gpu_panels,
)
from dashboard.widgets.live_charts import Panel, TimeWindow, Unit, live_charts
from dashboard.widgets.page import draw_problem, live_part
from monitors.collector import HostState
from monitors.gauges import Gauge
from monitors.store.interface import TelemetryStore

EVERY_S = 2.0
SLOW_EVERY_S = 6.0
ALL = "All"
MAX_CORES = 64
DISK_GAUGES = (
    ("Read", Unit.BYTES_PER_SECOND, Gauge.DISK_READ_BYTES_PER_SECOND),
    ("Write", Unit.BYTES_PER_SECOND, Gauge.DISK_WRITE_BYTES_PER_SECOND),
    ("Utilisation", Unit.RATIO, Gauge.DISK_BUSY_RATIO),
    ("Read latency", Unit.SECONDS, Gauge.DISK_READ_LATENCY_SECONDS),
    ("Write latency", Unit.SECONDS, Gauge.DISK_WRITE_LATENCY_SECONDS),
)
NETWORK_GAUGES = (
    ("Receive", Unit.BYTES_PER_SECOND, Gauge.NETWORK_RECEIVE_BYTES_PER_SECOND),
    ("Transmit", Unit.BYTES_PER_SECOND, Gauge.NETWORK_TRANSMIT_BYTES_PER_SECOND),
)
SENSOR_GAUGES = (("Temperature", Unit.CELSIUS, Gauge.TEMPERATURE_CELSIUS),)


def draw_freshness(workspace: Workspace, telemetry: TelemetryStore) -> None:
    """Draw a banner while the newest sample is missing or too old."""

    def draw() -> None:
        problem = sample_freshness(telemetry.latest(), workspace.clock.now()).problem
        if problem is not None:
            draw_problem(problem)

    live_part(draw, SLOW_EVERY_S)


def draw_gpus(telemetry: TelemetryStore, state: HostState) -> None:
    """Draw all GPUs, or one with all its details."""
    now = read(state, telemetry.keys())
    names = now.gpus()
    if not names:
        notice = escape_markdown(no_gpu_notice(state), 400)
        st.info(notice, icon=":material/do_not_disturb_on:")
        return
    chosen = st.segmented_control(
        "GPU", [ALL, *names], default=ALL, required=True, key="gpu", bind="query-params",
        label_visibility="collapsed",
    )  # fmt: skip
    if chosen == ALL:
        _draw_newest(telemetry, _draw_gpu_cards)
        _draw_charts(gpu_panels(now, names), "gpu-charts")
        return
    _draw_newest(telemetry, lambda newest: _draw_one_gpu(read(newest), chosen))
    _draw_charts(one_gpu_panels(now, chosen), f"gpu-charts-{chosen}")
    card = next(item for item in gpu_cards(now) if item.name == chosen)
    draw_values(card.details, alt=f"Details of {chosen}")


def draw_processor(telemetry: TelemetryStore, now: Readings) -> None:
    """Draw the processor and its cores."""
    draw_values(host_details(now), alt="Processor and system")
    _draw_newest(telemetry, lambda newest: _draw_cores(read(newest)))
    _draw_charts(cpu_panels(now), "cpu-charts")


def draw_memory(now: Readings) -> None:
    """Draw memory and swap."""
    _draw_charts(memory_panels(now), "memory-charts")


def draw_storage(telemetry: TelemetryStore, now: Readings) -> None:
    """Draw file systems and disks."""
    _draw_newest(
        telemetry, lambda newest: _draw_table(mount_table(read(newest)), "No file systems found.")
    )
    _draw_newest(
        telemetry, lambda newest: _draw_table(disk_table(read(newest)), "No disk readings.")
    )
    _draw_charts(device_panels(now, DISK_GAUGES), "disk-charts")


def draw_network(telemetry: TelemetryStore, now: Readings) -> None:
    """Draw the network interfaces."""
    _draw_newest(
        telemetry,
        lambda newest: _draw_table(network_table(read(newest)), "No network interfaces found."),
    )
    st.caption("Errors and drops are totals since boot.")
    _draw_charts(device_panels(now, NETWORK_GAUGES), "network-charts")


def draw_sensors(telemetry: TelemetryStore, now: Readings) -> None:
    """Draw temperatures and fans."""
    empty = "This host has no readable sensors. Virtual machines usually have none."
    _draw_newest(telemetry, lambda newest: _draw_table(sensor_table(read(newest)), empty))
    if now.all(Gauge.TEMPERATURE_CELSIUS):
        _draw_charts(device_panels(now, SENSOR_GAUGES), "sensor-charts")


def draw_processes(workspace: Workspace, telemetry: TelemetryStore) -> None:
    """Draw the processes, and links to the runs among them."""

    def draw(state: HostState) -> None:
        rows = process_rows(state.processes)
        names = {run.id: run.spec.name for run in workspace.runs.list()}
        _draw_run_links(rows, names)
        table = process_table(rows, names)
        if table.rows:
            draw_large_table(table, alt="Processes, GPU users first", key="processes")
        else:
            st.markdown("No processes yet. They are scanned every few seconds.")

    _draw_newest(telemetry, draw, SLOW_EVERY_S)


def draw_collectors(telemetry: TelemetryStore) -> None:
    """Draw the state of the collectors."""

    def draw(state: HostState) -> None:
        st.markdown(":small[A failed collector does not affect the others.]")
        draw_small_table(
            ("Collector", "State", "Duration", "Reason"),
            [
                (
                    row.name,
                    row.badge,
                    row.duration,
                    row.error,
                )
                for row in collector_rows(state.collectors)
            ],
        )

    _draw_newest(telemetry, draw, SLOW_EVERY_S)


def _draw_newest(
    telemetry: TelemetryStore, draw: Callable[[HostState], None], every_s: float = EVERY_S
) -> None:
    """Draw the newest sample as a live part."""

    def part() -> None:
        state = telemetry.latest()
        if state is not None:
            draw(state)

    live_part(part, every_s)


def _draw_gpu_cards(state: HostState) -> None:
    """Draw a card per GPU."""
    with st.grid(min_column_width=240, columns=4):
        for card in gpu_cards(read(state)):
            with st.container(border=True, height="stretch", gap="xsmall"):
                _draw_gpu_card(card)


def _draw_gpu_card(card: GpuCard) -> None:
    """Draw one card: name, badges, numbers and problems."""
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.markdown(f"**{escape_markdown(card.name)}**", width="content")
        for badge in card.badges:
            draw_badge(badge)
    st.markdown(f":small[{escape_markdown(card.model)}]")
    for number in card.numbers:
        label, value = escape_markdown(number.label), escape_markdown(number.value)
        detail = f" :small[{escape_markdown(number.lines[0])}]" if number.lines else ""
        st.markdown(f":small[{label}] **{value}**{detail}")
    for problem in card.problems:
        st.markdown(f":orange[:material/warning: {escape_markdown(problem)}]")


def _draw_one_gpu(now: Readings, name: str) -> None:
    """Draw the numbers of one GPU in a row."""
    card = next((item for item in gpu_cards(now) if item.name == name), None)
    if card is None:
        st.warning(f"No readings of {escape_markdown(name)}.", icon=":material/warning:")
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        title = f"**{escape_markdown(card.name)}** {escape_markdown(card.model)}"
        st.markdown(title, width="content")
        for badge in card.badges:
            draw_badge(badge)
    with st.grid(min_column_width=130, columns=6):
        for number in card.numbers:
            draw_tile(number)
    for problem in card.problems:
        st.warning(escape_markdown(problem), icon=":material/warning:")


def _draw_cores(now: Readings) -> None:
    """Draw the utilisation of each core."""
    with st.grid(min_column_width=150, columns=8):
        for core, ratio in core_ratios(now)[:MAX_CORES]:
            st.progress(ratio, text=f"{escape_markdown(core)} · {format_percent(ratio)}")


def _draw_table(table: Table, empty: str) -> None:
    """Draw a small table; without rows, the text `empty`."""
    if table.rows:
        draw_small_table(table.header, table.rows)
    else:
        st.markdown(empty)


def _draw_run_links(rows: Sequence[ProcessRow], names: Mapping[str, str]) -> None:
    """Draw a link to each run that has a process on this host."""
    for run_id in dict.fromkeys(row.run for row in rows if row.run in names):
        name = names[run_id or ""]
        st.page_link(
            "views/training.py",
            label=f"Run {escape_markdown(name)}",
            icon=":material/model_training:",
            query_params={"run": name},
        )


def _draw_charts(panels: Sequence[Panel], key: str) -> None:
    """Draw panels over the chosen range."""
    if panels:
        live_charts(panels, TimeWindow(span_s=range_s(), live=is_live()), key=key)
