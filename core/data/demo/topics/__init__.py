"""What people talk about, a few related topics a file."""
