"""Names of fields whose values are secrets, whatever they look like."""

from __future__ import annotations

from collections.abc import Iterator

_CHOSEN = ("password", "passwd", "passphrase", "passcode", "비밀번호", "암호", "패스워드")
_ALONE = ("secret", "token", "credential", "credentials", "비밀키", "인증키", "접근키", "시크릿", "토큰")
_OF_TWO = (
    "api key", "app secret", "access key", "private key", "account key", "shared key", "encryption key", "signing key",
    "secret key", "subscription key", "functions key", "master key", "service key", "auth key",
    "deploy key", "webhook key", "merchant key", "consumer key", "session id", "sess id",
)  # fmt: skip
_PASSES = ("db pass", "user pass", "smtp pass", "mail pass", "admin pass", "root pass", "redis pass", "mysql pass")
_OTHER = ("phpsessid", "jsessionid", "connect.sid")
_IN_TEXTS = ("_pass", "&pass", "?pass", "_auth")  # as fields, `pass` and `auth` are more often something else
_FIELDS_ONLY = (
    "authorization", "cookie", "cookies", "set-cookie", "card number", "cvv", "cvc", "ssn", "resident number", "totp",
    "주민등록번호", "private key id", "pwd", "otp seed", "jwt",
)  # fmt: skip
_PARTS = ("", "_", "-", " ", ".")


def normal(name: str) -> str:
    """A name without case and what may part its words."""
    return name.lower().replace("-", "").replace("_", "").replace(".", "").replace(" ", "")


def _spelled(pairs: tuple[str, ...]) -> Iterator[str]:
    return (part.join(pair.split(" ")) for pair in pairs for part in _PARTS)


CHOSEN = (*_CHOSEN, *_IN_TEXTS, *_spelled(_PASSES))
"""As they stand in texts, in lower case: what people chose, which may be any word."""

MADE = (*_ALONE, *_OTHER, *_spelled(_OF_TWO))
"""What generators made."""

ENDINGS = tuple(dict.fromkeys(normal(word) for word in (*_CHOSEN, *_ALONE, *_OTHER, *_OF_TWO, *_PASSES, *_FIELDS_ONLY)))
"""How the normal names of such fields end."""
