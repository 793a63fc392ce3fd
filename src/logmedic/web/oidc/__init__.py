"""Logging in by OpenID Connect: ``provider`` asks the issuer, ``claims`` decides whom to believe."""
