"""The memory collector on fake trees."""

from monitors.collectors.memory import MemoryCollector
from tests.monitors.simulation import Tree


def test_used_memory_is_total_minus_available(tree: Tree) -> None:
    """Caches count as available."""
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


def test_without_memavailable_free_memory_and_caches_are_available(tree: Tree) -> None:
    """Old kernels; this one has no swap, either."""
    root = tree({"proc/meminfo": "MemTotal: 100 kB\nMemFree: 5 kB\nCached: 20 kB\n"})

    readings = {one.gauge: one.value for one in MemoryCollector(root).collect().readings}

    assert readings["memory_available_bytes"] == 25 * 1024
    assert "swap_total_bytes" not in readings


def test_used_memory_is_never_negative(tree: Tree) -> None:
    """In some containers MemAvailable and SwapFree are those of the host."""
    root = tree(
        {
            "proc/meminfo": "MemTotal: 1000 kB\nMemFree: 400 kB\nMemAvailable: 5000 kB\n"
            "SwapTotal: 100 kB\nSwapFree: 300 kB\n"
        }
    )

    values = {one.gauge: one.value for one in MemoryCollector(root).collect().readings}

    assert values["memory_available_bytes"] == 400 * 1024
    assert values["memory_used_bytes"] == 600 * 1024
    assert values["swap_used_bytes"] == 0
