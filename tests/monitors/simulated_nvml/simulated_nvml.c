// A driver library without a driver: NVML's functions (nvml.h) on values from a script.
// Every device is an "H100 80GB" whose every value a test may set; see README.md.
#include <nvml.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "device.h"
#include "script.h"

// pynvml's ctypes structures have these sizes; another header would tell other numbers.
_Static_assert(sizeof(nvmlUtilization_t) == 8, "nvmlUtilization_t");
_Static_assert(sizeof(nvmlMemory_v2_t) == 40, "nvmlMemory_v2_t");
_Static_assert(sizeof(nvmlPciInfo_t) == 68, "nvmlPciInfo_t");
_Static_assert(sizeof(nvmlProcessInfo_t) == 24, "nvmlProcessInfo_t");
_Static_assert(sizeof(nvmlEventData_t) == 32, "nvmlEventData_t");

static int initialised;

static int num_gpus(void) { return (int)script_or(ANY_GPU, "gpus", 2); }

static nvmlDevice_t handle_of(int index) { return (nvmlDevice_t)(size_t)(FIRST_HANDLE + index); }

nvmlReturn_t enter_device(nvmlDevice_t device, const char *function) {
    int gpu = index_of(device);
    if (!initialised) return NVML_ERROR_UNINITIALIZED;
    if (gpu < 0 || gpu >= num_gpus() || gpu >= MOST_GPUS) return NVML_ERROR_INVALID_ARGUMENT;
    usleep((useconds_t)(1000 * script_or(gpu, "slow_ms", 0)));
    if (script_or(gpu, "lost", 0) > 0) return NVML_ERROR_GPU_IS_LOST;
    if (script_unsupported(gpu, function)) return NVML_ERROR_NOT_SUPPORTED;
    return NVML_SUCCESS;
}

double of(nvmlDevice_t device, const char *key, double otherwise) {
    return script_or(index_of(device), key, otherwise);
}

// --- the library and its devices

nvmlReturn_t nvmlInitWithFlags(unsigned int flags) {
    double error;
    (void)flags;
    if (script_number(ANY_GPU, "init_error", &error)) return (nvmlReturn_t)error;
    GIVE(initialised++);
}

nvmlReturn_t nvmlInit_v2(void) { return nvmlInitWithFlags(0); }

nvmlReturn_t nvmlShutdown(void) {
    if (!initialised) return NVML_ERROR_UNINITIALIZED;
    GIVE(initialised--);
}

nvmlReturn_t nvmlSystemGetDriverVersion(char *text, unsigned int length) {
    GIVE(snprintf(text, length, "580.95.05"));
}

nvmlReturn_t nvmlSystemGetNVMLVersion(char *text, unsigned int length) {
    GIVE(snprintf(text, length, "13.580.95.05"));
}

nvmlReturn_t nvmlSystemGetCudaDriverVersion(int *version) { GIVE(*version = 13000); }

nvmlReturn_t nvmlSystemGetCudaDriverVersion_v2(int *version) { GIVE(*version = 13000); }

nvmlReturn_t nvmlDeviceGetCount_v2(unsigned int *count) {
    if (!initialised) return NVML_ERROR_UNINITIALIZED;
    GIVE(*count = (unsigned int)num_gpus());
}

nvmlReturn_t nvmlDeviceGetHandleByIndex_v2(unsigned int index, nvmlDevice_t *device) {
    ENTER(handle_of((int)index));
    GIVE(*device = handle_of((int)index));
}

nvmlReturn_t nvmlDeviceGetHandleByUUID(const char *uuid, nvmlDevice_t *device) {
    int index;
    if (sscanf(uuid, "GPU-51500000-0000-4000-8000-%12d", &index) != 1) return NVML_ERROR_NOT_FOUND;
    return nvmlDeviceGetHandleByIndex_v2((unsigned int)index, device);
}

nvmlReturn_t nvmlDeviceGetHandleByPciBusId_v2(const char *bus_id, nvmlDevice_t *device) {
    unsigned int domain, bus;
    if (sscanf(bus_id, "%x:%x", &domain, &bus) != 2) return NVML_ERROR_INVALID_ARGUMENT;
    return nvmlDeviceGetHandleByIndex_v2(bus - 0x10, device);
}

nvmlReturn_t nvmlDeviceGetIndex(nvmlDevice_t device, unsigned int *index) {
    ENTER(device);
    GIVE(*index = (unsigned int)index_of(device));
}

nvmlReturn_t nvmlDeviceGetUUID(nvmlDevice_t device, char *text, unsigned int length) {
    ENTER(device);
    GIVE(snprintf(text, length, "GPU-51500000-0000-4000-8000-%012d", index_of(device)));
}

nvmlReturn_t nvmlDeviceGetName(nvmlDevice_t device, char *text, unsigned int length) {
    ENTER(device);
    int is_invalid = script_or(index_of(device), "invalid_name", 0) != 0;
    GIVE(snprintf(text, length, is_invalid ? "H100 \xf8" : "NVIDIA H100 80GB HBM3"));
}

