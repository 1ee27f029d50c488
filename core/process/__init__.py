"""The process of a job: entry point, progress, stop request, failure report."""
