"""The panels of the live charts of a host."""

from collections.abc import Sequence

from dashboard.viewmodels.readings import Readings
from dashboard.widgets.live_charts import Limit, Panel, Series, Unit
from monitors.gauges import Gauge
from monitors.store.interface import SeriesKey

MAX_LINES = 8


def overview_panels(now: Readings) -> Sequence[Panel]:
    """Return the panels of GPUs, CPU, memory, disk and network."""
    return [
        *gpu_panels(now, now.gpus()),
        Panel(
            title="CPU",
            unit=Unit.RATIO,
            ceiling=1.0,
            series=_present(now, [("utilisation", Gauge.CPU_BUSY_RATIO, ""),
                                  ("pressure (PSI)", Gauge.PRESSURE_CPU_SOME_RATIO, "")]),
        ),
        Panel(
            title="Memory",
            unit=Unit.BYTES,
            series=_present(now, [("used", Gauge.MEMORY_USED_BYTES, ""),
                                  ("swap", Gauge.SWAP_USED_BYTES, "")]),
            limits=_limits(now, "total", Gauge.MEMORY_TOTAL_BYTES, ""),
        ),
        Panel(
            title="Disk",
            unit=Unit.BYTES_PER_SECOND,
            series=_pairs(now, Gauge.DISK_READ_BYTES_PER_SECOND, Gauge.DISK_WRITE_BYTES_PER_SECOND,
                          ("read", "write")),
        ),
        Panel(
            title="Network",
            unit=Unit.BYTES_PER_SECOND,
            series=_pairs(now, Gauge.NETWORK_RECEIVE_BYTES_PER_SECOND,
                          Gauge.NETWORK_TRANSMIT_BYTES_PER_SECOND, ("receive", "transmit")),
        ),
    ]  # fmt: skip


def gpu_panels(now: Readings, names: Sequence[str]) -> Sequence[Panel]:
    """Return the panels with one line per GPU."""
    wanted = (
        ("GPU utilisation", Unit.RATIO, Gauge.GPU_UTILIZATION_RATIO, 1.0),
        ("GPU memory", Unit.BYTES, Gauge.GPU_MEMORY_USED_BYTES, None),
        ("GPU temperature", Unit.CELSIUS, Gauge.GPU_TEMPERATURE_CELSIUS, None),
        ("GPU power", Unit.WATTS, Gauge.GPU_POWER_WATTS, None),
    )
    return [
        Panel(title=title, unit=unit, ceiling=ceiling, series=_devices(now, gauge, names))
        for title, unit, gauge, ceiling in wanted
        if now.all(gauge)
    ]


def one_gpu_panels(now: Readings, name: str) -> Sequence[Panel]:
    """Return the panels of one GPU."""
    panels = (
        _gpu(now, name, "Utilisation", Unit.RATIO,
             [("GPU", Gauge.GPU_UTILIZATION_RATIO),
              ("memory bus", Gauge.GPU_MEMORY_UTILIZATION_RATIO)]),
        _gpu(now, name, "Memory", Unit.BYTES, [("used", Gauge.GPU_MEMORY_USED_BYTES)],
             _limits(now, "total", Gauge.GPU_MEMORY_TOTAL_BYTES, name)),
        _gpu(now, name, "Temperature", Unit.CELSIUS,
             [("GPU", Gauge.GPU_TEMPERATURE_CELSIUS)],
             _limits(now, "throttles", Gauge.GPU_TEMPERATURE_SLOWDOWN_CELSIUS, name)),
        _gpu(now, name, "Power", Unit.WATTS, [("power", Gauge.GPU_POWER_WATTS)],
             _limits(now, "limit", Gauge.GPU_POWER_LIMIT_WATTS, name)),
        _gpu(now, name, "Clocks", Unit.HERTZ,
             [("SM", Gauge.GPU_CLOCK_SM_HERTZ), ("memory", Gauge.GPU_CLOCK_MEMORY_HERTZ)]),
        _gpu(now, name, "PCIe", Unit.BYTES_PER_SECOND,
             [("receive", Gauge.GPU_PCIE_RECEIVE_BYTES_PER_SECOND),
              ("transmit", Gauge.GPU_PCIE_TRANSMIT_BYTES_PER_SECOND)]),
    )  # fmt: skip
    return [panel for panel in panels if panel.series]


