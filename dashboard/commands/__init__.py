"""The commands of `datahall`, one file per group."""
