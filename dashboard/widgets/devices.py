"""The Devices page: each kind of hardware with its numbers, curves and tables."""

from collections.abc import Callable, Sequence

import streamlit as st

from core.actions.workspace import Workspace
from dashboard.session_state import is_live, range_s
from dashboard.viewmodels.devices import (
    ProcessRow,
    collector_rows,
    core_shares,
    cpu_facts,
    disk_table,
    mount_table,
    network_table,
    process_rows,
    process_table,
    sensor_table,
)
from dashboard.viewmodels.gpus import GpuCard, gpu_cards
from dashboard.viewmodels.health import freshness
from dashboard.viewmodels.overview import NO_GPU, gpus
from dashboard.viewmodels.plain import plain
from dashboard.viewmodels.readings import Readings, read
from dashboard.viewmodels.rows import Table
from dashboard.viewmodels.units import share
from dashboard.widgets.cards import draw_tile
from dashboard.widgets.host_charts import (
    cpu_panels,
    device_panels,
    gpu_panels,
    memory_panels,
    one_gpu_panels,
)
from dashboard.widgets.live import live_part
from dashboard.widgets.live_charts import Panel, TimeWindow, Unit, live_charts
from dashboard.widgets.tables import badge, facts, large_table, small_table
from monitors.collector import HostState
from monitors.gauges import Gauge
from monitors.store.interface import TelemetryStore

EVERY_S = 2.0
SLOW_S = 6.0
ALL = "All"
CORES = 64
DISK_GAUGES = (
    ("Read", Unit.BYTES_PER_SECOND, Gauge.DISK_READ_BYTES_PER_SECOND),
    ("Write", Unit.BYTES_PER_SECOND, Gauge.DISK_WRITE_BYTES_PER_SECOND),
    ("Busy", Unit.RATIO, Gauge.DISK_BUSY_RATIO),
    ("Read latency", Unit.SECONDS, Gauge.DISK_READ_LATENCY_SECONDS),
    ("Write latency", Unit.SECONDS, Gauge.DISK_WRITE_LATENCY_SECONDS),
)
NETWORK_GAUGES = (
    ("In", Unit.BYTES_PER_SECOND, Gauge.NETWORK_RECEIVE_BYTES_PER_SECOND),
    ("Out", Unit.BYTES_PER_SECOND, Gauge.NETWORK_TRANSMIT_BYTES_PER_SECOND),
)
SENSOR_GAUGES = (("Temperature", Unit.CELSIUS, Gauge.TEMPERATURE_CELSIUS),)


def draw_age(workspace: Workspace, telemetry: TelemetryStore) -> None:
    """Say when the numbers below are of the past."""

    def draw() -> None:
        fresh = freshness(telemetry.latest(), workspace.clock.now())
        if fresh.sentence:
            (st.error if fresh.state == "stopped" else st.warning)(
                fresh.sentence, icon=":material/history:"
            )

    live_part(draw, SLOW_S)


def draw_gpus(telemetry: TelemetryStore, now: Readings) -> None:
    """Draw all GPUs, or one in full."""
    names = gpus(now)
    if not names:
        st.info(NO_GPU, icon=":material/do_not_disturb_on:")
        return
    chosen = st.segmented_control(
        "GPU", [ALL, *names], default=ALL, required=True, key="gpu", bind="query-params",
        label_visibility="collapsed",
    )  # fmt: skip
    if chosen == ALL:
        _follow(telemetry, _draw_gpu_cards)
        _charts(gpu_panels(now, names), "gpu-charts")
        return
    _follow(telemetry, lambda state: _draw_one_gpu(read(state), chosen))
    _charts(one_gpu_panels(now, chosen), f"gpu-charts-{chosen}")
    card = next(it for it in gpu_cards(now) if it.name == chosen)
    facts(card.facts, alt=f"What {chosen} is")


def draw_processor(telemetry: TelemetryStore, now: Readings) -> None:
    """Draw the processor and its cores."""
    facts(cpu_facts(now), alt="The processor and the host")
    _follow(telemetry, lambda state: _draw_cores(read(state)))
    _charts(cpu_panels(now), "cpu-charts")


def draw_memory(now: Readings) -> None:
    """Draw memory and swap."""
    _charts(memory_panels(now), "memory-charts")


