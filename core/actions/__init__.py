"""User actions: check the request, authorise and audit it, queue a job."""
