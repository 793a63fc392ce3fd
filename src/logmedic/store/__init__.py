"""Tables, queries and migrations: the only module that speaks SQL."""

HEAD = "0007"  # the newest migration; compared before alembic is imported (0.6 s)
