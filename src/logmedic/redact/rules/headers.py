"""Headers that log somebody in, as clients, servers and proxies write them down."""

from logmedic.redact.rule import rule

_SCHEMES_OF_TOKENS = (
    r"(?:Bearer|Basic|Negotiate|NTLM|Api-?Key|Token|PortOne|KakaoAK|SSWS|GenieKey|Splunk|Bot|Key)[ \t+]{1,4}"
)
_SCHEMES_OF_FIELDS = r"(?:Digest|Signature|OAuth|Hawk|AWS4-HMAC-SHA256|HMAC-SHA256|GoogleLogin)[ \t]{1,4}"
_GAP = r"\\{0,7}[\"']?\]?[ \t]{0,4}(?:=>|[:=,]|%3A(?:%20|\+)?)[ \t]{0,4}b?\\{0,7}[\"']?"  # between a name and its value
_PROSE = (
    r"(?!(?:failed|failure|denied|required|error|missing|expired|invalid|rejected|succeeded|successful|for|is|was|not"
    r"|none|null|true|false|header|malformed|disabled|enabled|check)\b)"
)
_COOKIE = r"[^\s=;,\"'<\\]{1,200}=[^\s;\"'<\\]{1,4000}"
_ATTRIBUTE = r"[^\s=;,\"'<\\]{1,200}(?:=[^\s;\"'<\\]{0,4000})?"


def _no_word(text: str) -> bool:
    """``Bearer authentication`` and ``basic auth.`` are words of a sentence."""
    return any(c.isdigit() or c in "+/=" for c in text) or not (text[1:].islower() or text.isupper())


def _with_digits(text: str) -> bool:
    return sum(c.isdigit() for c in text) >= 3


RULES = (
    rule("authorization", "authorization", r"authorization" + _GAP + r"(?:" + _SCHEMES_OF_TOKENS + r"(?!<)"
         r"([^\s\"'<>,;\\]{3,4000})|" + _SCHEMES_OF_FIELDS + r"(?!<)((?:[^\r\n<\\]|\\(?!n)){3,4000})"
         "|(?!" + _SCHEMES_OF_TOKENS + "<)" + _PROSE +
         r"([^\s\"'<\\][^\r\n\"'<\\]{3,4000}))", "Authorization: Bearer {s40}", ignore_case=True),
    rule("authorization", "bearer|basic |digest |negotiate |apikey |ntlm |geniekey |splunk |basic%20|basic+",
         r"(?<![A-Za-z])(?:Bearer|Basic|Digest|Negotiate|ApiKey|NTLM|GenieKey|Splunk)(?:[ \t+]{1,4}|%20)"
         r"([A-Za-z0-9+/=._~%-]{8,8000})", "Bearer {s40}", ignore_case=True, check=_no_word),
    rule("authorization", "token ", r"(?<![A-Za-z])Token[ \t]{1,4}([A-Za-z0-9+/=._~-]{16,8000})", "Token {h40}",
         ignore_case=True, check=_with_digits),
    rule("cookie", "cookie", r"cookies?" + _GAP + r"\{?(" + _COOKIE + r"(?:;[ \t]?" + _ATTRIBUTE + r"){0,60})",
         "Cookie: sid={w40}; theme={w4}", ignore_case=True),
    rule("header", "x-api-key|x-apikey|x-auth|x-functions-key|x-secret-key|x-goog-api-key|x-vault-|x-hook-"
         "|private-token", r"(?:x-[a-z-]{2,30}|private-token)" + _GAP + r"([^\s\"'<>,;\\]{6,4000})", "X-Api-Key: {w32}",
         ignore_case=True),
    rule("header", "circle-token|x-postmark-server-token|x-shopify-access-token|x-figma-token|"
         "ocp-apim-subscription-key",
         r"[a-z-]{4,40}" + _GAP + r"([^\s\"'<>,;\\]{6,4000})", "Ocp-Apim-Subscription-Key: {h32}", ignore_case=True),
)  # fmt: skip
