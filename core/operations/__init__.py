"""Supervision of the services, and the doctor."""
