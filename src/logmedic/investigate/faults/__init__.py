"""What failed: its kind, what the error says about its own cause, what the outage looks like, who failed first."""
