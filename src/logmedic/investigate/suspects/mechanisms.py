"""Changes of the surroundings that bring about one kind of fault: access, trust, network, time tables. Pure.

Where the nature of a fault explains itself from outside (a certificate that expired, a name server that does not
answer), only such a change can be behind it all the same.
"""

# ruff: noqa: E501  a pattern reads best on one line

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from logmedic.investigate.changes import hunks as h
from logmedic.investigate.changes.diffs import Hunk
from logmedic.investigate.changes.settings import numbers_of, replaced
from logmedic.investigate.suspects.artefacts import tokens
from logmedic.investigate.suspects.scene import Reason, Scene, View
from logmedic.investigate.suspects.workload import Pattern, first, gone, new, reasons
from logmedic.model import Text

_NETWORK = frozenset({"dns", "connection", "upstream-timeout", "upstream-down"})
_REFUSED = frozenset({"permission", "credentials", "client-error"})
_BUSY = frozenset(
    {"deadlock", "pool-exhausted", "slow", "upstream-timeout", "rate-limited", "out-of-memory", "disk-full"}
)
_FILES = re.compile(
    r"readOnlyRootFilesystem|runAsUser|runAsNonRoot|runAsGroup|fsGroup|^\s*USER\s|\bchmod\b|\bchown\b|\bumask\b|"
    r"capabilities|privileged|seccomp|apparmor|selinux|:ro\b|readOnly:|read_only|defaultMode|ProtectSystem|ReadWritePaths|"
    r"noexec|0o?[0-7]{3}\b",
    re.IGNORECASE,
)
_ACCESS = re.compile(
    r"\brevoke\b|\bgrant\b|\bscopes?\b|polic(?:y|ies)|\broles?\b|permissions?\b|\bacl\b|principal|serviceAccount|"
    r"\"Action\"|\"Resource\"|\ballow|\bdeny\b|authoriz",
    re.IGNORECASE,
)
_SECRET = re.compile(r"secret|password|passwd|api[_-]?key|token|credential|client_id|vault|keyring", re.IGNORECASE)
_TRUST = re.compile(
    r"ca[-_]?cert|ca[-_]?bundle|certifi\b|trust[-_]?store|key[-_]?store|verify|root[-_]?ca|\.pem\b|\.crt\b|\.p12\b|\.jks\b|"
    r"issuer|ssl|tls|server_?name|\bsni\b|cipher|x509",
    re.IGNORECASE,
)
_IMAGE = re.compile(r"^\s*FROM\s|^\s*image:\s", re.IGNORECASE)
_WAYS = re.compile(
    r"network_?policy|egress|ingress(?!\.kubernetes)|security_?group|firewall|iptables|\bcidr|from_port|to_port|allowed_hosts|"
    r"dnsPolicy|ndots|nameserver|resolv|\bproxy\b(?!-)|no_proxy|http_proxy|subnet|route_table|\bvpc|peering|\bmtls\b|"
    r"AuthorizationPolicy|ServiceEntry|PeerAuthentication|podSelector|namespaceSelector",
    re.IGNORECASE,
)
_SCHEDULE = re.compile(
    r"\bcron|schedule|crontab|run_at|every\(|@daily|@hourly|[\"\'](?:[\d*/,-]{1,9} ){4}[\d*/,A-Za-z-]{1,9}[\"\']",
    re.IGNORECASE,
)
_BRAKE = re.compile(
    r"back[-_]?off|jitter|rate[-_]?limit|throttl|semaphore|limiter|debounce|retry[-_]?after|sleep\(", re.IGNORECASE
)
_ATOMIC = re.compile(r"transaction|\batomic\b|\bbegin\b|isolation|\bcommit\(", re.IGNORECASE)
_FORM = re.compile(
    r"\w{0,20}seriali[sz]er\w{0,10}|isoformat|strftime\([^)]{1,40}|toISOString|toString|DateTimeFormatter\.\w{1,40}|\bdumps?\(|msgpack|protobuf|\bavro\b|"
    r"\bjson\b|h(?:get|mget)?set(?:ex)?\b|(?<=redis\.)\w{2,12}|gzip|snappy|\blz4\b|\bzstd\b|utf-?\d{1,2}(?:-sig)?|latin-?1|iso-8859-\d{1,2}|charset=[\w-]{2,20}|"
    r"content-type\W{1,5}[\w/+.-]{3,40}|delimiter\W{1,4}.|separator\W{1,4}.|to_csv|to_json|to_xml|base64|hexlify|epoch\w{0,8}|timestamp\(\)|"
    r"unix\w{0,6}|RFC\d{4}\w{0,5}",
    re.IGNORECASE,
)
_LOCAL = re.compile(r"127\.0\.0\.1|localhost|\[::1\]")
# What somebody else did to a certificate or a key, in the words of who refuses it.
_ENDED = frozenset({"expired", "expire", "revoked", "disabled", "deactivated", "suspended", "blocked", "cancelled"})


