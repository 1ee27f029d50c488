"""Processes that outlive whoever started them: queue, launcher, shim, supervisor."""
