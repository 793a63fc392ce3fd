"""A template of AWS CloudFormation: the Lambda function, what it may do, and its subscriptions."""

from __future__ import annotations

from importlib.metadata import version

from logmedic.artefacts import bundle, container
from logmedic.artefacts.filling import fill, quoted
from logmedic.build import Loaded, clouds
from logmedic.collect.cloudwatch.config import CloudWatchSourceConfig
from logmedic.detect.rules import build_rules
from logmedic.errors import ConfigError

SECRET = "logmedic"  # noqa: S105  its name in Secrets Manager
_ARN = "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group"


def cloudformation(loaded: Loaded) -> str:
    """YAML.

    Raises:
        ConfigError: the config cannot work in a function; names the key and the remedy.
    """
    sources = [source for source in loaded.config.sources if isinstance(source, CloudWatchSourceConfig)]
    if not sources:
        where = loaded.path or "no logmedic.toml here"
        raise ConfigError(f'{where}: no source names a log group; add [[sources]] with kind = "cloudwatch" and group')
    for source in sources:
        clouds.check(source.name, source)
    name, architecture = bundle.runtime()
    names = [v.name for v in container.only_variables(loaded, "a Lambda function") if not v.optional]
    rules = build_rules(loaded.config.rules)
    return fill(
        "cloudformation.yaml", VERSION=version("logmedic"), RUNTIME=name, ARCHITECTURE=architecture,
        NAMES=f":\n#   aws secretsmanager create-secret --name {SECRET} --secret-string file://secrets.json   "
        f"({', '.join(names)})\n# and whoever may read the function's configuration reads them" if names else "",
        READ="".join(f"                  - !Sub {_ARN}:{source.named}:*\n" for source in sources),
        ENVIRONMENT="".join(
            f'          {one}: "{{{{resolve:secretsmanager:{SECRET}:SecretString:{one}}}}}"\n' for one in names
        ),
        GROUPS="".join(
            fill("cloudformation-group.yaml", NUMBER=str(number), GROUP=source.named,
                 PATTERN=quoted(clouds.pattern(source, rules)))
            for number, source in enumerate(sources, 1)
        ),
    ).rstrip("\n") + "\n"  # fmt: skip
