"""Rules: which records deserve attention, compiled to run where the logs are."""