def cpu_panels(now: Readings) -> Sequence[Panel]:
    """Return utilisation, load and pressure of the CPU; of the first cores one line each."""
    cores = now.devices(Gauge.CPU_BUSY_RATIO)
    panels = (
        Panel(title="Utilisation", unit=Unit.RATIO, ceiling=1.0,
              series=_present(now, [("all cores", Gauge.CPU_BUSY_RATIO, "")])),
        Panel(title="Utilisation per core", unit=Unit.RATIO, ceiling=1.0,
              series=_devices(now, Gauge.CPU_BUSY_RATIO, cores)),
        Panel(title="Load average", unit=Unit.PLAIN,
              series=_present(now, [("1 min", Gauge.LOAD_AVERAGE_1M, ""),
                                    ("5 min", Gauge.LOAD_AVERAGE_5M, ""),
                                    ("15 min", Gauge.LOAD_AVERAGE_15M, "")])),
        Panel(title="Pressure (PSI)", unit=Unit.RATIO, ceiling=1.0,
              series=_present(now, [("CPU", Gauge.PRESSURE_CPU_SOME_RATIO, ""),
                                    ("memory", Gauge.PRESSURE_MEMORY_SOME_RATIO, ""),
                                    ("disk", Gauge.PRESSURE_IO_SOME_RATIO, "")])),
    )  # fmt: skip
    return [panel for panel in panels if panel.series]


def memory_panels(now: Readings) -> Sequence[Panel]:
    """Return memory and swap."""
    swap = _present(now, [("swap", Gauge.SWAP_USED_BYTES, "")])
    return [
        Panel(title="Memory", unit=Unit.BYTES,
              series=_present(now, [("used", Gauge.MEMORY_USED_BYTES, "")]),
              limits=_limits(now, "total", Gauge.MEMORY_TOTAL_BYTES, "")),
        *([Panel(title="Swap", unit=Unit.BYTES, series=swap,
                 limits=_limits(now, "total", Gauge.SWAP_TOTAL_BYTES, ""))] if swap else []),
    ]  # fmt: skip


def device_panels(now: Readings, wanted: Sequence[tuple[str, Unit, str]]) -> Sequence[Panel]:
    """Return a panel per gauge with a line per device."""
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
    """Return the lines (label, gauge, device) that have samples."""
    return tuple(
        Series(label=label, source=SeriesKey(gauge=gauge, device=device), band=len(lines) == 1)
        for label, gauge, device in lines
        if now.has_samples(gauge, device)
    )


def _devices(now: Readings, gauge: str, names: Sequence[str]) -> tuple[Series, ...]:
    """Return a line per device, at most `MAX_LINES`."""
    lines = [(name, gauge, name) for name in names if now.has_samples(gauge, name)]
    return _present(now, lines[:MAX_LINES])


def _pairs(now: Readings, first: str, second: str, words: tuple[str, str]) -> tuple[Series, ...]:
    """Return two lines for each of the busiest devices."""
    names = sorted(
        now.devices(first, second),
        key=lambda name: -(now.get(first, name) or 0.0) - (now.get(second, name) or 0.0),
    )
    shown = names[: MAX_LINES // 2]
    many = len(shown) > 1
    lines = [
        (f"{name} {word}" if many else word, gauge, name)
        for name in sorted(shown)
        for word, gauge in ((words[0], first), (words[1], second))
    ]
    return _present(now, lines)


def _limits(now: Readings, label: str, gauge: str, device: str) -> tuple[Limit, ...]:
    """Return a limit line where the limit is known."""
    value = now.get(gauge, device)
    return () if value is None else (Limit(label=label, value=value),)
