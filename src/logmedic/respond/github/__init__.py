"""Incidents as GitHub issues, one for each fingerprint, through the ``gh`` command.

``responder`` acts, by ``decide`` (pure); ``issues`` says it to ``gh``, whose answers ``gh`` explains; ``body``,
``names`` and ``inert`` say what stands in an issue; ``owners`` reads CODEOWNERS.
"""
