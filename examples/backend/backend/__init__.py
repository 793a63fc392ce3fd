"""A small support desk: tickets, customers, and summaries written by Claude."""
