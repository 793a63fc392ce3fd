"""What broke, from evidence that our own code has re-read."""
