"""Fakes of the doors and of the servers logmedic talks to, shipped so that users test with them too."""
