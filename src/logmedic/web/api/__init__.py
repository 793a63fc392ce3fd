"""``/api/v1``: the same as the pages, for programs. Described at ``/api/openapi.json``; errors are problem+json."""