nvmlReturn_t nvmlDeviceGetSerial(nvmlDevice_t device, char *text, unsigned int length) {
    ENTER(device);
    GIVE(snprintf(text, length, "16516220%05d", index_of(device)));
}

nvmlReturn_t nvmlDeviceGetMinorNumber(nvmlDevice_t device, unsigned int *number) {
    return nvmlDeviceGetIndex(device, number);
}

nvmlReturn_t nvmlDeviceGetPciInfo_v3(nvmlDevice_t device, nvmlPciInfo_t *pci) {
    ENTER(device);
    memset(pci, 0, sizeof *pci);
    pci->bus = 0x10u + (unsigned int)index_of(device);
    pci->pciDeviceId = 0x233010de;
    snprintf(pci->busIdLegacy, sizeof pci->busIdLegacy, "0000:%02X:00.0", pci->bus);
    snprintf(pci->busId, sizeof pci->busId, "00000000:%02X:00.0", pci->bus);
    return NVML_SUCCESS;
}

nvmlReturn_t nvmlDeviceGetCudaComputeCapability(nvmlDevice_t device, int *major, int *minor) {
    ENTER(device);
    *major = 9;
    GIVE(*minor = 0);
}

nvmlReturn_t nvmlDeviceGetArchitecture(nvmlDevice_t device, nvmlDeviceArchitecture_t *arch) {
    ENTER(device);
    GIVE(*arch = NVML_DEVICE_ARCH_HOPPER);
}

// --- load and memory

nvmlReturn_t nvmlDeviceGetUtilizationRates(nvmlDevice_t device, nvmlUtilization_t *rates) {
    ENTER(device);
    rates->gpu = (unsigned int)of(device, "utilization", 50);
    GIVE(rates->memory = (unsigned int)of(device, "memory_utilization", 25));
}

nvmlReturn_t nvmlDeviceGetEncoderUtilization(nvmlDevice_t device, unsigned int *percent,
                                             unsigned int *period_us) {
    ENTER(device);
    *percent = 0;
    GIVE(*period_us = 167000);
}

nvmlReturn_t nvmlDeviceGetDecoderUtilization(nvmlDevice_t device, unsigned int *percent,
                                             unsigned int *period_us) {
    ENTER(device);
    *percent = 0;
    GIVE(*period_us = 167000);
}

nvmlReturn_t nvmlDeviceGetMemoryInfo(nvmlDevice_t device, nvmlMemory_t *memory) {
    ENTER(device);
    memory->total = (unsigned long long)of(device, "memory_total", 85899345920.0);
    memory->used = (unsigned long long)of(device, "memory_used", 4294967296.0);
    GIVE(memory->free = memory->total - memory->used);
}

nvmlReturn_t nvmlDeviceGetMemoryInfo_v2(nvmlDevice_t device, nvmlMemory_v2_t *memory) {
    nvmlMemory_t plain;
    nvmlReturn_t result = nvmlDeviceGetMemoryInfo(device, &plain);
    if (result != NVML_SUCCESS) return result;
    memory->total = plain.total;
    memory->reserved = 536870912;
    memory->used = plain.used;
    GIVE(memory->free = plain.total - plain.used - memory->reserved);
}

nvmlReturn_t nvmlDeviceGetBAR1MemoryInfo(nvmlDevice_t device, nvmlBAR1Memory_t *memory) {
    ENTER(device);
    memory->bar1Total = 137438953472ULL;
    memory->bar1Used = 2097152;
    GIVE(memory->bar1Free = memory->bar1Total - memory->bar1Used);
}

// --- power, heat, clocks

nvmlReturn_t nvmlDeviceGetPowerUsage(nvmlDevice_t device, unsigned int *milliwatts) {
    ENTER(device);
    GIVE(*milliwatts = (unsigned int)of(device, "power", 350000));
}

nvmlReturn_t nvmlDeviceGetPowerManagementLimit(nvmlDevice_t device, unsigned int *milliwatts) {
    ENTER(device);
    GIVE(*milliwatts = (unsigned int)of(device, "power_limit", 700000));
}

nvmlReturn_t nvmlDeviceGetEnforcedPowerLimit(nvmlDevice_t device, unsigned int *milliwatts) {
    ENTER(device);
    GIVE(*milliwatts = (unsigned int)of(device, "power_limit", 700000));
}

nvmlReturn_t nvmlDeviceGetTotalEnergyConsumption(nvmlDevice_t device, unsigned long long *energy) {
    ENTER(device);
    GIVE(*energy = (unsigned long long)of(device, "energy", 123456789));
}

nvmlReturn_t nvmlDeviceGetTemperature(nvmlDevice_t device, nvmlTemperatureSensors_t sensor,
                                      unsigned int *celsius) {
    ENTER(device);
    (void)sensor;
    GIVE(*celsius = (unsigned int)of(device, "temperature", 55));
}

nvmlReturn_t nvmlDeviceGetTemperatureV(nvmlDevice_t device, nvmlTemperature_t *reading) {
    ENTER(device);
    GIVE(reading->temperature = (int)of(device, "temperature", 55));
}

