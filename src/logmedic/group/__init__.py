"""Which incident a record belongs to, and whether people should hear of it. Pure: no I/O, no clock.

``fingerprint`` reads the evidence in a record (``stacks/``, ``frames``, ``template``), ``fold`` sums up a batch by
fingerprint in bounded memory, ``window`` decides what is raised.
"""
