"""Devices of jobs: parsing `cpu`, `cuda:1`..., and the slots of this host that jobs share."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.errors import InputError

_DEVICE = re.compile(r"(?P<kind>none|cpu|cuda)|cuda:(?P<index>\d{1,4})")
_OTHER_DEVICE = "Choose another device, such as --device cpu"


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A requested device: kind `none`, `cpu` or `cuda`; `index` if it must be one certain GPU."""

    kind: str
    index: int | None = None
    count: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Slots:
    """Numbers of slots on this host."""

    cpu: int
    gpus: int

    def of(self, kind: str) -> int:
        """Return the number of slots of a kind."""
        return self.cpu if kind == "cpu" else self.gpus


def count_gpus(setting: int, devices: Path = Path("/dev")) -> int:
    """Return the number of GPUs that jobs may use; the setting -1 counts those of the driver."""
    if setting >= 0:
        return setting
    return sum(
        1 for path in devices.glob("nvidia[0-9]*") if path.name.removeprefix("nvidia").isdecimal()
    )


def parse_device(name: str, count: int = 1) -> Device:
    """Return the device named `none`, `cpu`, `cuda` or `cuda:N`.

    `count` is the number of GPUs for `cuda`. Raises InputError.
    """
    match = _DEVICE.fullmatch(name)
    if match is None:
        raise InputError(f"unknown device {name!r}", remedy="Use cpu, cuda or cuda:NUMBER")
    if count < 1:
        raise InputError(f"a job cannot use {count} devices", remedy="Use 1 or more")
    if match["index"] is None:
        return Device(kind=match["kind"], count=count if name == "cuda" else 1)
    if count != 1:
        raise InputError(f"{name} is one GPU, but the job requests {count}")
    return Device(kind="cuda", index=int(match["index"]))


def check_room(device: Device, slots: Slots) -> None:
    """Raise InputError when this host never has the requested devices."""
    there = slots.of(device.kind)
    if device.kind == "none":
        return
    if device.index is not None and device.index >= there:
        raise InputError(
            f"there is no GPU {device.index} on this host ({there} GPUs)", remedy=_OTHER_DEVICE
        )
    if device.count > there:
        word = "GPUs" if device.kind == "cuda" else "CPU slots"
        raise InputError(
            f"not enough {word} on this host: {device.count} requested, {there} available",
            remedy=_OTHER_DEVICE,
        )


def choose_slots(device: Device, free: Sequence[int]) -> tuple[int, ...] | None:
    """Return the free slots that a job gets; None when it must wait."""
    if device.index is not None:
        return (device.index,) if device.index in free else None
    return tuple(free[: device.count]) if device.count <= len(free) else None


def visible_gpus(device: Device, assigned: Sequence[int]) -> str:
    """Return CUDA_VISIBLE_DEVICES of a job: only the GPUs that were assigned to it."""
    return ",".join(map(str, assigned)) if device.kind == "cuda" else ""
