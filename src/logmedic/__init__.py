"""logmedic: from a line in a service's log to a diagnosed incident in front of the right people.

Start reading at :mod:`logmedic.pipeline`.
"""

__version__ = "0.1.0"
