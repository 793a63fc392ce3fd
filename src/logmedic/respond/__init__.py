"""Telling people: policy and responders, each of which acts once and says what came of it."""
