"""Counting what there is to share."""

from pathlib import Path

from core.jobs.devices import count_gpus


def test_gpus_are_counted_from_the_drivers_devices(tmp_path: Path) -> None:
    """Control devices are no GPUs."""
    for name in ("nvidia0", "nvidia1", "nvidia10", "nvidiactl", "nvidia-uvm", "nvidia0x", "null"):
        (tmp_path / name).touch()
    assert count_gpus(-1, tmp_path) == 3


def test_a_setting_overrules_the_count(tmp_path: Path) -> None:
    """Some GPUs may be kept for people."""
    (tmp_path / "nvidia0").touch()
    assert count_gpus(0, tmp_path) == 0
    assert count_gpus(4, tmp_path) == 4


def test_no_driver_is_no_gpu(tmp_path: Path) -> None:
    """Most laptops."""
    assert count_gpus(-1, tmp_path / "dev") == 0
