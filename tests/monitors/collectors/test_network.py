"""The network collector on fake trees."""

from monitors.collector import Collection
from monitors.collectors.network import NetworkCollector
from tests.clock import FixedClock
from tests.monitors.simulation import Tree


def traffic(**received: int) -> dict[str, str]:
    """Return /proc/net/dev with the bytes that each interface received."""
    lines = [f"{name}: {n} 2 3 4 0 0 0 0 5 6 7 8 0 0 0 0" for name, n in received.items()]
    return {"proc/net/dev": "\n".join(["Inter-|", " face |", *lines]) + "\n"}


def devices(collection: Collection, gauge: str) -> dict[str, float]:
    """Return a gauge by device."""
    return {one.device: one.value for one in collection.readings if one.gauge == gauge}


def test_rates_need_two_calls_and_errors_are_counts(tree: Tree, clock: FixedClock) -> None:
    collector = NetworkCollector(tree(traffic(eth0=1000)), clock)
    first = collector.collect()
    tree(traffic(eth0=5000))
    clock.advance(2)

    second = collector.collect()

    assert devices(first, "network_receive_bytes_per_second") == {}
    assert devices(second, "network_receive_bytes_per_second") == {"eth0": 2000.0}
    assert devices(second, "network_receive_errors") == {"eth0": 3}
    assert devices(second, "network_transmit_drops") == {"eth0": 8}


def test_interfaces_without_hardware_are_not_listed(tree: Tree, clock: FixedClock) -> None:
    """Bridges and virtual interfaces of containers repeat the same bytes."""
    root = tree({**traffic(lo=1, eth0=2, docker0=3, veth12=4), "sys/class/net/eth0/device/x": ""})

    collection = NetworkCollector(root, clock).collect()

    assert set(devices(collection, "network_receive_errors")) == {"eth0"}


def test_in_a_container_all_but_loopback_is_listed(tree: Tree, clock: FixedClock) -> None:
    """A container has no hardware interface."""
    root = tree(traffic(lo=1, eth0=2))
    inside = NetworkCollector(root, clock).collect()
    tree(traffic(lo=1))
    alone = NetworkCollector(root, clock).collect()

    assert set(devices(inside, "network_receive_errors")) == {"eth0"}
    assert set(devices(alone, "network_receive_errors")) == {"lo"}


def test_a_counter_that_was_reset_has_no_rate(tree: Tree, clock: FixedClock) -> None:
    """A driver that is loaded again starts from zero."""
    collector = NetworkCollector(tree(traffic(eth0=5000)), clock)
    collector.collect()
    tree(traffic(eth0=10))
    clock.advance(2)

    second = collector.collect()

    assert devices(second, "network_receive_bytes_per_second") == {}
    assert devices(second, "network_receive_packets_per_second") == {"eth0": 0.0}
