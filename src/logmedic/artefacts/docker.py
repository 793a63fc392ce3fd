"""A Dockerfile."""

from __future__ import annotations

import json

from logmedic.artefacts import container
from logmedic.artefacts.filling import fill
from logmedic.build import Loaded
from logmedic.respond.github.config import GithubConfig


def dockerfile(loaded: Loaded) -> str:
    """For a build in a checkout of our source, where the requirements with their hashes stand."""
    number = loaded.config.web.address[1] or container.PORT
    packages = ["git"]  # of the watched service, whose history explains faults
    if any(isinstance(channel, GithubConfig) for channel in loaded.config.channels):
        packages.append("gh")
    return fill(
        "Dockerfile", IMAGE=container.image(), PORT=str(number), UID=str(container.UID), HOME=container.HOME,
        CONFIG=container.CONFIG, STATE=container.STATE, PACKAGES=" ".join(packages),
        HEALTH=json.dumps(container.health(number)),
    )  # fmt: skip
