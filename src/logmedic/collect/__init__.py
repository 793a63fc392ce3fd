"""Sources of log lines: one file per kind, plus the record layouts in ``dialects/``."""
