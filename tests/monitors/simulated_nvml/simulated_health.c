// The rest of the simulated driver: errors, links, processes and events.
#include <nvml.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "device.h"
#include "script.h"

static const unsigned int NO_INSTANCE = 0xffffffffu;

// Who waits for the events of which GPUs, and which event of each was told last.
typedef struct {
    int is_registered[MOST_GPUS];
    double told_xid[MOST_GPUS];
} EventSet;

nvmlReturn_t nvmlDeviceGetTotalEccErrors(nvmlDevice_t device, nvmlMemoryErrorType_t type,
                                         nvmlEccCounterType_t counter, unsigned long long *count) {
    ENTER(device);
    (void)counter;
    const char *key =
        type == NVML_MEMORY_ERROR_TYPE_CORRECTED ? "ecc_corrected" : "ecc_uncorrected";
    *count = (unsigned long long)of(device, key, 0);
    return NVML_SUCCESS;
}

nvmlReturn_t nvmlDeviceGetCurrPcieLinkGeneration(nvmlDevice_t device, unsigned int *generation) {
    ENTER(device);
    *generation = (unsigned int)of(device, "pcie_generation", 5);
    return NVML_SUCCESS;
}

nvmlReturn_t nvmlDeviceGetMaxPcieLinkGeneration(nvmlDevice_t device, unsigned int *generation) {
    ENTER(device);
    *generation = 5;
    return NVML_SUCCESS;
}

nvmlReturn_t nvmlDeviceGetCurrPcieLinkWidth(nvmlDevice_t device, unsigned int *lanes) {
    ENTER(device);
    *lanes = (unsigned int)of(device, "pcie_width", 16);
    return NVML_SUCCESS;
}

nvmlReturn_t nvmlDeviceGetMaxPcieLinkWidth(nvmlDevice_t device, unsigned int *lanes) {
    ENTER(device);
    *lanes = 16;
    return NVML_SUCCESS;
}

nvmlReturn_t nvmlDeviceGetPcieThroughput(nvmlDevice_t device, nvmlPcieUtilCounter_t counter,
                                         unsigned int *kilobytes) {
    ENTER(device);
    usleep(20000);  // the real call measures for 20 ms
    *kilobytes = counter == NVML_PCIE_UTIL_TX_BYTES ? 1000 : 2000;
    return NVML_SUCCESS;
}

// Gives the script's one process of a GPU, following NVML's protocol of asking for the size first.
nvmlReturn_t nvmlDeviceGetComputeRunningProcesses_v3(nvmlDevice_t device, unsigned int *count,
                                                     nvmlProcessInfo_t *processes) {
    ENTER(device);
    double pid;
    unsigned int room = *count;
    if (!script_number(index_of(device), "pid", &pid)) {
        *count = 0;
        return NVML_SUCCESS;
    }
    *count = 1;
    if (room < 1 || !processes) return NVML_ERROR_INSUFFICIENT_SIZE;
    processes[0].pid = (unsigned int)pid;
    processes[0].usedGpuMemory = (unsigned long long)of(device, "process_memory", 1073741824.0);
    processes[0].gpuInstanceId = processes[0].computeInstanceId = NO_INSTANCE;
    return NVML_SUCCESS;
}

nvmlReturn_t nvmlDeviceGetGraphicsRunningProcesses_v3(nvmlDevice_t device, unsigned int *count,
                                                      nvmlProcessInfo_t *processes) {
    ENTER(device);
    (void)processes;
    *count = 0;
    return NVML_SUCCESS;
}

nvmlReturn_t nvmlDeviceGetProcessUtilization(nvmlDevice_t device,
                                             nvmlProcessUtilizationSample_t *samples,
                                             unsigned int *count,
                                             unsigned long long last_seen) {
    ENTER(device);
    (void)samples;
    (void)last_seen;
    *count = 0;
    return NVML_ERROR_NOT_FOUND;
}

nvmlReturn_t nvmlDeviceGetFieldValues(nvmlDevice_t device, int count, nvmlFieldValue_t *values) {
    ENTER(device);
    for (int position = 0; position < count; position++) {
        values[position].nvmlReturn = NVML_ERROR_NOT_SUPPORTED;
        if (values[position].fieldId == NVML_FI_DEV_POWER_INSTANT) {
            values[position].nvmlReturn = NVML_SUCCESS;
            values[position].valueType = NVML_VALUE_TYPE_UNSIGNED_INT;
            values[position].value.uiVal = (unsigned int)of(device, "power", 350000);
        }
    }
    return NVML_SUCCESS;
}

// --- events

nvmlReturn_t nvmlEventSetCreate(nvmlEventSet_t *set) {
    *set = calloc(1, sizeof(EventSet));
    return *set ? NVML_SUCCESS : NVML_ERROR_MEMORY;
}

nvmlReturn_t nvmlEventSetFree(nvmlEventSet_t set) {
    free(set);
    return NVML_SUCCESS;
}

nvmlReturn_t nvmlDeviceGetSupportedEventTypes(nvmlDevice_t device, unsigned long long *types) {
    ENTER(device);
    *types = nvmlEventTypeXidCriticalError;
    return NVML_SUCCESS;
}

nvmlReturn_t nvmlDeviceRegisterEvents(nvmlDevice_t device, unsigned long long types,
                                      nvmlEventSet_t set) {
    ENTER(device);
    (void)types;
    ((EventSet *)set)->is_registered[index_of(device)] = 1;
    return NVML_SUCCESS;
}

// Tells the next event of a registered GPU that was not told yet; returns 0 when there is none.
static int next_event(EventSet *set, nvmlEventData_t *event) {
    for (int gpu = 0; gpu < MOST_GPUS; gpu++) {
        double xid;
        if (!set->is_registered[gpu] || !script_number(gpu, "xid", &xid)) continue;
        if (xid == set->told_xid[gpu]) continue;
        set->told_xid[gpu] = xid;
        memset(event, 0, sizeof *event);
        event->device = (nvmlDevice_t)(size_t)(FIRST_HANDLE + gpu);
        event->eventType = nvmlEventTypeXidCriticalError;
        event->eventData = (unsigned long long)xid;
        return 1;
    }
    return 0;
}

nvmlReturn_t nvmlEventSetWait_v2(nvmlEventSet_t set, nvmlEventData_t *event,
                                 unsigned int timeout_ms) {
    double until = script_now() + timeout_ms / 1000.0;
    while (!next_event((EventSet *)set, event)) {
        if (script_now() >= until) return NVML_ERROR_TIMEOUT;
        usleep(20000);
    }
    return NVML_SUCCESS;
}
