"""Lines that senders push: START HERE with :mod:`.spool`.

``config`` the keys · ``inflate`` what bodies are packed in · ``envelope`` one entry with its labels as one line ·
``loki``, ``otlp``, ``ingest`` from a body to lines, one file a protocol · ``intents`` what was begun · ``segments`` the
files · ``spool`` lines to files, once and durably. The file source follows what the spool writes.
"""
