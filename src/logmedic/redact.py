"""Secrets and personal data out of texts, before they reach the store, a model or a channel.

Every rule names literals of which one must occur before its pattern is tried, so an ordinary line costs a few
substring searches. Patterns use bounded quantifiers that are never nested, and start at a literal or at the edge of a
word: the time is linear in the length of the text. What is found becomes a placeholder such as ``<email:1>``: the same
value has the same number everywhere in one text (or record), so that a reader can still tell two people apart.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from urllib.parse import quote

import msgspec

from logmedic.model import ExceptionPart, LogRecord, Match, Sample, Stack

SHORTEST_OWN_SECRET = 6  # characters; shorter ones would cut ordinary words to pieces
MOST_PASSES = 8  # a placeholder may lay open the edge of a neighbour, so what changed is looked at again
DEEPEST_VALUE = 64  # nesting of a JSON value that is followed; below it, everything is taken for a secret


class RedactConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to take out of texts beyond the built-in rules, and what to leave in."""

    personal: bool = True
    """Also e-mail addresses, phone, card and resident registration numbers; secrets are always taken out."""
    words: tuple[str, ...] = ()
    """Exact texts (6 characters or more) to take out wherever they occur."""
    keys: tuple[str, ...] = ()
    """Further names of fields whose values are secrets; case, ``-`` and ``_`` do not matter."""
    allow: tuple[str, ...] = ()
    """Exact values to leave in although a rule finds them, e.g. ``support@example.com``."""


class Rule(msgspec.Struct, frozen=True):
    """``group`` of ``pattern`` is the part to replace. ``needles`` are lower case; ``check`` has the last word.

    ``before`` must match somewhere in the last 64 characters before that part: for a value that nothing but its
    surroundings tells, found from the rare end, because tried from the front such a pattern is slow.
    """

    kind: str
    needles: tuple[str, ...]
    pattern: re.Pattern[str]
    group: int = 0
    check: Callable[[str], bool] | None = None
    before: re.Pattern[str] | None = None


def _luhn(text: str) -> bool:
    """The check digit of payment cards (ISO/IEC 7812-1, annex B); and not all digits alike."""
    digits = [ord(c) - 48 for c in text if c.isdigit()]
    doubled = sum(sum(divmod(d * 2, 10)) for d in digits[-2::-2])
    return 13 <= len(digits) <= 19 and len(set(digits)) > 1 and (doubled + sum(digits[-1::-2])) % 10 == 0


def _resident(text: str) -> bool:
    """Korean registration numbers start with YYMMDD; those given out since October 2020 carry no check digit.

    Without the hyphen the check digit is demanded all the same: 13 digits are more often a time in milliseconds.
    """
    if not (1 <= int(text[2:4]) <= 12 and 1 <= int(text[4:6]) <= 31):
        return False
    if "-" in text:
        return True
    rest = sum(int(d) * w for d, w in zip(text[:12], (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5), strict=True)) % 11
    return int(text[12]) in {(11 - rest) % 10, (13 - rest) % 10}  # nationals, foreigners


def _no_placeholder(text: str) -> bool:
    return not (text.startswith("<") or text.strip("*xX.•") == "" or text in _SAFE_VALUES)


_SAFE_VALUES = frozenset({"null", "none", "None", "nil", "true", "false", "True", "False", "undefined", "{}", "[]"})
_EDGE = r"(?<![A-Za-z0-9])"
_START = r"(?<![A-Za-z0-9_-])"  # for long values that may contain - and _: one try per run of such characters
_SCHEME = r"(?:Bearer|Basic|Digest|Negotiate|ApiKey|Token|AWS4-HMAC-SHA256)[ \t]{1,4}"
_END = r"(?![A-Za-z0-9])"
_KEY = (
    r"(?:pass(?:word|wd|phrase)|pwd|secret(?:[_-]?(?:access)?[_-]?key)?|(?:access|refresh|auth|id|api|session|bot|csrf|xsrf)"
    r"[_-]?token|token|(?:api|access|private|account|shared|encryption|signing)[_-]?key|client[_-]?secret|credentials?"
    r"|x-api-key|x-auth-token|session[_-]?id|비밀번호|암호)"
)


