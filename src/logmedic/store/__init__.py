"""Tables, queries and migrations: the only module that speaks SQL."""
