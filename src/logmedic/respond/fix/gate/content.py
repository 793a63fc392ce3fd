"""What added lines must not do, whatever they are for. Patterns by language; those for ``*`` hold in all.

A pattern that finds too much costs a fix; one that finds too little is caught by the tests and by a person, or not at
all. So they are wide.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import msgspec

from logmedic.model import Text
from logmedic.respond.fix.change import Change, FileChange
from logmedic.respond.fix.gate.lines import following, fresh, gone
from logmedic.respond.fix.gate.policy import Policy
from logmedic.respond.fix.gate.python import parse
from logmedic.respond.fix.report import Finding


class Pattern(msgspec.Struct, frozen=True):
    rule: str
    why: Text
    language: str  # or "*"
    text: re.Pattern[str]
    tests: bool = True  # whether it holds in tests as well


def _pattern(rule: str, why: Text, language: str, text: str, *, tests: bool = True, flags: int = 0) -> Pattern:
    return Pattern(rule, why, language, re.compile(text, flags), tests)


_TLS = Text("certificates would not be checked", "인증서를 확인하지 않게 됨")
_RUN = Text("code or a command that is put together while it runs", "실행 중에 만들어진 코드나 명령")
_REFLECT = Text("reaches for what it does not name", "이름을 밝히지 않고 접근함")
_SQL = Text("SQL put together from text", "문자열을 이어 붙인 SQL")
_LOGGED = Text("a secret may be logged", "비밀값이 로그에 남을 수 있음")
_SLEEP = Text("waiting or trying again is no cure", "대기나 재시도는 해결이 아님")
_CHECKER = Text("silences a checker", "검사 도구의 경고를 끔")
_CRYPTO = Text("touches cryptography or randomness", "암호화나 난수를 건드림")
_AUTH = Text("touches who may do what", "권한을 건드림")
_OUT = Text("reaches beyond the process", "프로세스 밖에 접근함")
_ENVIRONMENT = Text("reads the environment", "환경 변수를 읽음")
_OPAQUE = Text("a long text that nobody can read", "읽을 수 없는 긴 문자열")
_UNSAFE = Text("switches off what the language guarantees", "언어의 안전 보장을 끔")

PATTERNS = (
    _pattern("tls", _TLS, "*", r"verify\s*[=:]\s*(?:False|false|0)\b|CERT_NONE|check_hostname\s*=\s*False"
                               r"|_create_unverified_context"
             r"|rejectUnauthorized\s*:\s*(?:false|0|!1)|NODE_TLS_REJECT_UNAUTHORIZED|InsecureSkipVerify"
             r"|danger_accept_invalid"
             r"|dangerous\(\)|TrustAll|ALLOW_ALL_HOSTNAME|NoopHostnameVerifier|X509TrustManager|HostnameVerifier"
             r"|disable_warnings|ssl_?verify|strictSSL|--insecure|set_verify\("),
    _pattern("run-code", _RUN, "python", r"(?<![\w.])(?:eval|exec|compile|__import__|execfile)\s*\(|\bos\.(?:system"
                                         r"|popen|exec|spawn|posix_spawn|fork|kill)"
             r"|\bsubprocess\b|shell\s*=\s*True|\bimportlib\b|\bpty\b|\bcode\.Interactive|\bpickle\b|\bmarshal\b"
             r"|\bshelve\b|\bdill\b"
             r"|yaml\.(?:load|full_load|unsafe_load)\s*\((?!.*SafeLoader)|\bctypes\b|\bcffi\b|runpy|atexit"
             r"|sys\.settrace|signal\.signal"),
    _pattern("run-code", _RUN, "script", r"(?<![\w.])eval\s*\(|new\s+Function\b|(?<![\w.])Function\s*\(|child_process"
                                         r"|\bexecSync\b|\bspawn(?:Sync)?\s*\("
             r"|\bvm\.|vm2|require\s*\(\s*[^'\"\s]|import\s*\(\s*[^'\"\s]|process\.(?:binding|dlopen|kill)"
             r"|setTimeout\s*\(\s*['\"`]"
             r"|document\.write|innerHTML|outerHTML|dangerouslySetInnerHTML|insertAdjacentHTML"),
    _pattern("run-code", _RUN, "java", r"Runtime\.getRuntime|ProcessBuilder|ScriptEngine|\.getDeclared(?:Method|Field"
                                       r"|Constructor)|setAccessible"
             r"|Class\.forName|ObjectInputStream|XMLDecoder|defineClass|\bUnsafe\b|MethodHandles|URLClassLoader"
             r"|System\.(?:load|loadLibrary)"),
    _pattern("run-code", _RUN, "go", r"\bexec\.Command|\bos/exec\b|\bplugin\.Open|\bsyscall\.|\bunsafe\.|\breflect\."
                                     r"|//go:linkname|text/template"),
    _pattern("run-code", _RUN, "rust", r"Command::new|\bstd::process\b|\blibc::|include!\s*\(|\bdlopen|libloading"),
    _pattern("unsafe", _UNSAFE, "rust", r"\bunsafe\b|transmute|from_raw|get_unchecked|unwrap_unchecked|static\s+mut"),
    _pattern("reflection", _REFLECT, "python", r"__builtins__|__subclasses__|__globals__|__getattribute__|__code__"
                                               r"|__class__\s*\.|__mro__|__reduce"
             r"|\bglobals\s*\(|\blocals\s*\(|\bvars\s*\(\s*\w|\bgetattr\s*\(\s*\w+\s*,\s*(?!['\"]\w+['\"])"
             r"|\bsetattr\s*\(|sys\.modules|sys\._getframe"
             r"|\bgc\.|inspect\.(?:stack|currentframe)"),
    _pattern("reflection", _REFLECT, "script", r"globalThis\s*\[|window\s*\[|global\s*\["
                                               r"|constructor\s*\.\s*constructor|__proto__|\bReflect\.|\bProxy\s*\("
             r"|Object\.(?:setPrototypeOf|defineProperty)|\.prototype\s*\.|process\.env\s*\["),
    _pattern("sql", _SQL, "*", r"(?i)(?:\bf['\"]{1,3}|\bformat!\s*\(\s*\"|`)[^\n]*\b(?:select|insert\s+into|update"
                               r"|delete\s+from|where|order\s+by)\b[^\n]*[{$]"
             r"|['\"][^'\"\n]*\b(?:select\b.*\bfrom|insert\s+into|update\b.*\bset|delete\s+from"
             r"|where)\b[^'\"\n]*['\"]\s*(?:\+|%(?!s?['\"])|\.format\s*\(|\|\|)"
             r"|(?:sprintf|String\.format|format)\s*\(\s*['\"][^'\"\n]*\b(?:select|insert\s+into|update|delete\s+from"
             r"|where)\b"
             r"|\+\s*['\"]\s*(?:where|and|or|order\s+by|limit|values)\b"),
    _pattern("logged-secret", _LOGGED, "*", r"(?i)(?:\blog(?:ger|ging)?\b[\w.]*\s*[.(!:]|\bprint(?:ln|f)?\s*!?\("
                                            r"|console\.\w+\s*\(|fmt\.(?:Print|Errorf)|tracing::|\b(?:info|warn|error"
                                            r"|debug|trace)!\s*\("
             r"|System\.(?:out|err)|raise\s+\w+\(|new\s+\w*(?:Error|Exception)\s*\()"
             r".*(?:passw|passwd|pwd|secret|token|api_?key|authorization|cookie|credential|private_?key|session_?id"
             r"|environ|getenv|process\.env|card_?number|cvv|ssn)"),
    _pattern("sleep", _SLEEP, "python", r"\bsleep\s*\(|\bretry(?:ing)?\b|\btenacity\b|\bstamina\b|\bbackoff\b"
                                        r"|max_retries|\bwait_for\b|Event\(\)\.wait",
             tests=False, flags=re.IGNORECASE),
    _pattern("sleep", _SLEEP, "script", r"\bsleep\s*\(|setTimeout|setInterval|\bretry|\bretries\b|p-retry"
                                        r"|\bdelay\s*\(|\bbackoff\b",
             tests=False, flags=re.IGNORECASE),
    _pattern("sleep", _SLEEP, "java", r"Thread\.sleep|TimeUnit\.\w+\.sleep|@Retry|RetryTemplate|\bretry\b|\bretries\b"
                                      r"|\bawait\(|LockSupport|backoff",
             tests=False, flags=re.IGNORECASE),
    _pattern("sleep", _SLEEP, "go", r"time\.(?:Sleep|After|Tick|NewTimer|NewTicker)|\bretry|\bretries\b|backoff",
             tests=False, flags=re.IGNORECASE),
    _pattern("sleep", _SLEEP, "rust", r"\bsleep(?:_until)?\s*\(|\bretry|\bretries\b|backoff|\binterval\s*\(",
             tests=False, flags=re.IGNORECASE),
    _pattern("checker", _CHECKER, "*", r"#\s*(?:noqa|type:\s*ignore|pylint:|mypy:|pragma:|nosec|ruff:|fmt:\s*off"
                                       r"|pyright:)|eslint-disable|@ts-(?:ignore|nocheck|expect-error)"
             r"|prettier-ignore|istanbul ignore|c8 ignore|@SuppressWarnings|@Suppress\b|NOSONAR|//\s*nolint"
             r"|#!?\[allow\(|#!?\[cfg_attr|coverage\(off\)|codeql|semgrep"
             r"|biome-ignore|deepcode|nosemgrep|as\s+any\b|as\s+unknown\s+as|:\s*any\b"),
    _pattern("crypto", _CRYPTO, "*", r"(?i)\bmd5\b|\bsha1\b|\brc4\b|\b3?des\b(?!c)|\becb\b|\bhmac\b|\bbcrypt\b"
                                     r"|\bscrypt\b|\bargon2|\bpbkdf2|\baes\b|\brsa\b|\bcipher|math\.random|math/rand"
             r"|\brandom\.(?:random|randint|choice|seed|getrandbits)|new\s+Random\b|secrets?\.\w+\(|\bSecureRandom"
             r"|crypto\.|\bnonce\b|\bsalt\b|thread_rng|compare_digest|timingSafeEqual"),
    _pattern("authorization", _AUTH, "*", r"(?i)is_?(?:admin|superuser|staff|root|authenticated|authorized|owner"
                                          r"|anonymous)|has_?(?:role|perm|permission|access|scope)"
             r"|\bauth(?:orize|enticate|entication|orization|orized|enticated)?\b|permit_?all|permission"
             r"|login_required|csrf|access-control-allow|\bcors\b"
             r"|\ballow_?any\b|@(?:public|anonymous|preauthorize|rolesallowed|permitall|secured)|impersonat|\bsudo\b"
             r"|set_?uid|chmod|umask|bypass|\bjwt\b|\bscopes?\s*=|allowed_?(?:hosts|origins|roles)"),
    _pattern("environment", _ENVIRONMENT, "*", r"\bos\.(?:environ|getenv|putenv)|\bgetenv\b|process\.env"
                                               r"|System\.(?:getenv|getProperty|setProperty)|os\.(?:Getenv|Setenv"
                                               r"|LookupEnv|Environ)\b"
             r"|\benv::(?:var|vars|set_var)|\benv!\s*\(|option_env!|dotenv|monkeypatch\.setenv|/proc/|/etc/|\.ssh\b"
             r"|\.aws\b|~/"),
    _pattern("reach", _OUT, "python", r"\bsocket\b|\brequests\.|\bhttpx\d?\.|\burllib\b|\baiohttp\b|\bftplib\b"
                                      r"|\bsmtplib\b|\btelnetlib\b|\bparamiko\b|\bboto3\b|\bwebbrowser\b"
                                      r"|open\s*\([^)]*['\"][wax]\+?b?['\"]"
             r"|\.write_(?:text|bytes)\s*\(|\.unlink\s*\(|\bos\.(?:remove|unlink|rename|rmdir|removedirs|chmod|chown"
             r"|link|symlink)|\bshutil\.|\.mkdir\s*\(|\btempfile\b|\.rmdir\s*\("),
    _pattern("reach", _OUT, "script", r"\bfetch\s*\(|XMLHttpRequest|WebSocket|\baxios\b|['\"](?:node:)?(?:https?|net"
                                      r"|dgram|dns|tls|fs|fs/promises|cluster|worker_threads)['\"]|sendBeacon|\bfs\."
                                      r"|importScripts"),
    _pattern("reach", _OUT, "java", r"\bjava\.net\b|HttpClient|\bURL\s*\(|\bSocket\b|FileOutputStream|FileWriter"
                                    r"|Files\.(?:write|delete|move|copy|create)|\bRandomAccessFile|\bJNDI"
                                    r"|InitialContext|lookup\("),
    _pattern("reach", _OUT, "go", r"\bnet/http\b|\bhttp\.(?:Get|Post|Do|NewRequest|Client)|\bnet\.(?:Dial|Listen)"
                                  r"|os\.(?:Create|OpenFile|Remove|Rename|WriteFile|Mkdir|Chmod)|ioutil\.WriteFile"),
    _pattern("reach", _OUT, "rust", r"\bTcpStream|\bUdpSocket|TcpListener|\breqwest\b|\bureq\b|\bhyper::"
                                    r"|\bfs::(?:write|remove|rename|create|copy|set_perm)|File::create|OpenOptions"),
    _pattern("address", _OUT, "*", r"(?:https?|ftp|ws|wss|file|gopher|ldap|data|javascript)://"
                                   r"|(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])|\bjavascript:"),
    _pattern("opaque-text", _OPAQUE, "*", r"[A-Za-z0-9+/=_-]{120,}|(?:\\x[0-9a-fA-F]{2}){8,}"
                                          r"|(?:\\u[0-9a-fA-F]{4}){6,}|b64decode|atob\s*\(|fromCharCode"
                                          r"|Base64\.getDecoder|unhexlify|fromhex|base64::"),
    _pattern("test-aware", Text("acts otherwise while it is tested", "테스트 중에 다르게 동작함"), "*",
             r"(?i)pytest_current_test|['\"]pytest['\"]|['\"]unittest['\"]|node_env|\bjest\b|vitest|testing\.Testing"
             r"|cfg!?\(\s*test\s*\)|is_?test(?:ing)?\b|under_?test|\bin_?test|['\"]CI['\"]|RUNNING_TESTS", tests=False),
    _pattern("exit", Text("ends the process", "프로세스를 끝냄"), "*",
             r"\b(?:sys|os)\._?exit\s*\(|process\.(?:exit|abort)"
                                                                r"|System\.exit|Runtime\.halt|os\.Exit"
                                                                r"|process::(?:exit|abort)|(?<![\w.])(?:quit"
                                                                r"|exit)\s*\("),
    _pattern("global-state", Text("changes something for everybody", "모두에게 영향을 주는 상태를 바꿈"), "*",
             r"\bglobal\s+\w|sys\.(?:path|setrecursionlimit|stdout\s*=|stderr\s*=|excepthook)|warnings\.(?:filter"
             r"|simplefilter)|logging\.disable|process\.on\s*\(|panic::set_hook|decimal\.getcontext|locale\.setlocale"
             r"|setDefault(?:Locale|UncaughtExceptionHandler)?\s*\(", tests=False),
)  # fmt: skip
_SWALLOWS = Text("an error is swallowed", "오류를 삼킴")
_BROAD = Text("catches every error", "모든 오류를 잡음")
_OTHER_SWALLOWS = {
    "script": re.compile(r"\bcatch\b|\.catch\s*\(|\?\?=|Promise\.allSettled|process\.on\s*\(\s*['\"]uncaught"),
    "java": re.compile(r"\bcatch\s*\(\s*(?:final\s+)?(?:[\w.]*\.)?(?:Exception|Throwable|RuntimeException|Error)\b"
                       r"|runCatching|getOrNull|getOrElse|@SneakyThrows|Optional\.empty"),
    "go": re.compile(r"\brecover\s*\(|(?:^|[\s,])_\s*(?:,\s*_\s*)?:?=\s*\w|err\s*=\s*nil|\b_\s*=\s*err\b"),
    "rust": re.compile(r"catch_unwind|let\s+_\s*=|\.ok\s*\(\s*\)\s*;|unwrap_or_default|Err\(_\)\s*=>\s*(?:\(\)"
                       r"|\{\s*\}|None|Ok)|if\s+let\s+Ok"),
}  # fmt: skip
_TYPED_CATCH = re.compile(r"\bcatch\s*\(")


def check(change: Change, _policy: Policy) -> Iterator[Finding]:
    for file in change.files:
        if not file.language:
            continue
        held = [p for p in PATTERNS if p.language in {"*", file.language} and (p.tests or not file.is_test)]
        for lines, patterns in ((fresh(file), held), (file.added, [p for p in held if p.rule == "checker"])):
            for line in lines:  # what silences a checker is a comment
                for pattern in patterns:
                    if pattern.text.search(line.text):
                        yield Finding(rule=pattern.rule, path=file.path, line=line.number, why=pattern.why)
        yield from _removed(file)
        yield from _python(file) if file.language == "python" else _swallows(file)


def _removed(file: FileChange) -> Iterator[Finding]:
    """Lines that guard something do not go unnoticed either."""
    for pattern in PATTERNS:
        if pattern.rule != "authorization" or file.is_test:
            continue
        for line in gone(file):
            if pattern.text.search(line.text):
                yield Finding(rule=pattern.rule, path=file.path, line=0, why=pattern.why)


def _python(file: FileChange) -> Iterator[Finding]:
    """Handlers of exceptions by the syntax tree, so that no way of writing them is missed."""
    if file.new is None:
        return
    tree = parse(file.new)
    if tree is None:
        yield Finding(rule="syntax", path=file.path, why=Text("it cannot be parsed", "구문을 분석할 수 없음"))
        return
    added = {line.number for line in file.added}
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler) and _touched(node, added):
            if _broad(node.type):
                yield Finding(rule="broad-catch", path=file.path, line=node.lineno, why=_BROAD)
            if all(_does_nothing(one) for one in node.body):
                yield Finding(rule="swallowed", path=file.path, line=node.lineno, why=_SWALLOWS)
        elif isinstance(node, ast.Call) and node.lineno in added and _name(node.func).endswith("suppress"):
            yield Finding(rule="swallowed", path=file.path, line=node.lineno, why=_SWALLOWS)
        elif isinstance(node, ast.Try) and node.finalbody and _touched(node, added):
            for one in ast.walk(ast.Module(node.finalbody, [])):
                if isinstance(one, ast.Return | ast.Break | ast.Continue) and one.lineno in added:
                    yield Finding(rule="swallowed", path=file.path, line=one.lineno, why=_SWALLOWS)


def _touched(node: ast.stmt | ast.ExceptHandler, added: set[int]) -> bool:
    return any(number in added for number in range(node.lineno, (node.end_lineno or node.lineno) + 1))


def _broad(kind: ast.expr | None) -> bool:
    if kind is None:
        return True
    named = kind.elts if isinstance(kind, ast.Tuple) else [kind]
    return any(
        _name(one).rpartition(".")[2] in {"Exception", "BaseException", "object"} or not _name(one) for one in named
    )


def _does_nothing(node: ast.stmt) -> bool:
    """Nothing, or giving back what stands for nothing."""
    if isinstance(node, ast.Pass | ast.Continue | ast.Break):
        return True
    value = node.value if isinstance(node, ast.Return | ast.Expr) else node
    if value is None:
        return True
    if isinstance(value, ast.Constant):
        return True
    return isinstance(value, ast.List | ast.Tuple | ast.Dict | ast.Set) and not ast.unparse(value).strip("[](){} ,")


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    return f"{_name(node.value)}.{node.attr}" if isinstance(node, ast.Attribute) else ""


def _swallows(file: FileChange) -> Iterator[Finding]:
    pattern = _OTHER_SWALLOWS.get(file.language)
    if pattern is None or file.is_test:
        return
    for line in fresh(file):
        if pattern.search(line.text) or (
            file.language == "java" and _TYPED_CATCH.search(line.text) and not _acts(file, line.number)
        ):
            yield Finding(rule="swallowed", path=file.path, line=line.number, why=_SWALLOWS)


def _acts(file: FileChange, number: int) -> bool:
    """Whether the first statement of a handler throws on."""
    return any(text.startswith("throw ") for text in following(file.new, number, 1))