def _rule(
    kind: str,
    needles: str,
    pattern: str,
    group: int = 0,
    *,
    check: Callable[[str], bool] | None = None,
    before: str | None = None,
    flags: int = 0,
) -> Rule:
    context = None if before is None else re.compile(before, flags)
    return Rule(kind, tuple(needles.split("|")), re.compile(pattern, flags), group, check, context)


# Formats as their issuers document them; a length that an issuer may change is a range.
_SECRETS = (
    _rule("private-key", "-----begin", r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
          r"(?:[^-]|-(?!----)){0,20000}"
          r"(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----)?"),
    _rule("aws-key", "akia|asia|abia|acca|aroa|aida", _EDGE + r"(?:AKIA|ASIA|ABIA|ACCA|AROA|AIDA)[A-Z2-7]{16}" + _END),
    _rule("aws-secret", "aws", r"(?<=[\"'=: ])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])",
          before=r"aws.{0,24}?(?:secret|key).{0,12}?[\"'=: ]\Z", flags=re.IGNORECASE),
    _rule("aws-signature", "x-amz-", r"X-Amz-(?:Signature|Credential|Security-Token)=([^&\s\"'<]{8,2000})", 1,
          flags=re.IGNORECASE),
    _rule("google-key", "aiza", _EDGE + r"AIza[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])"),
    _rule("google-oauth", "ya29.|gocspx-", _EDGE + r"(?:ya29\.[A-Za-z0-9_-]{20,1000}|GOCSPX-[A-Za-z0-9_-]{20,60})"),
    _rule("azure-key", "accountkey=|sharedaccesskey=|sig=", r"(?:AccountKey=|SharedAccessKey=|[?&]sig=)"
          r"([A-Za-z0-9+/%_-]{20,200}={0,2})", 1, flags=re.IGNORECASE),
    _rule("azure-secret", "8q~", _EDGE + r"[A-Za-z0-9_~.-]{3}8Q~[A-Za-z0-9_~.-]{31,34}"),
    _rule("github-token", "ghp_|gho_|ghu_|ghs_|ghr_|github_pat_", _EDGE + r"(?:gh[pousr]_[A-Za-z0-9]{20,255}"
          r"|github_pat_[A-Za-z0-9_]{22,255})"),
    _rule("gitlab-token", "glpat-|gldt-|glrt-|glptt-|glcbt-", _EDGE + r"gl(?:pat|dt|rt|ptt|cbt)-"
          r"[A-Za-z0-9_.-]{20,300}"),
    _rule("slack-token", "xoxb-|xoxp-|xoxa-|xoxr-|xoxs-|xoxe|xapp-", _EDGE + r"(?:xox[abeprs](?:\.xox[bp])?-|xapp-)"
          r"[A-Za-z0-9-]{10,250}"),
    _rule("slack-webhook", "hooks.slack.com", r"https://hooks\.slack\.com/(?:services|workflows|triggers)/"
          r"[A-Za-z0-9_/+-]{10,120}"),
    _rule("discord-webhook", "/api/webhooks/|/api/v", r"https://(?:[a-z]{1,10}\.)?discord(?:app)?\.com/api/(?:v\d{1,2}/)?"
          r"webhooks/\d{5,25}/[A-Za-z0-9_-]{20,120}"),
    _rule("discord-token", "bot |token|discord", _EDGE + r"[MNO][A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6}\."
          r"[A-Za-z0-9_-]{27,45}"),
    _rule("telegram-token", ":aa", r"(?<![0-9A-Za-z])\d{8,10}:AA[A-Za-z0-9_-]{33}(?![A-Za-z0-9_-])"),
    _rule("stripe-key", "sk_live_|sk_test_|rk_live_|rk_test_|whsec_", _EDGE + r"(?:(?:sk|rk)_(?:live|test)_|whsec_)"
          r"[A-Za-z0-9+/]{16,255}={0,2}"),
    _rule("anthropic-key", "sk-ant-", _EDGE + r"sk-ant-[A-Za-z0-9_-]{8,255}"),
    _rule("openai-key", "sk-", _EDGE + r"sk-(?:proj-|svcacct-|admin-)?[A-Za-z0-9_-]{20,255}"),
    _rule("huggingface-token", "hf_", _EDGE + r"hf_[A-Za-z0-9]{30,60}"),
    _rule("npm-token", "npm_", _EDGE + r"npm_[A-Za-z0-9]{36}" + _END),
    _rule("pypi-token", "pypi-", _EDGE + r"pypi-[A-Za-z0-9_-]{50,1000}"),
    _rule("sendgrid-key", "sg.", _EDGE + r"SG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{30,64}"),
    _rule("mailgun-key", "key-", _EDGE + r"key-[0-9a-f]{32}" + _END),
    _rule("twilio-key", "sk|ac", _EDGE + r"(?:SK|AC)[0-9a-f]{32}" + _END),
    _rule("digitalocean-token", "dop_v1_|doo_v1_|dor_v1_", _EDGE + r"do[opr]_v1_[a-f0-9]{64}"),
    _rule("vault-token", "hvs.|hvb.", _EDGE + r"hv[sb]\.[A-Za-z0-9_-]{20,300}"),
    _rule("grafana-token", "glsa_|glc_", _EDGE + r"(?:glsa|glc)_[A-Za-z0-9_+/=-]{20,300}"),
    _rule("shopify-token", "shpat_|shpca_|shppa_|shpss_", _EDGE + r"shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}"),
    _rule("sentry-dsn", "ingest|sentry", r"https?://([0-9a-f]{32}(?::[0-9a-f]{32})?)@", 1),
    _rule("jwt", "eyj", _START + r"eyJ[A-Za-z0-9_-]{8,4000}\.[A-Za-z0-9_-]{4,8000}(?:\.[A-Za-z0-9_-]{0,4000}){0,3}"),
    _rule("authorization", "authorization", r"authorization[\"']?[ \t]{0,4}[:=][ \t]{0,4}[\"']?(?!" + _SCHEME + "<)"
          r"(?:" + _SCHEME + r")?([^\s\"'<][^\r\n\"'<]{3,4000})", 1, flags=re.IGNORECASE),
    _rule("authorization", "bearer|basic |digest |negotiate |apikey |token ", r"(?<![A-Za-z])" + _SCHEME +
          r"(?![a-z]{1,20}(?![A-Za-z0-9+/=._~-]))([A-Za-z0-9+/=._~-]{8,8000})", 1, flags=re.IGNORECASE),
    _rule("cookie", "cookie", r"(?:set-)?cookie[\"']?[ \t]{0,4}[:=][ \t]{0,4}[\"']?"
          r"([^\s=;\"'<]{1,200}=[^\r\n\"'<]{1,8000})", 1, flags=re.IGNORECASE),
    _rule("url-password", "//", r"//[^\s/:@?#<>\"']{0,200}:([^\s/<>\"']{1,400})@", 1, check=_no_placeholder),
    _rule("secret", "pass|pwd|secret|token|key|credential|session|비밀번호|암호",
          _KEY + r"\\?[\"']?[ \t]{0,4}(?:=>|[:=])[ \t]{0,4}\\?[\"']([^\"'\\\r\n]{1,2000})", 1,
          check=_no_placeholder, flags=re.IGNORECASE),
    _rule("secret", "pass|pwd|secret|token|key|credential|session|비밀번호|암호",
          _KEY + r"[\"']?[ \t]{0,4}(?:=>|[:=])[ \t]{0,4}([^\s\"'\\,;&<>(){}\[\]]{1,2000})", 1,
          check=_no_placeholder, flags=re.IGNORECASE),
)  # fmt: skip

