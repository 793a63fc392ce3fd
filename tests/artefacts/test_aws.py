"""Fargate and Lambda: held against AWS' own shapes, cfn-lint, and a Python that has nothing but the zip."""

from __future__ import annotations

import base64
import gzip
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml
from botocore.session import get_session
from botocore.validate import ParamValidator
from held import FILES, loaded, ran, tool

from logmedic.artefacts import bundle, cloudformation, ecs
from logmedic.build import clouds
from logmedic.detect.rules import build_rules
from logmedic.errors import ConfigError, UsageError

GROUP = '[[sources]]\nkind = "cloudwatch"\ngroup = "/ecs/shop"\nregion = "eu-central-1"\n'
ARN = "arn:aws:logs:eu-central-1:123456789012:log-group:/ecs/pay"
SECOND = f'[[sources]]\nkind = "cloudwatch"\nname = "pay"\ngroup = "{ARN}"\n'
DISCORD = '[[channels]]\nkind = "discord"\n'
STORE = '[store]\nurl = "postgresql://logmedic@db.internal/logmedic"\n'
WEB = '[web]\nlisten = "0.0.0.0:8787"\n[[web.tokens]]\nname = "ops"\nsecret = { env = "OPS_TOKEN" }\n'
ACCOUNT = "123456789012"


# -- Fargate -----------------------------------------------------------------------------------------------------------


def task(folder: Path, config: str, efs: str | None = None) -> dict:
    """The definition, when AWS' own description of the call finds nothing wrong with it."""
    one = loaded(folder, config)
    made = json.loads(ecs.ecs(one, account=ACCOUNT, region=ecs.region_of(one, None), image=None, efs=efs))
    call = get_session().get_service_model("ecs").operation_model("RegisterTaskDefinition")
    report = ParamValidator().validate(made, call.input_shape)
    assert not report.has_errors(), report.generate_report()
    return made


def test_aws_takes_the_task_definition(tmp_path):
    made = task(tmp_path, GROUP + DISCORD + STORE + WEB)
    one = made["containerDefinitions"][0]
    assert (one["user"], one["readonlyRootFilesystem"]) == ("10001:10001", True)
    assert one["linuxParameters"]["capabilities"] == {"drop": ["ALL"]}
    written = {mount["containerPath"] for mount in one["mountPoints"] if not mount["readOnly"]}
    assert written == {"/var/lib/logmedic", "/tmp"}
    assert {mount["sourceVolume"] for mount in one["mountPoints"]} == {volume["name"] for volume in made["volumes"]}
    assert one["healthCheck"]["command"][0] == "CMD"
    assert one["image"].startswith("123456789012.dkr.ecr.eu-central-1.amazonaws.com/logmedic:")


def test_secrets_of_a_task_are_parameters_of_the_account(tmp_path, monkeypatch):
    monkeypatch.setenv("LOGMEDIC_DISCORD_WEBHOOK", "https://discord.com/api/webhooks/1/s3cr3t")
    held = task(tmp_path, GROUP + DISCORD + STORE + WEB)["containerDefinitions"][0]["secrets"]
    arn = "arn:aws:ssm:eu-central-1:123456789012:parameter/logmedic"
    assert {one["name"]: one["valueFrom"] for one in held} == {
        name: f"{arn}/{name}" for name in ("LOGMEDIC_DISCORD_WEBHOOK", "OPS_TOKEN", "PGPASSWORD")
    }


def test_what_is_pushed_gets_a_file_system_that_outlives_the_task(tmp_path):
    config = '[[sources]]\nkind = "push"\n' + GROUP + STORE + WEB
    volume = task(tmp_path, config, efs="fs-0123456789abcdef0")["volumes"][0]
    expected = {"fileSystemId": "fs-0123456789abcdef0", "transitEncryption": "ENABLED"}
    assert volume["efsVolumeConfiguration"] == expected
    with pytest.raises(ConfigError, match="--efs"):
        task(tmp_path, config)


@pytest.mark.parametrize(
    ("config", "remedy"),
    [
        (GROUP + WEB, "store.url"),
        (GROUP + FILES + STORE + WEB, 'kind = "push"'),
        (GROUP + STORE, "web.listen"),
        (STORE + WEB, "--region"),
        (GROUP + STORE + WEB.replace('env = "OPS_TOKEN"', 'file = "/run/secrets/ops"'), 'env = "NAME"'),
    ],
)
def test_a_config_that_cannot_work_on_fargate_is_refused_with_the_remedy(tmp_path, config, remedy):
    with pytest.raises(ConfigError, match=remedy):
        task(tmp_path, config)


