"""Readers for /proc, /sys and NVML."""
