"""Digits that mean something. Everything here is compared in lower case."""

from __future__ import annotations


def _listed(words: str) -> list[str]:
    return words.split()


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
# Digits in them are read as 0.
KEPT_AFTER = {
    "status": 3, "statuscode": 3, "status_code": 3, "status-code": 3, "http": 3, "http_status": 3, "httpstatus": 3,
    "http_code": 3, "httpcode": 3, "response_code": 3, "responsecode": 3, "http/0": 3, "http/0.0": 3,
    "response": 3, "code": 4, "curl": 2, "errno": 5, "errorcode": 5, "error_code": 5, "err_code": 5,
    "exit": 3, "exitcode": 3, "exit_code": 3, "exitstatus": 3, "returncode": 3, "return_code": 3, "rc": 3, "signal": 2,
    "grpc-status": 2, "grpc_status": 2, "sqlcode": 5, "sqlstate": 5, "hresult": 5, "ntstatus": 5, "winerror": 5,
    "error": 5, "상태": 3, "코드": 4, "오류": 5, "에러": 5, "응답": 3, "状态码": 3, "错误码": 5, "错误": 5,
    "ステータス": 3, "エラーコード": 5, "エラー": 5,
}  # fmt: skip
ANSWERED = frozenset(
    {"answered", "returned", "responded", "replied", "got", "received"}
)  # three digits may be a status
# The same for words that are never said of what was counted; and what may follow then.
REPLIED = frozenset({"answered", "returned", "responded", "replied"})
REPLIED_TO = frozenset({"for", "from", "on", "to", "while", "when", "after", "instead"})
# What has codes, and words for a code: together, in any spelling, the key of one.
CODE_OWNERS = frozenset(
    _listed("""
    close ecode err error exception exit http native reason reject reply resp response result ret return signal sql
    status sub termination vendor ws
    오류 에러 결과 응답 거절 사유 상태 종료 반환 실패 예외
    エラー ステータス 結果 応答 終了 理由 错误 状态 返回 响应 退出 结果 失败
""")
)
CODE_WORDS = frozenset(_listed("code codes status 코드 コード 码 代码 代碼"))
# These number other things too, so only after these owners.
NUMBERED_OWNERS = frozenset(_listed("err error exit native 오류 에러 エラー 错误"))
NUMBER_WORDS = frozenset(_listed("no num number value 번호 番号 编号"))
NO_CODES = frozenset(
    _listed("""
    activation area auth bar confirmation country coupon currency discount gift invitation invite item otp pin post
    postal product promo promotion qr referral security sms verification voucher zip
    상품 우편 인증 지역 쿠폰 초대 할인 국가
""")
)
REASONS = frozenset(
    {"Continue", "OK", "Created", "Accepted", "No", "Moved", "Found", "Bad", "Unauthorized", "Payment", "Forbidden",
     "Not", "Method", "Request", "Conflict", "Gone", "Length", "Precondition", "Payload", "URI", "Unsupported",
     "Unprocessable", "Locked", "Failed", "Too", "Internal", "Gateway", "Service", "HTTP", "Client", "Server"}
)  # fmt: skip
CODE_PREFIXES = frozenset({
    "aadsts", "ca", "cs", "cve", "err", "fs", "iso", "kb", "lnk", "msb", "ora", "pls", "rfc", "sqlstate", "sqlcode",
    "tns",
    "ts", "wsaerror",
})  # fmt: skip
SECRET_ENDINGS = ("password", "passwd", "pwd", "secret", "token", "apikey", "api_key", "api-key", "access_key")

