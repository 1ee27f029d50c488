"""The live charts of a host: which series stand in which panel."""

from collections.abc import Sequence

from dashboard.viewmodels.overview import gpus
from dashboard.viewmodels.readings import Readings
from dashboard.widgets.live_charts import Limit, Panel, Series, Unit
from monitors.store.interface import SeriesKey

MOST_LINES = 8


def overview_panels(now: Readings) -> Sequence[Panel]:
    """Return utilisation, memory, temperature, power, disk and network of the whole host."""
    return [
        *(gpu_panels(now, gpus(now)) if gpus(now) else []),
        Panel(
            title="CPU",
            unit=Unit.RATIO,
            ceiling=1.0,
            series=_present(now, [("busy", "cpu_busy_ratio", ""),
                                  ("tasks wait", "pressure_cpu_some_ratio", "")]),
        ),
        Panel(
            title="Memory",
            unit=Unit.BYTES,
            series=_present(now, [("used", "memory_used_bytes", ""),
                                  ("swap", "swap_used_bytes", "")]),
            limits=_limits(now, "all of it", "memory_total_bytes", ""),
        ),
        Panel(
            title="Disk",
            unit=Unit.BYTES_PER_SECOND,
            series=_pairs(now, "disk_read_bytes_per_second", "disk_write_bytes_per_second",
                          ("read", "write")),
        ),
        Panel(
            title="Network",
            unit=Unit.BYTES_PER_SECOND,
            series=_pairs(now, "network_receive_bytes_per_second",
                          "network_transmit_bytes_per_second", ("in", "out")),
        ),
    ]  # fmt: skip


def gpu_panels(now: Readings, names: Sequence[str]) -> Sequence[Panel]:
    """Return the panels in which each GPU is a line."""
    wanted = (
        ("GPU utilisation", Unit.RATIO, "gpu_utilization_ratio", 1.0),
        ("GPU memory", Unit.BYTES, "gpu_memory_used_bytes", None),
        ("GPU temperature", Unit.CELSIUS, "gpu_temperature_celsius", None),
        ("GPU power", Unit.WATTS, "gpu_power_watts", None),
    )
    return [
        Panel(title=title, unit=unit, ceiling=ceiling, series=_devices(now, gauge, names))
        for title, unit, gauge, ceiling in wanted
        if now.all(gauge)
    ]


def one_gpu_panels(now: Readings, name: str) -> Sequence[Panel]:
    """Return everything about one GPU over time."""
    panels = (
        _gpu(now, name, "Utilisation", Unit.RATIO,
             [("GPU", "gpu_utilization_ratio"), ("memory bus", "gpu_memory_utilization_ratio")]),
        _gpu(now, name, "Memory", Unit.BYTES, [("used", "gpu_memory_used_bytes")],
             _limits(now, "all of it", "gpu_memory_total_bytes", name)),
        _gpu(now, name, "Temperature", Unit.CELSIUS,
             [("GPU", "gpu_temperature_celsius")],
             _limits(now, "slows down", "gpu_temperature_slowdown_celsius", name)),
        _gpu(now, name, "Power", Unit.WATTS, [("drawn", "gpu_power_watts")],
             _limits(now, "limit", "gpu_power_limit_watts", name)),
        _gpu(now, name, "Clocks", Unit.HERTZ,
             [("SM", "gpu_clock_sm_hertz"), ("memory", "gpu_clock_memory_hertz")]),
        _gpu(now, name, "PCIe", Unit.BYTES_PER_SECOND,
             [("receive", "gpu_pcie_receive_bytes_per_second"),
              ("transmit", "gpu_pcie_transmit_bytes_per_second")]),
    )  # fmt: skip
    return [panel for panel in panels if panel.series]


