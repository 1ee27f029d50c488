"""Object stores; the room stands empty until S3 moves in."""
