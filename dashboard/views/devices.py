"""Devices: GPUs, CPU, memory, storage, network, sensors, processes, collectors."""

import streamlit as st

from dashboard import resources
from dashboard.viewmodels.readings import read
from dashboard.widgets import devices
from dashboard.widgets.page import page_guard, page_header

with page_guard():
    page_header("Devices", resources.health)
    workspace, telemetry = resources.workspace(), resources.telemetry()
    devices.draw_freshness(workspace, telemetry)
    state = telemetry.latest()
    if state is not None:
        now = read(state, telemetry.keys())
        parts = {
            "GPUs": lambda: devices.draw_gpus(telemetry, state),
            "CPU": lambda: devices.draw_processor(telemetry, now),
            "Memory": lambda: devices.draw_memory(now),
            "Storage": lambda: devices.draw_storage(telemetry, now),
            "Network": lambda: devices.draw_network(telemetry, now),
            "Sensors": lambda: devices.draw_sensors(telemetry, now),
            "Processes": lambda: devices.draw_processes(workspace, telemetry),
            "Collectors": lambda: devices.draw_collectors(telemetry),
        }
        kind = st.segmented_control(
            "Kind of device", list(parts), default="GPUs", required=True, key="kind",
            bind="query-params", label_visibility="collapsed",
        )  # fmt: skip
        with page_guard():
            parts[kind]()