nvmlReturn_t nvmlDeviceGetTemperatureThreshold(nvmlDevice_t device,
                                               nvmlTemperatureThresholds_t which,
                                               unsigned int *celsius) {
    ENTER(device);
    double slowdown = of(device, "slowdown_temperature", 89);
    GIVE(*celsius = (unsigned int)(slowdown + (which == NVML_TEMPERATURE_THRESHOLD_SHUTDOWN ? 3 : 0)));
}

nvmlReturn_t nvmlDeviceGetFanSpeed(nvmlDevice_t device, unsigned int *percent) {
    double speed;
    ENTER(device);
    if (!script_number(index_of(device), "fan", &speed)) return NVML_ERROR_NOT_SUPPORTED;
    GIVE(*percent = (unsigned int)speed);
}

nvmlReturn_t nvmlDeviceGetNumFans(nvmlDevice_t device, unsigned int *count) {
    double speed;
    ENTER(device);
    GIVE(*count = (unsigned int)script_number(index_of(device), "fan", &speed));
}

static unsigned int clock_mhz(nvmlDevice_t device, nvmlClockType_t type) {
    if (type == NVML_CLOCK_MEM) return (unsigned int)of(device, "memory_clock", 2619);
    return (unsigned int)of(device, "sm_clock", 1980);
}

nvmlReturn_t nvmlDeviceGetClockInfo(nvmlDevice_t device, nvmlClockType_t type, unsigned int *mhz) {
    ENTER(device);
    GIVE(*mhz = clock_mhz(device, type));
}

nvmlReturn_t nvmlDeviceGetMaxClockInfo(nvmlDevice_t device, nvmlClockType_t type,
                                       unsigned int *mhz) {
    ENTER(device);
    GIVE(*mhz = type == NVML_CLOCK_MEM ? 2619 : 1980);
}

nvmlReturn_t nvmlDeviceGetCurrentClocksEventReasons(nvmlDevice_t device,
                                                    unsigned long long *reasons) {
    ENTER(device);
    GIVE(*reasons = (unsigned long long)of(device, "throttle", 0));
}

nvmlReturn_t nvmlDeviceGetCurrentClocksThrottleReasons(nvmlDevice_t device,
                                                       unsigned long long *reasons) {
    return nvmlDeviceGetCurrentClocksEventReasons(device, reasons);
}

// --- modes

nvmlReturn_t nvmlDeviceGetPerformanceState(nvmlDevice_t device, nvmlPstates_t *state) {
    ENTER(device);
    GIVE(*state = NVML_PSTATE_0);
}

nvmlReturn_t nvmlDeviceGetPersistenceMode(nvmlDevice_t device, nvmlEnableState_t *mode) {
    ENTER(device);
    GIVE(*mode = NVML_FEATURE_ENABLED);
}

nvmlReturn_t nvmlDeviceGetComputeMode(nvmlDevice_t device, nvmlComputeMode_t *mode) {
    ENTER(device);
    GIVE(*mode = NVML_COMPUTEMODE_DEFAULT);
}

nvmlReturn_t nvmlDeviceGetDisplayActive(nvmlDevice_t device, nvmlEnableState_t *mode) {
    ENTER(device);
    GIVE(*mode = NVML_FEATURE_DISABLED);
}

nvmlReturn_t nvmlDeviceGetDisplayMode(nvmlDevice_t device, nvmlEnableState_t *mode) {
    ENTER(device);
    GIVE(*mode = NVML_FEATURE_DISABLED);
}

nvmlReturn_t nvmlDeviceGetEccMode(nvmlDevice_t device, nvmlEnableState_t *current,
                                  nvmlEnableState_t *pending) {
    ENTER(device);
    *current = NVML_FEATURE_ENABLED;
    GIVE(*pending = NVML_FEATURE_ENABLED);
}

nvmlReturn_t nvmlDeviceGetMigMode(nvmlDevice_t device, unsigned int *current,
                                  unsigned int *pending) {
    ENTER(device);
    *current = 0;
    GIVE(*pending = 0);
}

nvmlReturn_t nvmlDeviceIsMigDeviceHandle(nvmlDevice_t device, unsigned int *is_mig) {
    ENTER(device);
    GIVE(*is_mig = 0);
}

nvmlReturn_t nvmlDeviceGetMaxMigDeviceCount(nvmlDevice_t device, unsigned int *count) {
    ENTER(device);
    GIVE(*count = 0);
}

nvmlReturn_t nvmlDeviceGetDriverModel_v2(nvmlDevice_t device, nvmlDriverModel_t *current,
                                         nvmlDriverModel_t *pending) {
    (void)device;
    (void)current;
    (void)pending;
    return NVML_ERROR_NOT_SUPPORTED;  // Windows only
}

#undef nvmlDeviceGetDriverModel  // old callers ask for the symbol without a version
nvmlReturn_t nvmlDeviceGetDriverModel(nvmlDevice_t device, nvmlDriverModel_t *current,
                                      nvmlDriverModel_t *pending) {
    return nvmlDeviceGetDriverModel_v2(device, current, pending);
}
