"""Where foreign code runs: the agent, and the tests of a tree that an agent has changed.

``interface`` says what a run may touch; ``bubblewrap`` and ``landlock`` hold it to that, ``bare`` does not and exists
for those who ask for it in words. ``inside`` is the first process of a run.
"""