_DIGITS = re.compile(r"(?:[0-9][ -]?){9}")  # needed by each rule below: a cheap first look
_NUMBERS = (
    _rule("resident-number", "", r"(?<![0-9A-Za-z.-])\d{6}-?[1-8]\d{6}(?![0-9A-Za-z]|-\d|\.\d)", check=_resident),
    _rule("card", "", r"(?<![0-9A-Za-z.-])[2-6]\d{3}(?:[ -]?\d{4}){2}[ -]?\d{1,7}(?![0-9A-Za-z]|\.\d)", check=_luhn),
    _rule("card", "", r"(?<![0-9A-Za-z.-])3[47]\d{2}[ -]?\d{6}[ -]?\d{5}(?![0-9A-Za-z]|\.\d)", check=_luhn),
    _rule("phone", "", r"(?<![0-9A-Za-z.-])(?:\+82[ -]?\(?0?\)?|0)(?:1[016789][ -]\d{3,4}[ -]\d{4}|10\d{8}"
          r"|(?:2|[3-6][1-5]|70|50\d)[ -]\d{3,4}[ -]\d{4})(?![0-9A-Za-z]|-\d)"),
    _rule("phone", "", r"(?<![0-9A-Za-z.-])\+[1-9]\d{0,2}[ -]\(?\d{1,4}\)?[ -]\d{3,4}[ -]?\d{3,4}(?![0-9A-Za-z])"),
)  # fmt: skip

