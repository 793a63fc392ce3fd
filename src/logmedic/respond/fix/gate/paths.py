"""Files that no fix may touch, whatever it does there."""

from __future__ import annotations

import fnmatch
import re
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from logmedic.model import Text
from logmedic.respond.fix.change import Change
from logmedic.respond.fix.gate.policy import Policy
from logmedic.respond.fix.report import Finding


def _table(text: str) -> Mapping[str, tuple[str, ...]]:
    """Lines of ``rule: word word``; a line without a rule goes on with the one before."""
    found: dict[str, tuple[str, ...]] = {}
    rule = ""
    for line in text.strip().splitlines():
        name, colon, rest = line.partition(": ")
        rule = name if colon else rule
        found[rule] = found.get(rule, ()) + tuple((rest if colon else line).split())
    return found


_WHAT: Mapping[str, Text] = {
    "agent": Text("configuration of agents or editors", "에이전트 또는 편집기 설정"),
    "auth": Text("authentication or authorization", "인증 또는 인가"),
    "build": Text("a build script, which runs on whoever builds", "빌드 스크립트"),
    "ci": Text("continuous integration", "CI 설정"),
    "config": Text("configuration of the service", "서비스 설정"),
    "crypto": Text("cryptography", "암호화"),
    "dependencies": Text("dependencies, or code of others", "의존성 또는 외부 코드"),
    "git": Text("what git itself reads", "git이 읽는 파일"),
    "hidden": Text("a hidden file", "숨김 파일"),
    "hooks": Text("a hook", "훅"),
    "infrastructure": Text("infrastructure", "인프라"),
    "lint": Text("configuration of linters", "린터 설정"),
    "migrations": Text("the shape of stored data", "저장 데이터의 구조"),
    "owners": Text("who owns code", "코드 소유자"),
    "payments": Text("payments", "결제"),
    "script": Text("a script of a shell", "셸 스크립트"),
    "secrets": Text("secrets", "비밀값"),
    "security": Text("security", "보안"),
    "test-setup": Text("what runs before every test", "모든 테스트 전에 실행되는 설정"),
}
# Words that a folder or a name may consist of, between signs or capitals: ``api/TokenStore.java``.
_KEYWORDS = _table("""
auth: auth authn authz oauth oauth2 oidc saml sso login logins signin logout jwt jwks session sessions identity mfa
  totp otp acl rbac abac permission permissions role roles policy policies guard guards csrf cors impersonation
security: security sanitizer sanitize sanitization firewall waf sandbox
crypto: crypto cryptography cipher ciphers encryption decryption signing signature signatures hmac keys keystore
  truststore tls ssl certs certificates pki kms
secrets: secret secrets credential credentials password passwords token tokens vault apikey apikeys
payments: payment payments billing checkout payout payouts refund refunds ledger wallet invoicing
migrations: migration migrations alembic flyway liquibase migrate schema schemas
infrastructure: terraform ansible helm charts k8s kubernetes kustomize deploy deployment deployments infra
  infrastructure cloudformation pulumi packer nomad puppet chef salt
""")
# Names in any folder, in lower case.
_NAMES = _table("""
ci: .gitlab-ci* jenkinsfile* .travis.yml azure-pipelines* appveyor.yml .drone.yml bitbucket-pipelines.yml
  cloudbuild*.y*ml .woodpecker* buildspec*.y*ml codecov.y*ml .codecov.y*ml sonar-project.properties renovate.json*
  dependabot.yml semaphore.yml
hooks: .pre-commit-config.y*ml .pre-commit-hooks.y*ml lefthook.y*ml husky.config* .huskyrc* .lintstagedrc*
  lint-staged.config*
build: makefile* gnumakefile* *.mk justfile taskfile.y*ml build.rs setup.py setup.cfg build.gradle* settings.gradle*
  gradlew* gradle.properties mvnw* cmakelists.txt *.cmake configure* build.xml rakefile gulpfile* gruntfile*
  webpack.config* rollup.config* vite.config* esbuild*.config* babel.config* .babelrc* tsconfig*.json noxfile.py tox.ini
  tasks.py fabfile.py meson.build build build.bazel workspace *.bzl magefile.go build.sbt *.gyp *.gypi manifest.in
  conanfile* build.zig
test-setup: conftest.py pytest.ini sitecustomize.py usercustomize.py *.pth jest.config* jest.setup* vitest.config*
  karma.conf* .mocharc* playwright.config* cypress.config* setuptests.* .coveragerc nextest.toml
  junit-platform.properties testng.xml .nycrc* ava.config*
dependencies: requirements*.txt requirements*.in constraints*.txt pyproject.toml pipfile* poetry.lock uv.lock pdm.lock
  environment*.y*ml package.json package-lock.json npm-shrinkwrap.json yarn.lock pnpm-lock.yaml pnpm-workspace.yaml
  bun.lock* deno.json* deno.lock .npmrc .yarnrc* cargo.toml cargo.lock go.mod go.sum go.work* pom.xml *.lock gemfile*
  composer.json *.csproj packages.lock.json nuget.config mix.exs rust-toolchain* .python-version .nvmrc .node-version
  .tool-versions .sdkmanrc libs.versions.toml
infrastructure: dockerfile* *.dockerfile containerfile* .dockerignore docker-compose*.y*ml compose*.y*ml *.tf *.tfvars
  *.hcl chart.yaml values*.yaml skaffold.y*ml serverless.y*ml template.y*ml samconfig.toml procfile app.yaml fly.toml
  vercel.json netlify.toml render.yaml nginx*.conf *.service *.timer crontab* vagrantfile
agent: claude.md claude.local.md agents.md gemini.md .mcp.json .cursorrules .windsurfrules .clinerules*
  copilot-instructions.md .aider* .editorconfig *.code-workspace logmedic.toml
owners: codeowners owners owners_aliases maintainers security.md
git: .gitmodules .gitattributes .gitignore .gitconfig .git .mailmap .git-blame-ignore-revs .lfsconfig
secrets: .env* *.env *.pem *.key *.p12 *.pfx *.jks *.keystore *.crt *.cer *.der id_rsa* id_ed25519* .netrc .pgpass
  .htpasswd .pypirc *.kdbx *.asc *.gpg
migrations: *.sql alembic.ini schema.rb schema.prisma *.proto *.avsc openapi*.y*ml openapi*.json swagger*
lint: .eslintrc* eslint.config* .prettierrc* .flake8 .pylintrc ruff.toml .ruff.toml mypy.ini .golangci* clippy.toml
  .clippy.toml rustfmt.toml checkstyle*.xml pmd*.xml spotbugs*.xml .bandit .semgrep* .gitleaks* .trivyignore deny.toml
  .snyk biome.json*
script: *.sh *.bash *.zsh *.fish *.ps1 *.bat *.cmd
config: application*.y*ml application*.properties settings*.toml config*.y*ml config*.toml config*.json *.ini
  *.properties *.conf *.cfg appsettings*.json log4j*.xml logback*.xml
""")
_FOLDERS = _table("""
ci: .github .gitlab .circleci .buildkite .azure .azuredevops .teamcity .ci .forgejo .gitea .tekton .argo .woodpecker
git: .git
hooks: .husky .githooks hooks githooks
agent: .claude .cursor .vscode .idea .zed .aider .devcontainer .continue .windsurf .cline .gemini .codex .junie .fleet
  .logmedic
build: .cargo buildsrc build-logic .mvn gradle cmake packaging
dependencies: vendor node_modules third_party thirdparty site-packages external extern .venv venv
""")
_PARTS = re.compile(r"[^\W_]+", re.UNICODE)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def check(change: Change, policy: Policy) -> Iterator[Finding]:
    for file in change.files:
        strange = _strange(file.path)
        if strange is not None:
            yield Finding(rule="path-name", path=file.path, why=strange)
            continue
        kind = protected(file.path, policy.protected)
        if kind is not None:
            rule, what = kind
            yield Finding(
                rule=f"path-{rule}", path=file.path,
                why=Text(f"a fix may not touch this: {what.en}", f"수정할 수 없는 경로: {what.ko}"),
            )  # fmt: skip