CALENDAR = frozenset({
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec", "mon", "tue", "wed", "thu",
    "fri", "sat", "sun", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "january",
    "february", "march", "april", "june", "july", "august", "september", "october", "november", "december",
})  # fmt: skip
ZONES = frozenset({"GMT", "UTC", "Z", "KST", "JST", "CET", "CEST", "EST", "EDT", "PST", "PDT", "AM", "PM", "am", "pm"})
_DURATIONS = (
    "ns", "us", "µs", "μs", "ms", "msec", "msecs", "s", "sec", "secs", "second", "seconds", "min", "mins", "minute",
    "minutes", "h", "hr", "hrs", "hour", "hours", "day", "days", "millisecond", "milliseconds", "microsecond",
    "microseconds", "nanosecond", "nanoseconds", "millis", "milli",
)  # fmt: skip
_SIZES = ("b", "byte", "bytes", "kb", "mb", "gb", "tb", "kib", "mib", "gib", "tib")
UNITS = dict.fromkeys(_DURATIONS, "<dur>") | dict.fromkeys(_SIZES, "<size>")
# Units written onto a number in scripts without spaces; the longer ones first.
RUN_ON_UNITS = (
    ("밀리초", "<dur>"), ("시간", "<dur>"), ("초", "<dur>"), ("분", "<dur>"), ("일", "<dur>"), ("바이트", "<size>"),
    ("ミリ秒", "<dur>"), ("毫秒", "<dur>"), ("分钟", "<dur>"), ("小时", "<dur>"), ("時間", "<dur>"), ("秒", "<dur>"),
    ("分", "<dur>"), ("字节", "<size>"), ("バイト", "<size>"),
)  # fmt: skip
# Korean particles change with the sound that ends the word before, which a number or a name decides.
PARTICLES = {
    "을": "를", "은": "는", "이": "가", "과": "와", "으로": "로", "이나": "나", "이며": "며", "이고": "고",
    "이라": "라",
    "이라는": "라는", "이라고": "라고", "이란": "란", "이었습니다": "였습니다", "이에요": "예요", "으로부터": "로부터",
    "으로는": "로는", "으로의": "로의", "이랑": "랑",
}  # fmt: skip
# Words that end like an honorific: weather, handwriting, skill; specification, pattern, various, same.
NO_HONORIFICS = ("날씨", "글씨", "솜씨", "말씨", "불씨", "仕様", "模様", "多様", "同様", "一様", "異様")
HALVES_OF_DAY = frozenset({"오전", "오후", "午前", "午後", "上午", "下午"})
HONORIFICS = ("님", "씨", "さん", "様", "先生", "女士")
TITLES = frozenset({"고객", "회원", "사용자", "손님", "선생", "사장", "관리자", "담당자", "お客", "皆", "奥"})

FILE_ROOTS = frozenset(
    {"home", "tmp", "var", "usr", "opt", "mnt", "data", "proc", "dev", "srv", "root", "Users", "private", "run", "sys",
     "Volumes", "nix", "snap", "app", "workspace", "builds", "lib", "lib64", "media"}
)  # fmt: skip
# Top-level names that end the name of a machine; names of classes and packages begin with some of them.
TOP_LEVELS = frozenset({
    "arpa", "biz", "ca", "cloud", "cluster", "cn", "co", "com", "consul", "corp", "de", "dev", "edu", "eu",
    "example", "fr",
    "gov", "home", "in", "info", "int", "internal", "intra", "io", "it", "jp", "kr", "lan", "local", "localdomain",
    "net",
    "nl", "org", "prod", "ru", "service", "staging", "svc", "test", "tw", "uk", "us",
})  # fmt: skip
PACKAGES = frozenset({"com", "org", "net", "io", "java", "javax", "jakarta", "kotlin", "scala", "sun", "kr", "co",
    "de", "dev",
                      "jp", "cn", "edu", "gov", "app", "android", "androidx"})  # fmt: skip
# Ports that name a service, and so tell one outage from another.
PORTS = frozenset({
    "1433", "1521", "1883", "2181", "2379", "3000", "3306", "4222", "4317", "4318", "5432", "5601", "5671", "5672",
    "5984",
    "6379", "6443", "7000", "7474", "7687", "8080", "8086", "8123", "8200", "8443", "8500", "8529", "9000", "9042",
    "9090",
    "9092", "9093", "9200", "9300", "9411", "10250", "11211", "11434", "15672", "16686", "26257", "26379", "27017",
    "27018", "27019", "50051",
})  # fmt: skip

PORT_LENGTHS = frozenset(map(len, PORTS))