def draw_storage(telemetry: TelemetryStore, now: Readings) -> None:
    """Draw file systems and disks."""
    _follow(telemetry, lambda state: _draw_table(mount_table(read(state)), "No file systems."))
    _follow(telemetry, lambda state: _draw_table(disk_table(read(state)), "No disks are read."))
    _charts(device_panels(now, DISK_GAUGES), "disk-charts")


def draw_network(telemetry: TelemetryStore, now: Readings) -> None:
    """Draw the network interfaces."""
    _follow(telemetry, lambda state: _draw_table(network_table(read(state)), "No interfaces."))
    st.caption("Errors and drops are counted since boot.")
    _charts(device_panels(now, NETWORK_GAUGES), "network-charts")


def draw_sensors(telemetry: TelemetryStore, now: Readings) -> None:
    """Draw temperatures and fans."""
    empty = "This host shows no sensors; virtual machines seldom have any."
    _follow(telemetry, lambda state: _draw_table(sensor_table(read(state)), empty))
    if now.all(Gauge.TEMPERATURE_CELSIUS):
        _charts(device_panels(now, SENSOR_GAUGES), "sensor-charts")


def draw_processes(workspace: Workspace, telemetry: TelemetryStore) -> None:
    """Draw the processes, those of runs with a link."""

    def draw(state: HostState) -> None:
        rows = process_rows(state.processes)
        names = {run.id: run.spec.name for run in workspace.runs.list()}
        _draw_run_links(rows, names)
        table = process_table(rows, names)
        if table.rows:
            large_table(table, alt="Processes, GPU users first", key="processes")
        else:
            st.markdown("No process was seen yet; they are scanned every few seconds.")

    _follow(telemetry, draw, SLOW_S)


def draw_collectors(telemetry: TelemetryStore) -> None:
    """Draw how the collectors fare."""

    def draw(state: HostState) -> None:
        st.markdown(":small[One that failed costs its own readings only; the others go on.]")
        header = ("Collector", "State", "Took", "What is wrong")
        small_table(header, collector_rows(state.collectors))

    _follow(telemetry, draw, SLOW_S)


def _follow(
    telemetry: TelemetryStore, draw: Callable[[HostState], None], every_s: float = EVERY_S
) -> None:
    """Draw the newest tick, again and again."""

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
    """Draw one card: name, badges, numbers, and trouble if there is any."""
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.markdown(f"**{plain(card.name)}**", width="content")
        for look in card.looks:
            badge(look)
    st.markdown(f":small[{plain(card.model)}]")
    for number in card.numbers:
        detail = f" :small[{plain(number.lines[0])}]" if number.lines else ""
        st.markdown(f":small[{plain(number.name)}] **{plain(number.value)}**{detail}")
    for sentence in card.trouble:
        st.markdown(f":orange[:material/warning: {plain(sentence)}]")


def _draw_one_gpu(now: Readings, name: str) -> None:
    """Draw the numbers of one GPU in a row."""
    card = next((it for it in gpu_cards(now) if it.name == name), None)
    if card is None:
        st.warning(f"{plain(name)} gives no readings any more.", icon=":material/history:")
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{plain(card.name)}** {plain(card.model)}", width="content")
        for look in card.looks:
            badge(look)
    with st.grid(min_column_width=130, columns=6):
        for number in card.numbers:
            draw_tile(number)
    for sentence in card.trouble:
        st.warning(plain(sentence), icon=":material/warning:")


def _draw_cores(now: Readings) -> None:
    """Draw how busy each core is."""
    with st.grid(min_column_width=150, columns=8):
        for core, part in core_shares(now)[:CORES]:
            st.progress(part, text=f"{plain(core)} · {share(part)}")


def _draw_table(table: Table, empty: str) -> None:
    """Draw a small table, or why it is empty."""
    if table.rows:
        small_table(table.header, table.rows)
    else:
        st.markdown(empty)


def _draw_run_links(rows: Sequence[ProcessRow], names: dict[str, str]) -> None:
    """Draw a link to each run that has a process here."""
    for run in dict.fromkeys(row.run for row in rows if row.run in names):
        name = names[run or ""]
        st.page_link(
            "views/training.py",
            label=f"Run {plain(name)}",
            icon=":material/model_training:",
            query_params={"run": name},
        )


def _charts(panels: Sequence[Panel], key: str) -> None:
    """Draw panels over the chosen range."""
    if panels:
        live_charts(panels, TimeWindow(span_s=range_s(), live=is_live()), key=key)