def _either(pattern: re.Pattern[str]) -> Callable[[Hunk], str | None]:
    """On a line that came or went. One that both sides have as it was is not in the hunk."""
    return lambda hunk: first(hunk.added, pattern) or first(hunk.removed, pattern)


_DENIES = re.compile(r"\brevoke\b|\bdeny\b|\bcondition|require|forbid|restrict|\bonly\b|least", re.IGNORECASE)


def _narrower(hunk: Hunk) -> str | None:
    """A right that went away or is bound to more; one that was only added refuses nobody."""
    lost = first(hunk.removed, _ACCESS)
    before = set(tokens(hunk.removed))
    if lost and before and before <= set(tokens(hunk.added)):
        return None
    return lost or (first(hunk.added, _DENIES) and first(hunk.added, _ACCESS))


def _other_form(hunk: Hunk) -> str | None:
    """Something is written in another form than before: both sides write it, each in its own way."""
    if h.only_logs(hunk):
        return None
    before, after = ({form.lower() for line in side if not h.is_comment(line) for form in _FORM.findall(line)}
                     for side in (hunk.removed, hunk.added))  # fmt: skip
    return first(hunk.added, _FORM) if before and after and before != after else None


def _other_secret(hunk: Hunk) -> str | None:
    """A secret that is read from elsewhere, or that is no longer read."""
    return first(hunk.removed, _SECRET)


PATTERNS = (
    Pattern(frozenset({"permission"}), Text("it changed who may use which files", "파일 접근 권한 변경"), _either(_FILES), 0.6),
    Pattern(_REFUSED, Text("it changed who may do what", "접근 권한 변경"), _narrower, 0.5),
    Pattern(frozenset({"credentials"}), Text("it changed credentials", "인증 정보 변경"), _other_secret, 0.45),
    Pattern(frozenset({"bad-data"}), Text("it changed the form in which something is written", "데이터를 쓰는 형식 변경"), _other_form, 0.52),
    Pattern(frozenset({"certificate"}), Text("it changed which certificates are trusted", "신뢰하는 인증서 변경"), _either(_TRUST), 0.55),
    Pattern(frozenset({"certificate"}), Text("it changed the image", "이미지 변경"), _either(_IMAGE), 0.5),
    Pattern(_NETWORK, Text("it changed the ways of the network", "네트워크 경로 변경"), _either(_WAYS), 0.52),
    Pattern(frozenset({"connection", "upstream-down"}), Text("it listens to this machine alone", "로컬 주소에서만 수신"), new(_LOCAL), 0.55),
    Pattern(_BUSY, Text("it changed when a job runs", "작업 실행 시각 변경"), _either(_SCHEDULE), 0.45),
    Pattern(frozenset({"rate-limited", "overloaded"}), Text("it took a brake away", "호출 억제 장치 제거"), gone(_BRAKE), 0.55),
    Pattern(frozenset({"deadlock"}), Text("it changed a transaction", "트랜잭션 변경"), _either(_ATOMIC), 0.4),
)  # fmt: skip


def by_mechanism(scene: Scene, view: View) -> Iterator[Reason]:
    """A certificate or key that has ended says itself why: only half as much speaks for a change then."""
    outside = scene.kind.id in {"certificate", "credentials"} and not scene.clues.words.isdisjoint(_ENDED)
    for reason in reasons(PATTERNS, scene, view):
        yield Reason(reason.weight * 0.5, reason.why) if outside else reason
    yield from _by_port(scene, view)


def _by_port(scene: Scene, view: View) -> Iterator[Reason]:
    """The port or host that the error could not reach was what stood here before, or is what stands here now."""
    if scene.kind.id not in _NETWORK:
        return
    for file, hunk in view.hunks:
        for name, old, new_ in numbers_of(hunk):
            if old is None or new_ is None or old.amount == new_.amount:
                continue
            if not {old.text, new_.text}.isdisjoint(scene.clues.ports) and (
                "port" in name.lower() or old.amount > 1_023
            ):
                why = f"from {old.text} to {new_.text} ({file.path})"
                yield Reason(
                    0.7, Text(f"it changed {name} {why}", f"{name} 변경: {old.text} → {new_.text} ({file.path})")
                )
                return
        for change in replaced(hunk):
            host = next((host for host in scene.clues.hosts if host in (change.old.lower(), change.new.lower())), "")
            if host and change.old and h.parts_of(host):
                yield Reason(0.6, Text(f"it changed {change.name}, which had or has {host} ({file.path})",
                                       f"{change.name} 변경: {host} ({file.path})"))  # fmt: skip
                return