# Before a name: of a person or an account; of a machine; of something in the source code or a schema.
USERS = frozenset({
    "user", "username", "user_name", "login", "account", "owner", "role", "logname", "ruser", "uname", "author",
    "assignee",
    "member", "customer", "acct", "사용자", "사용자명", "아이디", "계정", "회원", "用户", "ユーザー", "ユーザ",
    "utilisateur",
    "usuario", "benutzer",
})  # fmt: skip
HOSTS = frozenset({
    "host", "hostname", "node", "nodename", "server", "machine", "broker", "replica", "peer", "instance", "vm", "rhost",
    "remote_host", "remote_addr", "client_ip", "src_ip", "dst_ip", "addr", "호스트", "노드", "서버", "主机", "ホスト",
})  # fmt: skip
PODS = frozenset({"pod", "pods", "pod_name", "podname", "container", "replicaset"})
# What "=" gives such a key is one of many, whatever it looks like.
OPAQUE = frozenset({
    "id", "ids", "sid", "session", "session_id", "sessionid", "request_id", "requestid", "req_id", "trace_id",
    "traceid",
    "span_id", "spanid", "trace", "correlation_id", "tty", "pid", "uid", "gid", "euid", "ref", "etag", "cursor",
    "nonce",
    "digest", "checksum", "hash", "uuid", "guid", "tenant", "email", "phone", "ip", "city", "filename", "tag", "ws",
})  # fmt: skip
NAMES = frozenset({
    "column", "table", "relation", "attribute", "attr", "field", "property", "function", "method", "module", "package",
    "class", "type", "index", "constraint", "schema", "database", "parameter", "param", "argument", "arg",
    "variable", "var",
    "option", "setting", "header", "command", "named", "import", "name", "key", "extension", "enum", "keyword",
    "flag", "queue", "topic", "bucket", "plugin", "feature", "trait", "struct", "interface", "macro", "symbol",
    "operator",
    "view", "sequence", "trigger", "procedure", "metric", "label", "element", "directive", "scheme", "protocol",
    "environment", "identifier", "policy", "rule", "template", "component", "service", "upstream", "endpoint",
    "route", "bean", "dependency", "crate", "library", "컬럼", "열", "테이블", "필드", "속성", "함수", "메서드", "모듈",
    "클래스", "키", "변수", "설정", "항목", "テーブル", "カラム", "列", "フィールド", "属性", "関数", "表", "字段",
    "函数",
})  # fmt: skip
# After these a name without quotation marks keeps its digits too.
SCHEMA = frozenset({
    "column", "table", "relation", "attribute", "field", "property", "function", "method", "module", "class",
    "constraint", "parameter", "argument", "variable", "schema", "flag", "feature", "toggle", "컬럼", "테이블", "필드",
})  # fmt: skip
VALUES = frozenset({
    "value", "values", "input", "string", "literal", "entry", "text", "variant", "token", "filename", "file", "host",
    "hostname",
    "email", "e-mail", "id", "title", "query", "address", "session", "character", "char", "got", "date", "number",
    "url",
    "path", "phone", "city", "phrase", "keyword", "값", "입력값", "입력", "문자열", "파일", "제목", "검색어", "이메일",
    "値", "入力", "文字列", "ファイル", "值", "输入", "文件",
})  # fmt: skip
READING = frozenset({"parse", "parsed", "parsing", "convert", "converting", "cast", "decode", "decoding",
    "deserialize", "coerce",
                     "literal", "malformed", "unparseable"})  # fmt: skip
# Keys, and words before a colon, whose values say what happened.
TELLING = NAMES | frozenset({
    "description", "errmsg", "err_msg", "error_description", "error_message", "errormessage", "summary", "text",
    "action", "app", "cause", "check", "code", "detail", "details", "err", "error", "errno", "event", "exception",
    "handler",
    "job", "kind", "level", "message", "mode", "msg", "op", "operation", "phase", "reason", "result", "severity",
    "source",
    "stage", "state", "status", "step", "task", "test", "이유", "사유", "원인", "오류", "상태", "理由", "原因",
})  # fmt: skip
# After "user" these are no names.
NO_NAMES = frozenset(
    _listed("""
    a access account action activity agent already an and api app are as at auth authentication authorization avatar
    balance
    base by cache cannot client code config configuration content context could count created creation credential
    credentials
    data database db defined deleted deletion did directory disabled does email entity error exceeded exists expired
    fail failed
    feed field file for from group had has have history id ids in info information input interface invalid is key
    level limit
    list load lock locked login logged logout lookup management mapping message missing mode model name names no not
    object of
    on or page password payment permission permissions policy portal preference preferences privilege privileges profile
    provided query quota rate record records registration repository request requests role roles row schema search
    selected
    service session sessions settings setup should space stats status store supplied sync table tasks that the to
    token tokens
    tried type types unknown update was were when which while who will with without
    active address billing blocked checking closed deposit disabled inactive locked open pending savings shipping
    statement support suspended terminated transfer wallet
    정보 인증 세션 권한 계정 요청 입력 이름 데이터 설정 목록 비밀번호 를 가 는 의 에 로 와 를찾을 이 을 은 님
""")
)
# A bare name between "user" and one of these is a name.
AFTER_NAMES = frozenset(
    _listed("""
    from is has was not does did at on logged failed cannot can't could tried with via by to in attempted exceeded
    had are
    doesn't isn't lacks must needs requested unknown locked in over using and for because
""")
)
BEFORE_USERS = frozenset({"for", "by", "invalid", "unknown", "of", "such", "illegal", "unauthorized", "as", "failed",
    "from",
                          "disabled", "locked", "to"})  # fmt: skip
# "for" or "by" a user "from" a machine: what was done with a login.
LOGINS = frozenset(
    _listed("""
    access accepted attempt attempts attempted authenticated authentication connection disconnected gssapi-with-mic
    issued key keyboard-interactive/pam login logins logon none password publickey rejected request session
""")
)
METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
ROUTES = frozenset({"route", "endpoint", "uri"})
TYPES = frozenset(
    _listed("""
    array bigint bool boolean bytes char date datetime decimal dict double float function int integer list long map none
    nonetype null number object set str string symbol tuple undefined uuid
""")
)