# -- CloudFormation ----------------------------------------------------------------------------------------------------


class Tags(yaml.SafeLoader):
    """Reads ``!Sub x`` as ``{"Sub": "x"}``."""


def tagged(loader: Tags, suffix: str, node: yaml.Node) -> dict:
    if isinstance(node, yaml.ScalarNode):
        return {suffix: loader.construct_scalar(node)}
    return {suffix: loader.construct_sequence(node, deep=True)}


Tags.add_multi_constructor("!", tagged)


def template(folder: Path, config: str) -> dict:
    text = cloudformation.cloudformation(loaded(folder, config))
    (folder / "template.yaml").write_text(text)
    assert ran(tool("cfn-lint"), "--include-checks", "I", "--", str(folder / "template.yaml")) == ""
    return yaml.load(text, Tags)["Resources"]


def statements(resources: dict) -> dict[str, list]:
    """The resources of each action that the function's role allows, but for its network."""
    found: dict[str, list] = {}
    for policy in resources["Role"]["Properties"]["Policies"]:
        for one in policy["PolicyDocument"]["Statement"]:
            actions = [one["Action"]] if isinstance(one["Action"], str) else one["Action"]
            places = one["Resource"] if isinstance(one["Resource"], list) else [one["Resource"]]
            found.update(dict.fromkeys(actions, places))
    return found


def test_cloudformation_lints_clean_and_allows_exactly_what_is_called(tmp_path):
    resources = template(tmp_path, GROUP + SECOND + DISCORD + STORE)
    allowed = statements(resources)
    assert set(allowed) == {"logs:CreateLogStream", "logs:PutLogEvents", "logs:FilterLogEvents", "sqs:SendMessage"}
    groups = [place["Sub"].partition(":log-group:")[2] for place in allowed["logs:FilterLogEvents"]]
    assert groups == ["/ecs/shop:*", "/ecs/pay:*"]
    own = allowed["logs:PutLogEvents"][0]["Sub"]
    assert own.endswith(":log-group:/aws/lambda/${AWS::StackName}:*")
    assert resources["Network"]["Condition"] == "InVpc"


def test_each_group_hands_over_what_the_rules_ask_for_and_may_call_the_function(tmp_path):
    resources = template(tmp_path, GROUP + SECOND)
    one = loaded(tmp_path, GROUP + SECOND).config
    for number, source in enumerate(one.sources, 1):
        subscription = resources[f"Subscription{number}"]
        assert subscription["Properties"]["LogGroupName"] == source.named
        assert subscription["Properties"]["FilterPattern"] == clouds.pattern(source, build_rules(one.rules)) != ""
        assert subscription["DependsOn"] == f"Permission{number}"
        permission = resources[f"Permission{number}"]["Properties"]
        assert permission["Principal"] == "logs.amazonaws.com"
        assert permission["SourceArn"]["Sub"].endswith(f":log-group:{source.named}:*")
        assert "SourceAccount" in permission
    assert resources["Function"]["Properties"]["ReservedConcurrentExecutions"] == 1


def test_secrets_of_a_function_are_references(tmp_path, monkeypatch):
    monkeypatch.setenv("LOGMEDIC_DISCORD_WEBHOOK", "https://discord.com/api/webhooks/1/s3cr3t")
    variables = template(tmp_path, GROUP + DISCORD + STORE)["Function"]["Properties"]["Environment"]["Variables"]
    assert variables.pop("LOGMEDIC_CONFIG") == "/var/task/logmedic.toml"
    assert variables == {
        name: f"{{{{resolve:secretsmanager:logmedic:SecretString:{name}}}}}"
        for name in ("LOGMEDIC_DISCORD_WEBHOOK", "PGPASSWORD")
    }


def test_a_function_without_a_log_group_is_refused(tmp_path):
    with pytest.raises(ConfigError, match='kind = "cloudwatch"'):
        cloudformation.cloudformation(loaded(tmp_path, FILES))


# -- the zip -----------------------------------------------------------------------------------------------------------