_LOCAL = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._%+-"
_DOMAIN = re.compile(r"@(?:[A-Za-z0-9-]{1,63}\.){1,6}[A-Za-z]{2,24}(?![A-Za-z0-9])")
_PLACEHOLDER = re.compile(r"<([a-z-]{3,20}):(\d{1,6})>")
_KEY_ENDINGS = (
    "password", "passwd", "passphrase", "pwd", "secret", "secretkey", "token", "apikey", "accesskey", "privatekey",
    "authorization", "cookie", "credential", "credentials", "sessionid", "accountkey", "signingkey", "cardnumber",
    "cvv", "cvc", "ssn", "residentnumber", "비밀번호", "암호", "주민등록번호",
)  # fmt: skip


class _Names:
    """Numbers the values of one text: the same value, the same placeholder; never one that the text has already."""

    def __init__(self, texts: Sequence[str], allow: frozenset[str]) -> None:
        self._texts = texts
        self._allow = allow
        self._known: dict[tuple[str, str], str] = {}
        self._last: dict[str, int] | None = None

    def name(self, kind: str, value: str) -> str:
        if value in self._allow:
            return value
        placeholder = self._known.get((kind, value))
        if placeholder is None:
            last = self._counters()
            last[kind] = last.get(kind, 0) + 1
            placeholder = self._known[kind, value] = f"<{kind}:{last[kind]}>"
        return placeholder

    def _counters(self) -> dict[str, int]:
        if self._last is None:
            self._last = {}
            for text in self._texts:
                for found in _PLACEHOLDER.finditer(text):
                    self._last[found[1]] = max(self._last.get(found[1], 0), int(found[2]))
        return self._last


