"""Counting the GPUs of this host."""

from pathlib import Path

from core.jobs.devices import count_gpus


def test_gpus_are_counted_from_the_drivers_devices(tmp_path: Path) -> None:
    for name in ("nvidia0", "nvidia1", "nvidia10", "nvidiactl", "nvidia-uvm", "nvidia0x", "null"):
        (tmp_path / name).touch()
    assert count_gpus(-1, tmp_path) == 3


def test_the_setting_overrides_the_count(tmp_path: Path) -> None:
    (tmp_path / "nvidia0").touch()
    assert count_gpus(0, tmp_path) == 0
    assert count_gpus(4, tmp_path) == 4


def test_without_a_driver_there_are_no_gpus(tmp_path: Path) -> None:
    assert count_gpus(-1, tmp_path / "dev") == 0
