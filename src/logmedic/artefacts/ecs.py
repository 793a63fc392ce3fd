"""A task definition for Amazon ECS on Fargate."""

from __future__ import annotations

import json
import re
from typing import Any

from logmedic.artefacts import container
from logmedic.build import Loaded
from logmedic.collect.cloudwatch.config import CloudWatchSourceConfig
from logmedic.errors import ConfigError

CPU, MEMORY = "512", "1024"  # units of 1/1024 vCPU, MiB; one of the pairs that Fargate takes
EPHEMERAL_GIB = 21  # the least that can be asked for
STOP_S = 60


def region_of(loaded: Loaded, given: str | None) -> str:
    """That given, else the one of the first source that names one. Raises :class:`ConfigError`: none does."""
    found = given or next(
        (s.region for s in loaded.config.sources if isinstance(s, CloudWatchSourceConfig) and s.region), None
    )
    if found is None:
        raise ConfigError("no region is known; give --region, as in --region eu-central-1")
    return found


def ecs(loaded: Loaded, *, account: str, region: str, image: str | None, efs: str | None) -> str:
    """JSON for ``aws ecs register-task-definition --cli-input-json``.

    ``image``: default is the repository ``logmedic`` of the account. ``efs``: a file system that outlives tasks; what
    is pushed needs one, for its spool.

    Raises:
        ConfigError: the config cannot work on Fargate; names the key and the remedy.
    """
    if not re.fullmatch(r"[0-9]{12}", account):
        raise ConfigError(f"{account!r} is no account of AWS; `aws sts get-caller-identity` shows its twelve digits")
    container.no_files(loaded, "a Fargate task")
    if container.database(loaded) is None:
        raise ConfigError("store.url: Fargate forgets files with the task; write postgresql://USER@HOST/DATABASE")
    if container.pushed(loaded) and efs is None:
        raise ConfigError('sources: what is pushed waits on a disk that must outlive the task; give --efs "fs-…"')
    number = container.port(loaded)
    arn = f"arn:aws:ssm:{region}:{account}:parameter/logmedic"
    held = [{"name": v.name, "valueFrom": f"{arn}/{v.name}"} for v in _required(loaded)]
    image = image or f"{account}.dkr.ecr.{region}.amazonaws.com/{container.image()}"
    made = {
        "family": "logmedic",
        "requiresCompatibilities": ["FARGATE"],
        "networkMode": "awsvpc",
        "cpu": CPU,
        "memory": MEMORY,
        "runtimePlatform": {"operatingSystemFamily": "LINUX", "cpuArchitecture": "X86_64"},
        "executionRoleArn": f"arn:aws:iam::{account}:role/logmedic-execution",
        "taskRoleArn": f"arn:aws:iam::{account}:role/logmedic-task",
        "ephemeralStorage": {"sizeInGiB": EPHEMERAL_GIB},
        "volumes": [_state(efs), {"name": "tmp"}],
        "containerDefinitions": [_container(image, number, held, region)],
    }
    return json.dumps(made, indent=2, ensure_ascii=False) + "\n"


def _required(loaded: Loaded) -> list[container.Variable]:
    """A task does not start while a parameter is missing, so none that logmedic can do without is asked for."""
    return [v for v in container.only_variables(loaded, "a Fargate task") if not v.optional]


def _state(efs: str | None) -> dict[str, Any]:
    if efs is None:
        return {"name": "state"}
    return {"name": "state", "efsVolumeConfiguration": {"fileSystemId": efs, "transitEncryption": "ENABLED"}}


def _container(image: str, number: int, held: list[dict[str, str]], region: str) -> dict[str, Any]:
    return {
        "name": "logmedic",
        "image": image,
        "essential": True,
        "user": f"{container.UID}:{container.UID}",
        "readonlyRootFilesystem": True,
        "linuxParameters": {"initProcessEnabled": True, "capabilities": {"drop": ["ALL"]}},
        "portMappings": [{"name": "http", "containerPort": number, "protocol": "tcp"}],
        "secrets": held,
        "mountPoints": [
            {"sourceVolume": "state", "containerPath": container.STATE, "readOnly": False},
            {"sourceVolume": "tmp", "containerPath": "/tmp", "readOnly": False},  # noqa: S108  of the container
        ],
        "healthCheck": {
            "command": ["CMD", *container.health(number)],
            "interval": 30,
            "timeout": 5,
            "retries": 3,
            "startPeriod": 60,
        },
        "stopTimeout": STOP_S,
        "logConfiguration": {
            "logDriver": "awslogs",
            "options": {
                "awslogs-group": "/ecs/logmedic",
                "awslogs-region": region,
                "awslogs-stream-prefix": "logmedic",
            },
        },
    }
