"""/metrics in the OpenMetrics format."""
