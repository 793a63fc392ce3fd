"""The default rules as ripgrep and jq can state them, written safely: any spacing, key order and escape."""

from __future__ import annotations

_COMMON = r'|\\u00[4-7]|"(?:AI_|AUTH_|DB_)|"duration_ms"\s*:\s*(?:[5-9][0-9]{3}|[1-9][0-9]{4}|-?[0-9.]+[eE])'
RIPGREP = {
    "ripgrep, words in capitals": r'"(?:ERROR|FATAL|CRITICAL|PANIC|EMERG)"' + _COMMON,
    "ripgrep, words in any case": r'"(?i:ERROR|FATAL|CRITICAL|PANIC|EMERG)"' + _COMMON,
}
JQ = (
    'select(.level == "ERROR" or .fields.duration_ms > 5000 '
    'or ((.fields.error_code // "") | test("^(AI|AUTH|DB)_"))) | 1'
)
