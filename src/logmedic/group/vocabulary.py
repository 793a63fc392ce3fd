"""Digits that mean something. Everything here is compared in lower case."""

from __future__ import annotations

ZEROS = {ord(d): "0" for d in "123456789"}

KEPT_WORDS = frozenset({
    "2fa", "a11y", "aarch64", "aes-128", "aes-256", "aes128", "aes256", "amd64", "argon2", "argon2id", "arm64",
    "armv7", "b2b", "b2c", "base16", "base32", "base58", "base64", "bigint2", "blake2b", "boto3", "bzip2", "c++11",
    "c++17", "cp1252", "cp949", "crc32", "crc32c", "css3", "db2", "e2e", "ec2", "ed25519", "es256", "es384", "es5",
    "es6", "euc-kr", "ext2", "ext3", "ext4", "f16", "f32", "f64", "float16", "float32", "float64", "gpt-4", "gpt-5",
    "gzip2", "h1", "h2", "h264", "h265", "h2c", "h3", "hs256", "hs512", "html5", "http/1.0", "http/1.1", "http/2",
    "http/2.0", "http/3", "http1", "http2", "http3", "httpx2", "i128", "i16", "i18n", "i32", "i64", "i8", "ie11",
    "imap4", "in6", "int16", "int32", "int64", "int8", "ipv4", "ipv6", "iso-8859-1", "k8s", "l10n", "latin-1",
    "latin1", "linux64", "log4j", "log4j2", "lz4", "m2m", "md4", "md5", "mfa2", "mp3",
    "mp4", "neo4j", "nfs3", "nfs4", "nfsv4", "ntlmv2", "nvarchar2", "oauth1", "oauth2", "oauth2.0", "p-256", "p256",
    "p2p", "p384", "pbkdf2", "pop3", "psycopg2", "psycopg3", "py2", "py3", "python2", "python3",
    "rs256", "rs512", "rsa2048", "s3", "secp256k1", "sha-1", "sha-256", "sha-512", "sha1", "sha224", "sha256",
    "sha384", "sha512", "slf4j", "smb2", "smb3", "smbv1", "socks4", "socks5", "sqlite3", "sslv2", "sslv3",
    "tcp4", "tcp6", "tls1.0", "tls1.1", "tls1.2", "tls1.3", "tlsv1", "tlsv1.0", "tlsv1.1",
    "tlsv1.2", "tlsv1.3", "u128", "u16", "u32", "u64", "u8", "udp4", "udp6", "uint16", "uint32", "uint64", "uint8",
    "urllib3", "utf-16", "utf-16be", "utf-16le", "utf-32", "utf-8", "utf16", "utf8", "v0", "v1", "v2", "v3", "v4",
    "v5", "v6", "v7", "v8", "v9", "varchar2", "vec2", "vec3", "web2", "web3", "win32", "win64", "windows-1252",
    "x.509", "x25519", "x509", "x64", "x86", "x86_64", "zip64",
})  # fmt: skip
KEPT_SHAPES = frozenset(word.translate(ZEROS) for word in KEPT_WORDS)

# After these words (with what is usual between a word and its number) an integer of so many digits at most is kept.
KEPT_AFTER = {
    "status": 3, "statuscode": 3, "status_code": 3, "http": 3, "http_status": 3, "httpstatus": 3, "http/1.0": 3,
    "http/1.1": 3, "http/2": 3, "http/2.0": 3, "response": 3, "code": 3, "errno": 5, "errorcode": 5, "error_code": 5,
    "exit": 3, "exitcode": 3, "exit_code": 3, "exitstatus": 3, "returncode": 3, "return_code": 3, "rc": 3, "signal": 2,
    "sqlcode": 5, "sqlstate": 5, "hresult": 10, "winerror": 5, "error": 5, "상태": 3, "코드": 3,
}  # fmt: skip
CODE_OWNERS = frozenset({"exit", "status", "error", "return", "response", "http", "sql", "result", "vendor", "오류"})
REASONS = frozenset(
    {"Continue", "OK", "Created", "Accepted", "No", "Moved", "Found", "Bad", "Unauthorized", "Payment", "Forbidden",
     "Not", "Method", "Request", "Conflict", "Gone", "Length", "Precondition", "Payload", "URI", "Unsupported",
     "Unprocessable", "Locked", "Failed", "Too", "Internal", "Gateway", "Service", "HTTP", "Client", "Server"}
)  # fmt: skip
CODE_PREFIXES = frozenset({"ora", "tns", "pls", "cve", "rfc", "ts", "cs", "msb", "kb", "err", "sqlstate"})
SECRET_ENDINGS = ("password", "passwd", "pwd", "secret", "token", "apikey", "api_key", "api-key", "access_key")
CALENDAR = frozenset({
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec", "mon", "tue", "wed", "thu",
    "fri", "sat", "sun", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "january",
    "february", "march", "april", "june", "july", "august", "september", "october", "november", "december",
})  # fmt: skip
_DURATIONS = (
    "ns", "us", "µs", "ms", "s", "sec", "secs", "second", "seconds", "min", "mins", "minute", "minutes", "h", "hour",
    "hours", "day", "days", "millisecond", "milliseconds", "microseconds", "nanoseconds",
    "millis", "초", "밀리초", "분",
)  # fmt: skip
_SIZES = ("b", "byte", "bytes", "kb", "mb", "gb", "tb", "kib", "mib", "gib", "tib", "바이트")
UNITS = dict.fromkeys(_DURATIONS, "<dur>") | dict.fromkeys(_SIZES, "<size>")
FILE_ROOTS = frozenset(
    {"home", "tmp", "var", "usr", "opt", "mnt", "data", "proc", "dev", "srv", "root", "Users", "private", "run", "sys",
     "Volumes", "nix", "snap"}
)  # fmt: skip
