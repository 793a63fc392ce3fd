"""Whatever stands beside a name such as ``password``, in any notation that names and values have."""

import re

from logmedic.redact.rule import rule
from logmedic.redact.rules import words

_SAFE = frozenset(
    {"null", "none", "nil", "true", "false", "undefined", "{}", "[]", "[", "{", "redacted", "filtered", "yes", "no"}
)
_ADDRESS = re.compile(r"https?://[^\s@?]{1,400}")  # of a token's issuer, say


def _value(text: str) -> bool:
    """No placeholder, nothing that stands for "none", and no row of stars that somebody else left."""
    if text.startswith(("<", "${", "$(", "%(", "{{")) or _ADDRESS.fullmatch(text):
        return False
    return text.strip("*xX.•[]") != "" and text.strip("[]*").lower() not in _SAFE


def _mixed(text: str) -> bool:
    """What is more likely a password than a word: letters with digits or signs among them."""
    letters = any(map(str.isalpha, text))
    return letters and any(c.isdigit() or c in "!@#$%^&*+=~" for c in text.rstrip(".,;:!?)"))


def _random(text: str) -> bool:
    """As long and as mixed as only generators make them."""
    return len(text) >= 16 and any(map(str.isdigit, text)) and any(map(str.isupper, text)) and text.upper() != text


# What a sentence says of such a name, and the types and expressions that stand there in code.
_SAID = (
    "must|is|was|are|has|have|cannot|can|could|should|may|will|not|no|yes|does|did|the|an|to|for|at|in|by|and|or|with|from",
    "required|invalid|missing|expired|too|expected|unexpected|unable|failed|failure|wrong|incorrect|empty|length|mismatch",
    "needs?|verification|authentication|refresh|refreshed|error|field|malformed|unauthorized|unknown|denied|rejected",
    "revoked|take",
)
_TYPES = "string|str|number|int|bytes|optional|chararray|secretstr|char|any|object|boolean"
_OBJECTS = (
    "await|new|self|this|process|os|req|request|settings|config|cfg|conf|ctx|env|form|params|args|props|kwargs|options"
    "|response|resp|secrets|event"
)
_PROSE = (
    r"(?!(?:" + "|".join((*_SAID, _TYPES)) + r")\b(?![-_@!#$%^&*.]\w)"
    r"|(?:" + _OBJECTS + r")\b[ .\[(]"
    r"|(?<=[ \t])[A-Za-z_][A-Za-z_.]{0,60}[(\[])"
)
_WORD = r"(?!(?<=[ \t])[A-Za-z]{1,15}(?:[\s,;)\"'\\]|\.?(?:\s|\Z)))"  # no generator makes a token of a few letters

_MORE = r"(?:[_-]?(?:hash|value|confirm(?:ation)?|plain|text|new|old|again|\d))?"  # password_hash, password2
_CLOSED = r"(?:\\{0,7}[\"'`])?\]?"  # behind a name in quotation marks or brackets
_SEP = r"[ \t]{0,4}(?:=>|:=|->|=(?!=)|:(?!:)|：)[ \t]{0,4}"
_IN = r"(?:&?\[?(?:(?:Some|Ok|Just|Secret[A-Za-z]{0,8}|Password|Token|String|Sensitive|Optional)\()?)"  # Some("…
_STOP = r"\s|\Z|[\"'\\\])};,&|<]|[A-Za-z0-9_.-]{1,40}\\{0,3}[\"']?[=:]"  # behind a sign that ends a value
_BARE = (
    r"((?![\"'`\\<{\[(,;)}\]])"
    r"(?:[^\s\"'`<>\\,;&)(}{\]\[|]|[,;&)}\]|(\[{](?!" + _STOP + r")|\\(?![nrt\"'\\])){1,4000})"
)
_TAGGED = r"(?:[ \t][^<>\r\n]{0,200})?(?:>([^<>\r\n]{1,4000})</|&gt;([^&<>\r\n]{1,1000})&lt;)"
_PERCENT = r"(?:%22)?(?:%3A|%3D)(?:%20|\+)?(?:%22)?((?:[^\s\"'<>&,;%\\]|%(?!22|26|2C|7D)){1,2000})"


def _quoted(first: int) -> str:
    """A value in quotation marks, escaped or not. ``first``: the number of the first of its four groups."""
    plain = rf"b?([\"'`])((?:\\.|\{first}\{first}|(?!\{first})[^\\\r\n]){{1,4000}})"
    escaped = rf"b?(\\{{1,7}}[\"'])((?:(?!(?<!\\)\{first + 2})[^\r\n]){{1,4000}})"
    return f"{plain}|{escaped}"


