"""Which incident a record belongs to. Pure: no I/O, no clock."""
