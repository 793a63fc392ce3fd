"""Draft pull requests that an agent writes and a test proves. START HERE: ``flow``.

``decide`` says whether; ``workspace`` has the trees, ``needs`` what tests want, ``sandbox`` confines; ``agent`` works
on ``case``, through ``gateway``; ``checking`` judges; ``desk`` offers what ``body`` says; ``follow`` looks
what became of it.
"""
