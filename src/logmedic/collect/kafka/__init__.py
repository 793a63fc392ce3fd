"""Topics of Apache Kafka as a source: START HERE with :mod:`.source`.

``config`` the keys · ``errors`` what refusals mean · ``client`` the connection (librdkafka) · ``partition`` how far one
has been read · ``entries`` messages as entries · ``lookup`` evidence · ``probe`` for ``check``.
"""