def _field(prose: str) -> str:
    """What stands behind a name: quoted, escaped, bare unless it is ``prose``, between tags, percent-encoded."""
    return f"{_MORE}(?:{_CLOSED}{_SEP}{_IN}(?:{_quoted(1)}|{prose}{_BARE})|{_TAGGED}|{_PERCENT})"


_OPTIONS = r"[ ]{1,4}(?:([\"'])([^\"'\r\n]{1,500})|([^\s\"'<-][^\s\"'<]{0,500}))"
_IN_A_SENTENCE = r"[!#-&(-;=?-\[\]-_a-~]{6,200}"
_PARTICLE = r"(?:는|은|이|가|를|을)?"

RULES = (
    rule("secret", "|".join(words.CHOSEN), _field(_PROSE), "password={s20}", after=True, ignore_case=True,
         check=_value),
    rule("secret", "|".join(words.MADE), r"(?<!nexpected token)(?<!jsonwebtoken)" + _field(_PROSE + _WORD),
         "access_token={s20}", after=True, ignore_case=True, check=_value),
    rule("secret", "pwd", r"(?=\W)(?![\"']?[ \t]{0,4}[:=][ \t]{0,4}[\"']?[~/])" + _field(_PROSE),
         "Uid=app;Pwd={s20};", after=True, ignore_case=True, check=_value),
    rule("secret", "password|passwd|secret|token|api_key|authorization|비밀번호",
         _CLOSED + r",[ ]{0,2}\\{0,7}[\"']value\\{0,7}[\"']\s{0,3}:\s{0,3}(?:" + _quoted(1) + ")",
         '{"name": "db_password", "value": "{s20}"}', after=True, ignore_case=True, check=_value),
    rule("secret", "|".join((*words.CHOSEN, *words.MADE)), r"\\{0,7}[\"'],[ ]{0,2}b?(?:" + _quoted(1) + ")",
         "('password', '{s20}')", after=True, before=r"[\[(]b?\\{0,7}[\"'][A-Za-z0-9_.-]{0,40}", ignore_case=True,
         check=_value),
    rule("secret", "password|passwd|passphrase|token|secret|api-key|access-key|secret-key", _OPTIONS,
         "--db-password {s20}", after=True, before=r"--(?:[a-z0-9]{1,20}-){0,4}", ignore_case=True),
    rule("secret", "curl",
         r"curl[^\r\n]{0,200}? (?:-u|--user|--proxy-user)[ =]{1,2}[\"']?[^\s:\"'<]{1,64}:([^\s\"'<]{1,200})",
         "curl -s -u app:{s20} https://a.example.org", ignore_case=True),
    rule("secret", "sshpass|mysql",
         r"(?:sshpass|mysql(?:dump|admin)?)[^\r\n]{0,120}? -p[ ]?[\"']?([^\s\"'<-][^\s\"'<]{0,200})",
         "sshpass -p {s20} ssh app@db", ignore_case=True),
    rule("secret", "identified by|password '|password \"|password(|password ('",
         r"(?:identified by|password)[ ]{0,2}(?:password[ ]|values[ ])?\(?[ ]?"
         r"(?:'((?:[^'\r\n]|''){1,500})'|\"([^\"\r\n]{1,500})\")",
         "ALTER ROLE app WITH PASSWORD '{w20}'", ignore_case=True, check=_value),
    rule("secret", "password|passwd|passphrase",
         _MORE + r"(?:[ \t](?:is|was|of|to|set to|changed to))?[ \t]{1,2}[`\"']?(" + _IN_A_SENTENCE + ")",
         "the password is {w12}4a!", after=True, ignore_case=True, check=_mixed),
    rule("secret", "비밀번호|패스워드|암호", _PARTICLE + r"[ \t]{1,2}[`\"']?(" + _IN_A_SENTENCE + ")",
         "비밀번호는 {w12}4a! 입니다", after=True, check=_mixed),
    rule("secret", "token|secret|api key|토큰|인증키|비밀키",
         _PARTICLE + r"(?: (?:is|was|of|to|used|value))?[ \t]{1,2}[`\"']?([A-Za-z0-9_+/=.-]{16,500})",
         "the secret {w28}7aB was used", after=True, ignore_case=True, check=_random),
    rule("otp", "otp|verification code|one-time code|one-time password|인증번호|인증 번호|인증코드",
         r"(?:[_ ]?code)?\\{0,7}[\"']?(?:는|은|이|:|=| is| was|: )?[ \t\[(:=]{0,4}\\{0,7}[\"']?(\d{4,8})(?!\d|[.-]\d)",
         "인증번호 [{n6}]", after=True, ignore_case=True),
)  # fmt: skip