# The function as Lambda starts it: only the zip to import from, and the working folder that holds it.
INVOKE = """
import json, sys
sys.path[:0] = [sys.argv[1]]
from logmedic.aws_lambda import handler
class Context:
    def get_remaining_time_in_millis(self):
        return 60_000
print(json.dumps(handler(json.loads(sys.stdin.read()), Context())))
for name, module in list(sys.modules.items()):
    assert "site-packages" not in (getattr(module, "__file__", None) or ""), name
"""


@pytest.fixture(scope="module")
def packed(tmp_path_factory) -> tuple[Path, bundle.Bundled]:
    folder = tmp_path_factory.mktemp("function")
    path = folder / "logmedic.zip"
    return path, bundle.write(loaded(folder, '[[channels]]\nkind = "console"\n'), path)


def test_the_zip_is_small_enough_to_be_uploaded_and_says_its_size(packed):
    path, told = packed
    assert path.stat().st_size == told.zipped <= 50 * 1024**2
    with zipfile.ZipFile(path) as made:
        assert made.testzip() is None
        assert sum(entry.file_size for entry in made.infolist()) == told.unpacked <= 250 * 1024**2
        names = set(made.namelist())
    assert "logmedic.toml" in names
    assert not {name for name in names if name.startswith(("fastapi/", "uvicorn/", "pytest/", "cfnlint/"))}
    assert not {name for name in names if "__pycache__" in name or name.startswith(("/", ".."))}


def test_the_handler_takes_in_events_with_nothing_but_the_zip(packed, tmp_path):
    code, temporary = tmp_path / "task", tmp_path / "tmp"
    temporary.mkdir()
    with zipfile.ZipFile(packed[0]) as made:
        made.extractall(code)
    line = {"level": "ERROR", "service": "shop", "message": "stock is negative", "timestamp": "2026-11-20T09:00:00Z"}
    data = {
        "messageType": "DATA_MESSAGE", "owner": ACCOUNT, "logGroup": "/ecs/shop", "logStream": "a",
        "subscriptionFilters": ["logmedic"],
        "logEvents": [{"id": "1", "timestamp": 1_795_165_200_000, "message": json.dumps(line)}],
    }  # fmt: skip
    event = {"awslogs": {"data": base64.b64encode(gzip.compress(json.dumps(data).encode())).decode()}}
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", INVOKE, str(code)], input=json.dumps(event), cwd=code,
        env={"TMPDIR": str(temporary), "HOME": str(temporary), "LANG": "C.UTF-8"},
        capture_output=True, text=True, check=False, timeout=150,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout.splitlines()[-1])
    assert (answer["lines"], answer["incidents"], answer["rejects"]) == (1, [1], 0)
    assert (temporary / "logmedic/state.db").is_file()


def test_the_same_packages_give_the_same_bytes(packed, tmp_path):
    again = tmp_path / "logmedic.zip"
    bundle.write(loaded(tmp_path, '[[channels]]\nkind = "console"\n'), again)
    assert again.read_bytes() == packed[0].read_bytes()
    assert [entry.name for entry in tmp_path.glob("*.part")] == []


def test_a_zip_that_cannot_be_written_leaves_nothing_and_says_where(tmp_path):
    with pytest.raises(UsageError, match="nowhere"):
        bundle.write(loaded(tmp_path, GROUP), tmp_path / "nowhere" / "logmedic.zip")


def test_only_packages_that_the_config_needs_are_packed(tmp_path):
    plain = {package.name for package in bundle.closure("logmedic", bundle.extras(loaded(tmp_path, GROUP)))}
    assert {"boto3", "psycopg-binary", "dbos"} <= plain
    assert not {"apprise", "fastapi", "pydantic-ai-slim", "hyperscan"} & plain
    told = loaded(tmp_path, GROUP + '[[channels]]\nkind = "apprise"\n')
    assert "apprise" in {package.name for package in bundle.closure("logmedic", bundle.extras(told))}


def test_a_package_built_for_a_newer_system_than_lambdas_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(bundle, "GLIBC", {sys.version_info[:2]: (2, 5)})
    with pytest.raises(ConfigError, match=r"glibc 2\.5"):
        bundle.write(loaded(tmp_path, GROUP), tmp_path / "logmedic.zip")


def test_a_zip_that_lambda_would_not_take_is_not_written(tmp_path, monkeypatch):
    monkeypatch.setattr(bundle, "MOST_ZIPPED", 1024**2)
    with pytest.raises(ConfigError, match="use a container image"):
        bundle.write(loaded(tmp_path, GROUP), tmp_path / "logmedic.zip")
    assert not (tmp_path / "logmedic.zip").exists()
