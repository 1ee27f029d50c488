"""The telemetry store: SQLite file, packing, sealing, rollups, queries."""
