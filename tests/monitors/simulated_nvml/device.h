// What every simulated function goes through.
#ifndef DEVICE_H
#define DEVICE_H

#include <nvml.h>

enum { FIRST_HANDLE = 0x1000, MOST_GPUS = 16 };

// Returns the index of a device, whatever the caller passed as its handle.
static inline int index_of(nvmlDevice_t device) { return (int)((size_t)device - FIRST_HANDLE); }

// Returns what any call on this device answers before it answers: it may be slow, lost, or not
// supported, as the script says.
nvmlReturn_t enter_device(nvmlDevice_t device, const char *function);

// Returns the script's value for this device, or `otherwise`.
double of(nvmlDevice_t device, const char *key, double otherwise);

#define ENTER(device)                                          \
    do {                                                       \
        nvmlReturn_t entered = enter_device(device, __func__); \
        if (entered != NVML_SUCCESS) return entered;           \
    } while (0)

#define GIVE(expression)     \
    do {                     \
        (expression);        \
        return NVML_SUCCESS; \
    } while (0)

#endif
