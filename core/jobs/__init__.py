"""The job queue: jobs run as processes that outlive the process that started them."""
