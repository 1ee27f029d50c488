"""Conversion of ticks to and from JSON."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from monitors.collector import CollectorReport, DeviceFact, HostState, ProcessReading


def to_document(state: HostState) -> dict[str, object]:
    """Return the tick as `monitor --once --json` prints it; `time` is in Unix seconds."""
    return {
        "host": state.host,
        "time": state.at,
        "interval_s": state.interval_s,
        "readings": [
            {"gauge": one.gauge, "device": one.device, "value": one.value} for one in state.readings
        ],
        "facts": _facts(state.facts),
        "processes": _processes(state.processes),
        "collectors": _reports(state.collectors),
    }


def write_facts(facts: Sequence[DeviceFact]) -> str:
    """Return the facts as JSON text."""
    return json.dumps(_facts(facts))


def read_facts(text: str) -> tuple[DeviceFact, ...]:
    """Return the facts of `write_facts`; raises ValueError or TypeError."""
    return tuple(DeviceFact(**entry) for entry in _entries(text))


def write_processes(processes: Sequence[ProcessReading]) -> str:
    """Return the processes as JSON text."""
    return json.dumps(_processes(processes))


def read_processes(text: str) -> tuple[ProcessReading, ...]:
    """Return the processes of `write_processes`; raises ValueError or TypeError."""
    return tuple(ProcessReading(**entry) for entry in _entries(text))


def write_reports(reports: Sequence[CollectorReport]) -> str:
    """Return the collectors' reports as JSON text."""
    return json.dumps(_reports(reports))


def read_reports(text: str) -> tuple[CollectorReport, ...]:
    """Return the reports of `write_reports`; raises ValueError or TypeError."""
    return tuple(CollectorReport(**entry) for entry in _entries(text))


def _entries(text: str) -> Sequence[Mapping[str, Any]]:
    """Return the JSON list of objects in `text`."""
    entries = json.loads(text)
    if not isinstance(entries, list):
        message = "not a list"
        raise ValueError(message)  # noqa: TRY004  (as json raises for invalid text)
    return entries


def _facts(facts: Sequence[DeviceFact]) -> list[dict[str, object]]:
    """Return the facts as JSON values."""
    return [{"device": one.device, "name": one.name, "text": one.text} for one in facts]


def _reports(reports: Sequence[CollectorReport]) -> list[dict[str, object]]:
    """Return the reports as JSON values."""
    return [
        {
            "name": one.name,
            "success": one.success,
            "seconds": one.seconds,
            "available": one.available,
            "error": one.error,
        }
        for one in reports
    ]


def _processes(processes: Sequence[ProcessReading]) -> list[dict[str, object]]:
    """Return the processes as JSON values, without fields that are None."""
    documents = []
    for one in processes:
        document: dict[str, object] = {
            "pid": one.pid,
            "create_time": one.create_time,
            "user": one.user,
            "command": one.command,
            "cpu_ratio": one.cpu_ratio,
            "memory_bytes": one.memory_bytes,
        }
        optional = {"gpu": one.gpu, "gpu_memory_bytes": one.gpu_memory_bytes, "run": one.run}
        document.update({name: value for name, value in optional.items() if value is not None})
        documents.append(document)
    return documents