class Redactor:
    """Takes secrets and personal data out of texts, JSON values and records. Thread-safe, idempotent, never raises.

    ``secrets`` are our own (webhook addresses, API keys): taken out by exact match, also as a URL
    or JSON escapes them.
    """

    def __init__(self, config: RedactConfig | None = None, secrets: Sequence[str] = ()) -> None:
        self.config = config or RedactConfig()
        self._allow = frozenset(self.config.allow)
        self._keys = tuple(_key(k) for k in self.config.keys if _key(k)) + _KEY_ENDINGS
        own = {form for secret in (*secrets, *self.config.words) for form in _forms(secret)}
        self._own = tuple(sorted((o for o in own if len(o) >= SHORTEST_OWN_SECRET), key=lambda o: (-len(o), o)))
        self._own_rule = _rule("own", "", "|".join(map(re.escape, self._own)))

    def text(self, text: str) -> str:
        """The text with every find replaced; the same string when there is none."""
        return self._text(text, _Names((text,), self._allow))

    def exact(self, text: str) -> str:
        """Only our own secrets and the configured words taken out: what nothing but its exact text can tell."""
        return self._exact(text, _Names((text,), self._allow)) if self._own else text

    def name(self, name: str) -> str:
        """As :meth:`text`, for the name of a function, a type or a module: ``token::verify`` is no key with a value."""
        return self._path(name, _Names((name,), self._allow))

    def value(self, value: Any) -> Any:
        """A JSON value with its texts redacted, and whatever stands under a key such as ``password`` replaced."""
        return self._value(value, _Names(tuple(_texts(value)), self._allow), 0)

    def record(self, record: LogRecord) -> LogRecord:
        """The record with all its texts and the raw bytes redacted, numbered alike throughout."""
        return self._record(record, self._names_of(record))

    def stack(self, stack: Stack) -> Stack:
        """The stack with every text of its exceptions and frames redacted."""
        return self._stack(stack, _Names(tuple(p.message for p in stack.parts), self._allow))

    def sample(self, sample: Sample) -> Sample:
        """The sample with its record, the stack of its grouping and the reasons of its matches redacted."""
        names = self._names_of(sample.record)
        record = self._record(sample.record, names)
        grouping = sample.grouping
        if grouping.stack is not None:
            grouping = msgspec.structs.replace(grouping, stack=self._stack(grouping.stack, names))
        matches = tuple(Match(m.rule, self._text(m.reason, names), m.severity) for m in sample.matches)
        return Sample(record, grouping, matches)

    def _names_of(self, record: LogRecord) -> _Names:
        return _Names((record.message, record.raw.decode("utf-8", "replace"), record.stack_text or ""), self._allow)

    def _record(self, record: LogRecord, names: _Names) -> LogRecord:
        raw = record.raw.decode("utf-8", "replace")

        def clean(text: str) -> str:
            return self._text(text, names)

        def maybe(text: str | None) -> str | None:
            return None if text is None else clean(text)

        message = clean(record.message)
        redacted_raw = self._raw(record.raw, raw, names)
        return msgspec.structs.replace(
            record,
            message=message,
            service=clean(record.service),
            target=self._path(record.target, names),
            file=maybe(record.file),
            release=maybe(record.release),
            error_code=maybe(record.error_code),
            request_id=maybe(record.request_id),
            trace_id=maybe(record.trace_id),
            spans=tuple(self._path(s, names) for s in record.spans),
            exception_type=None if record.exception_type is None else self._path(record.exception_type, names),
            exception_message=maybe(record.exception_message),
            stack_text=maybe(record.stack_text),
            stack=None if record.stack is None else self._stack(record.stack, names),
            fields=self._value(record.fields, names, 0),
            raw=redacted_raw,
        )

    def _stack(self, stack: Stack, names: _Names) -> Stack:
        parts = (
            ExceptionPart(
                self._path(part.type, names),
                self._text(part.message, names),
                tuple(
                    msgspec.structs.replace(
                        frame,
                        function=self._path(frame.function, names),
                        path=self._text(frame.path, names),
                        module=self._path(frame.module, names),
                        code=self._text(frame.code, names),
                    )
                    for frame in part.frames
                ),
            )
            for part in stack.parts
        )
        return msgspec.structs.replace(stack, parts=tuple(parts))

    def _path(self, name: str, names: _Names) -> str:
        return "::".join(self._text(part, names) for part in name.split("::"))

    def _raw(self, raw: bytes, text: str, names: _Names) -> bytes:
        """Raw bytes stay as they are unless something is found; then a JSON line is written anew, keys considered."""
        try:
            value = msgspec.json.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            value = None
        if isinstance(value, dict | list):
            clean = self._value(value, names, 0)
            return raw if clean == value else msgspec.json.encode(clean)
        clean_text = self._text(text, names)
        return raw if clean_text == text else clean_text.encode("utf-8", "replace")

    def _value(self, value: Any, names: _Names, depth: int) -> Any:
        if isinstance(value, str):
            return self._text(value, names)
        if depth > DEEPEST_VALUE and isinstance(value, dict | list | tuple):
            return names.name("secret", "too deep to look at")
        if isinstance(value, dict):
            return {
                self._text(k, names) if isinstance(k, str) else k: self._field(k, v, names, depth)
                for k, v in value.items()
            }
        if isinstance(value, list | tuple):
            return [self._value(v, names, depth + 1) for v in value]
        return value

    def _field(self, key: Any, value: Any, names: _Names, depth: int) -> Any:
        if value is None or isinstance(value, bool) or value == "" or not self._secret_key(key):
            return self._value(value, names, depth + 1)
        if isinstance(value, str) and _PLACEHOLDER.fullmatch(value):
            return value
        return names.name("secret", value if isinstance(value, str) else repr(value))

    def _secret_key(self, key: Any) -> bool:
        return isinstance(key, str) and len(key) <= 100 and _key(key).endswith(self._keys)

    def _text(self, text: str, names: _Names) -> str:
        for _ in range(MOST_PASSES):
            clean = self._pass(text, names)
            if clean == text:
                break
            text = clean
        return text

    def _exact(self, text: str, names: _Names) -> str:
        return _apply(self._own_rule, text, names) if any(own in text for own in self._own) else text

    def _pass(self, text: str, names: _Names) -> str:
        text = self._exact(text, names)
        lower = text.lower()
        for rule in _SECRETS:
            for needle in rule.needles:
                if needle in lower:
                    text = _apply(rule, text, names)
                    break
        if self.config.personal:
            if "@" in text:
                text = _emails(text, names)
            if _DIGITS.search(text):
                for rule in _NUMBERS:
                    text = _apply(rule, text, names)
        return text


