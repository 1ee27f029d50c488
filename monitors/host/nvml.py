"""The one funnel around pynvml: start, decode, base units; what a GPU has not is absent."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pynvml

from core.errors import DatahallError, UnavailableError
from monitors.host.nvml_calls import ABSENT, Probe, Values, compute_processes, graphics_processes

_LOST = frozenset((pynvml.NVML_ERROR_GPU_IS_LOST, pynvml.NVML_ERROR_RESET_REQUIRED))
_DRIVER_GONE = frozenset((pynvml.NVML_ERROR_UNINITIALIZED, pynvml.NVML_ERROR_DRIVER_NOT_LOADED))
_REMEDIES = {
    pynvml.NVML_ERROR_DRIVER_NOT_LOADED: "Load it (modprobe nvidia) or reboot",
    pynvml.NVML_ERROR_LIB_RM_VERSION_MISMATCH: "The driver was updated: reboot",
    pynvml.NVML_ERROR_NO_PERMISSION: "This user may not open /dev/nvidiactl",
}
_MOST_EVENTS = 64
_FACTS: Mapping[str, Callable[[Any], Any]] = {
    "name": pynvml.nvmlDeviceGetName,
    "uuid": pynvml.nvmlDeviceGetUUID,
    "pci_bus_id": lambda handle: pynvml.nvmlDeviceGetPciInfo(handle).busId,
    "driver_version": lambda _: pynvml.nvmlSystemGetDriverVersion(),
}


class LostGpuError(DatahallError):
    """The GPU has fallen off the bus, or works again only after a reset."""

    kind = "gpu-lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuProcess:
    """A process that has memory on a GPU; how much is not always told."""

    pid: int
    memory_bytes: int | None


class Gpu:
    """One GPU. Not for two threads at a time; different GPUs do not wait for each other."""

    def __init__(self, handle: Any) -> None:  # noqa: ANN401  (pynvml has no types)
        """Take pynvml's handle."""
        self._handle = handle
        self._absent: set[Any] = set()
        self._events: Any = None

    def read(self, probes: Sequence[Probe]) -> Values:
        """Return what the probes give, by gauge; what this GPU does not support is absent.

        Raises LostGpuError, UnavailableError when the driver is gone, or DatahallError when
        nothing at all could be read.
        """
        values: Values = {}
        errors: list[str] = []
        for probe in probes:
            given = self._ask(probe, errors)
            if given is not None:
                values.update(given)
        if errors and not values:
            raise DatahallError(f"the NVIDIA driver answers: {errors[0]}")
        return values

    def facts(self) -> Mapping[str, str]:
        """Return name, uuid, pci_bus_id and driver_version, as far as they are known."""
        texts = ((name, self._ask(probe, [])) for name, probe in _FACTS.items())
        return {name: _decoded(text) for name, text in texts if text is not None}

    def processes(self) -> Sequence[GpuProcess]:
        """Return the compute and graphics processes, each once."""
        found: dict[int, GpuProcess] = {}
        for probe in (compute_processes, graphics_processes):
            for one in self._ask(probe, []) or ():
                if one.pid not in found or one.usedGpuMemory is not None:
                    found[one.pid] = GpuProcess(pid=one.pid, memory_bytes=one.usedGpuMemory)
        return list(found.values())

    def new_xids(self) -> Sequence[int]:
        """Return the numbers of the Xid errors since the last question; never waits."""
        return list(self._ask(self._read_events, []) or ())

    def close(self) -> None:
        """Let go of the event set."""
        if self._events is not None:
            with suppress(pynvml.NVMLError):
                pynvml.nvmlEventSetFree(self._events)
            self._events = None

    def _ask(self, probe: Callable[[Any], Any], errors: list[str]) -> Any:  # noqa: ANN401  (ctypes)
        """Return the probe's answer, or None; remember what this GPU does not support."""
        if probe in self._absent:
            return None
        try:
            return probe(self._handle)
        except pynvml.NVMLError as error:
            if error.value in ABSENT:
                self._absent.add(probe)
            elif error.value in _LOST:
                raise LostGpuError(str(error)) from error
            elif error.value in _DRIVER_GONE:
                raise _unavailable(error) from error
            else:
                errors.append(str(error))
            return None

    def _read_events(self, handle: Any) -> Sequence[int]:  # noqa: ANN401  (ctypes)
        """Return the Xid events that wait to be read."""
        if self._events is None:
            events = pynvml.nvmlEventSetCreate()
            pynvml.nvmlDeviceRegisterEvents(handle, pynvml.nvmlEventTypeXidCriticalError, events)
            self._events = events
        numbers: list[int] = []
        with suppress(pynvml.NVMLError_Timeout):
            while len(numbers) < _MOST_EVENTS:
                numbers.append(int(pynvml.nvmlEventSetWait(self._events, 0).eventData))
        return numbers


def open_driver() -> None:
    """Start NVML; raises UnavailableError where there is no driver, or none that works."""
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError_LibraryNotFound as error:
        raise UnavailableError("there is no NVIDIA driver on this host") from error
    except pynvml.NVMLError as error:
        raise _unavailable(error) from error


def close_driver() -> None:
    """Let go of NVML. Not while a call is under way: the driver would be used after its end."""
    with suppress(pynvml.NVMLError):
        pynvml.nvmlShutdown()


def count_gpus() -> int:
    """Return how many GPUs the driver knows, lost ones included."""
    try:
        return int(pynvml.nvmlDeviceGetCount())
    except pynvml.NVMLError as error:
        raise _unavailable(error) from error


def find_gpu(index: int) -> Gpu:
    """Return a GPU by its number.

    Raises LostGpuError when it is there no more, DatahallError when it may not be opened.
    """
    try:
        return Gpu(pynvml.nvmlDeviceGetHandleByIndex(index))
    except pynvml.NVMLError_NoPermission as error:
        raise DatahallError(str(error), remedy="Let this user open /dev/nvidia*") from error
    except pynvml.NVMLError as error:
        if error.value in _DRIVER_GONE:
            raise _unavailable(error) from error
        raise LostGpuError(str(error)) from error


def _unavailable(error: pynvml.NVMLError) -> UnavailableError:
    """Return why there is no driver to talk to, in words, with the remedy."""
    return UnavailableError(f"NVIDIA driver: {error}", remedy=_REMEDIES.get(error.value, ""))


def _decoded(text: str | bytes) -> str:
    """Return text that older versions of pynvml give as bytes."""
    return text.decode("utf-8", "replace") if isinstance(text, bytes) else text
