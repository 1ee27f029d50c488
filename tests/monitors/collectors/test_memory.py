"""The memory collector on fake trees."""

from monitors.collectors.memory import MemoryCollector
from tests.monitors.simulation import Tree


def test_used_is_what_is_not_available(tree: Tree) -> None:
    """Caches are given back when they are needed, so they are not in use."""
    fields = {"MemTotal": 100, "MemFree": 5, "MemAvailable": 60, "SwapTotal": 10, "SwapFree": 4}
    root = tree({"proc/meminfo": "".join(f"{name}: {kb} kB\n" for name, kb in fields.items())})

    readings = MemoryCollector(root).collect().readings

    assert {one.gauge: one.value / 1024 for one in readings} == {
        "memory_total_bytes": 100,
        "memory_available_bytes": 60,
        "memory_used_bytes": 40,
        "swap_total_bytes": 10,
        "swap_used_bytes": 6,
    }


def test_an_old_kernel_and_no_swap_are_no_failure(tree: Tree) -> None:
    """Without an estimate of its own, free memory and caches count as available."""
    root = tree({"proc/meminfo": "MemTotal: 100 kB\nMemFree: 5 kB\nCached: 20 kB\n"})

    readings = {one.gauge: one.value for one in MemoryCollector(root).collect().readings}

    assert readings["memory_available_bytes"] == 25 * 1024
    assert "swap_total_bytes" not in readings