def cpu_panels(now: Readings) -> Sequence[Panel]:
    """Return the processors over time: all of them, the first cores, load and pressure."""
    cores = now.devices("cpu_busy_ratio")
    panels = (
        Panel(title="Busy", unit=Unit.RATIO, ceiling=1.0,
              series=_present(now, [("all cores", "cpu_busy_ratio", "")])),
        Panel(title="Per core", unit=Unit.RATIO, ceiling=1.0,
              series=_devices(now, "cpu_busy_ratio", cores)),
        Panel(title="Load", unit=Unit.PLAIN,
              series=_present(now, [("1 min", "load_average_1m", ""),
                                    ("5 min", "load_average_5m", ""),
                                    ("15 min", "load_average_15m", "")])),
        Panel(title="Tasks that wait", unit=Unit.RATIO, ceiling=1.0,
              series=_present(now, [("for CPU", "pressure_cpu_some_ratio", ""),
                                    ("for memory", "pressure_memory_some_ratio", ""),
                                    ("for disk", "pressure_io_some_ratio", "")])),
    )  # fmt: skip
    return [panel for panel in panels if panel.series]


def memory_panels(now: Readings) -> Sequence[Panel]:
    """Return memory and swap over time."""
    swap = _present(now, [("swap", "swap_used_bytes", "")])
    return [
        Panel(title="Memory", unit=Unit.BYTES,
              series=_present(now, [("used", "memory_used_bytes", "")]),
              limits=_limits(now, "all of it", "memory_total_bytes", "")),
        *([Panel(title="Swap", unit=Unit.BYTES, series=swap,
                 limits=_limits(now, "all of it", "swap_total_bytes", ""))] if swap else []),
    ]  # fmt: skip


def device_panels(now: Readings, wanted: Sequence[tuple[str, Unit, str]]) -> Sequence[Panel]:
    """Return a panel per gauge with a line per device that is here now."""
    names = now.devices(*(gauge for _, _, gauge in wanted))
    panels = [
        Panel(
            title=title,
            unit=unit,
            ceiling=1.0 if unit is Unit.RATIO else None,
            series=_devices(now, gauge, names),
        )
        for title, unit, gauge in wanted
    ]
    return [panel for panel in panels if panel.series]


def _gpu(
    now: Readings,
    name: str,
    title: str,
    unit: Unit,
    lines: Sequence[tuple[str, str]],
    limits: tuple[Limit, ...] = (),
) -> Panel:
    """Return a panel of one GPU."""
    series = _present(now, [(label, gauge, name) for label, gauge in lines])
    ceiling = 1.0 if unit is Unit.RATIO else None
    return Panel(title=title, unit=unit, ceiling=ceiling, series=series, limits=limits)


def _present(now: Readings, lines: Sequence[tuple[str, str, str]]) -> tuple[Series, ...]:
    """Return the lines (label, gauge, device) that are measured here."""
    return tuple(
        Series(label=label, source=SeriesKey(gauge=gauge, device=device), band=len(lines) == 1)
        for label, gauge, device in lines
        if now.has_curve(gauge, device)
    )


def _devices(now: Readings, gauge: str, names: Sequence[str]) -> tuple[Series, ...]:
    """Return a line per device, as many as stay readable."""
    lines = [(name, gauge, name) for name in names if now.has_curve(gauge, name)]
    return _present(now, lines[:MOST_LINES])


def _pairs(now: Readings, first: str, second: str, words: tuple[str, str]) -> tuple[Series, ...]:
    """Return two lines for each of the busiest devices."""
    names = sorted(
        now.devices(first, second),
        key=lambda name: -(now.get(first, name) or 0.0) - (now.get(second, name) or 0.0),
    )
    shown = names[: MOST_LINES // 2]
    many = len(shown) > 1
    lines = [
        (f"{name} {word}" if many else word, gauge, name)
        for name in sorted(shown)
        for word, gauge in ((words[0], first), (words[1], second))
    ]
    return _present(now, lines)


def _limits(now: Readings, label: str, gauge: str, device: str) -> tuple[Limit, ...]:
    """Return a limit line where it is known."""
    value = now.get(gauge, device)
    return () if value is None else (Limit(label=label, value=value),)
