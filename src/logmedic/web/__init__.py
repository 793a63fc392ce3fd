"""The dashboard and its API: one process serves them, next to the collectors. The only asynchronous part.

``app.create_app`` puts the routes together over a :class:`site.Site`, which holds what they may use; ``server.Server``
runs it in a thread. Handlers of pages are plain functions, which Starlette runs in threads, because the store is
synchronous. Templates come from the package; nothing is fetched from elsewhere.
"""
