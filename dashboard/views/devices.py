"""Devices: GPUs, processors, memory, disks, networks, sensors, processes, collectors."""

import streamlit as st

from dashboard import resources
from dashboard.viewmodels.readings import read
from dashboard.widgets import devices
from dashboard.widgets.errors import page_guard
from dashboard.widgets.header import page_header

KINDS = ("GPUs", "CPU", "Memory", "Storage", "Network", "Sensors", "Processes", "Collectors")

with page_guard():
    page_header("Devices", resources.health)
    workspace, telemetry = resources.workspace(), resources.telemetry()
    devices.draw_age(workspace, telemetry)
    state = telemetry.latest()
    if state is not None:
        now = read(state, telemetry.keys())
        kind = st.segmented_control(
            "Kind", KINDS, default="GPUs", required=True, key="kind", bind="query-params",
            label_visibility="collapsed",
        )  # fmt: skip
        draw = {
            "GPUs": lambda: devices.draw_gpus(telemetry, now),
            "CPU": lambda: devices.draw_processor(telemetry, now),
            "Memory": lambda: devices.draw_memory(now),
            "Storage": lambda: devices.draw_storage(telemetry, now),
            "Network": lambda: devices.draw_network(telemetry, now),
            "Sensors": lambda: devices.draw_sensors(telemetry, now),
            "Processes": lambda: devices.draw_processes(workspace, telemetry),
            "Collectors": lambda: devices.draw_collectors(telemetry),
        }
        with page_guard():
            draw[kind]()