def protected(path: str, more: tuple[str, ...] = ()) -> tuple[str, Text] | None:
    """What protects a path, as a rule and in words. Letters count alike whatever their case and width."""
    plain = unicodedata.normalize("NFKC", path)
    folded = plain.casefold()
    *folders, name = PurePosixPath(folded).parts
    for pattern in more:
        if _matches(folded, pattern.casefold()):
            return "configured", Text(f"protected by the configuration ({pattern})", f"설정에서 보호됨 ({pattern})")
    words = {word.casefold() for part in PurePosixPath(plain).parts for word in _words(part)}
    found = (
        next((rule for rule, names in _FOLDERS.items() if not set(names).isdisjoint(folders)), None)
        or next((rule for rule, names in _NAMES.items() if any(fnmatch.fnmatchcase(name, n) for n in names)), None)
        or next((rule for rule, known in _KEYWORDS.items() if not words.isdisjoint(known)), None)
        or ("hidden" if name.startswith(".") else None)
    )
    return None if found is None else (found, _WHAT[found])


def _words(part: str) -> Iterator[str]:
    for run in _PARTS.findall(part):
        yield run
        yield from _CAMEL.split(run)


def _matches(path: str, pattern: str) -> bool:
    """A glob as in .gitignore: without a slash it is for names, ``**`` is any depth."""
    if "/" not in pattern.strip("/"):
        return any(fnmatch.fnmatchcase(part, pattern.strip("/")) for part in path.split("/"))
    text = pattern.strip("/")
    if text.endswith("/**"):
        text = text[:-3]
    return (
        fnmatch.fnmatchcase(path, text)
        or fnmatch.fnmatchcase(path, f"{text}/*")
        or fnmatch.fnmatchcase(path, text.replace("**/", ""))
    )


def _strange(path: str) -> Text | None:
    """Names that lead elsewhere, or show as something else than they are."""
    parts = path.split("/")
    if path.startswith("/") or "\\" in path or any(part in {"", ".", ".."} for part in parts):
        return Text("a path that leads elsewhere", "다른 곳을 가리키는 경로")
    if not path.isascii() and (not path.isprintable() or _mixed(path)):
        return Text("a name that shows as something else", "다르게 보이는 이름")
    if not path.isprintable() or any(part != part.strip(" .") and not part.startswith(".") for part in parts):
        return Text("a name with characters that do not show", "보이지 않는 문자가 있는 이름")
    return None


def _mixed(path: str) -> bool:
    """Letters of Latin beside letters that look like them."""
    scripts = {unicodedata.name(c, "?").split()[0] for c in path if c.isalpha()}
    return "LATIN" in scripts and not scripts.isdisjoint({"CYRILLIC", "GREEK", "ARMENIAN", "FULLWIDTH", "MATHEMATICAL"})