def _apply(rule: Rule, text: str, names: _Names) -> str:
    pieces: list[str] = []
    end = 0
    for found in rule.pattern.finditer(text):
        start, stop = found.span(rule.group)
        value = text[start:stop]
        if rule.check is not None and not rule.check(value):
            continue
        if rule.before is not None and not rule.before.search(text, max(0, start - 64), start):
            continue
        if _touches_placeholder(text, start, stop):
            continue
        pieces += (text[end:start], names.name(rule.kind, value))
        end = stop
    return "".join((*pieces, text[end:])) if pieces else text


def _touches_placeholder(text: str, start: int, stop: int) -> bool:
    """``<secret:1>`` reads like a key and its value: what was replaced once stays as it is."""
    if text.find("<", max(0, start - 30), stop) < 0:
        return False
    near = _PLACEHOLDER.finditer(text, max(0, start - 30), stop + 30)
    return any(found.start() < stop and found.end() > start for found in near)


def _emails(text: str, names: _Names) -> str:
    """From each ``@`` outwards: a pattern that starts with the local part would try every position of a long word."""
    pieces: list[str] = []
    end = 0
    at = text.find("@")
    while at >= 0:
        left = text[max(end, at - 64) : at]
        local = left[len(left.rstrip(_LOCAL)) :].lstrip(".%+-")
        domain = _DOMAIN.match(text, at) if local else None
        if domain is not None:
            pieces += (text[end : at - len(local)], names.name("email", local + domain[0]))
            end = domain.end()
        at = text.find("@", max(at + 1, end))
    return "".join((*pieces, text[end:])) if pieces else text


def _key(name: str) -> str:
    return name.lower().replace("-", "").replace("_", "").replace(".", "").replace(" ", "")


def _forms(secret: str) -> Iterator[str]:
    yield secret
    yield quote(secret, safe="")
    yield msgspec.json.encode(secret).decode()[1:-1]


def _texts(value: Any) -> Iterator[str]:
    """Every text inside a JSON value, without recursion: its depth is a stranger's choice."""
    todo = [value]
    while todo:
        item = todo.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, dict):
            todo.extend(item.values())
        elif isinstance(item, list | tuple):
            todo.extend(item)
