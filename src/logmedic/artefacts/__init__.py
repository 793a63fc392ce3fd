"""What ``logmedic generate`` writes: configurations of other programs that work with ours.

``files/`` holds them with ``@NAME@`` where something of the configuration goes; a module for each group says what.
"""
