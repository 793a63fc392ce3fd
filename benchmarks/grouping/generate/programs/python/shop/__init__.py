"""A shop whose every function fails; the failures are the labelled bugs."""
