"""Readings by gauge and device."""

from dashboard.viewmodels.readings import Readings, ratio, read
from monitors.collector import HostState
from monitors.store.interface import SeriesKey


def test_absent_readings_are_none(host: HostState) -> None:
    now = read(host)
    assert now.get("gpu_power_watts", "gpu0") == 612.4
    assert now.get("gpu_fan_ratio", "gpu0") is None
    assert now.total("gpu_fan_ratio") is None
    assert now.fact("name", "gpu9") == ""


def test_the_total_is_the_hosts_own_value_or_the_sum(host: HostState) -> None:
    assert read(host).total("network_receive_bytes_per_second") == 5e6
    assert read(host).total("gpu_power_watts") == 912.4


def test_devices_are_in_natural_order_without_the_host() -> None:
    now = Readings(values={"g": {"gpu10": 1.0, "gpu2": 1.0, "": 1.0}})
    assert now.devices("g", "h") == ["gpu2", "gpu10"]


def test_a_series_with_stored_samples_can_be_drawn_without_a_reading(host: HostState) -> None:
    key = SeriesKey(gauge="disk_write_latency_seconds", device="sda")
    assert read(host, [key]).has_samples("disk_write_latency_seconds", "sda")
    assert not read(host).has_samples("disk_write_latency_seconds", "sda")


def test_a_ratio_to_nothing_is_unknown() -> None:
    assert ratio(1.0, 0.0) is None
    assert ratio(None, 2.0) is None
    assert ratio(1.0, 2.0) == 0.5
