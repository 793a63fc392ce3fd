"""The taxonomy of faults as data. Order matters: of two kinds whose phrases both occur, the first is meant.

So the kinds run from what is said in one way only (a full disk) to what many things can look like (a time-out).
"""

# ruff: noqa: E501  a table reads best with one thing a row; Korean counts double

from __future__ import annotations

from collections.abc import Mapping

from logmedic.investigate.faults.bugs import BUGS
from logmedic.investigate.faults.kind import Code, Kind
from logmedic.model import CauseKind, Severity, Text

_CRITICAL, _WARNING, _INFO = Severity.CRITICAL, Severity.WARNING, Severity.INFO
_STATUS_PAGE = Text(
    "Check the status page of the service that was called.", "호출한 외부 서비스의 상태 페이지를 확인하세요."
)


def _names(names: str) -> frozenset[str]:
    return frozenset(names.split())


_ALL = (
    Kind(
        id="disk-full", cause=CauseKind.CAPACITY, severity=_CRITICAL, code=Code.OUTSIDE,
        phrases=("no space left on device", "disk full", "enospc", "disk quota exceeded", "database or disk is full",
                 "not enough space on the disk", "no space left", "디스크 용량", "디스크가 가득", "저장 공간이 부족", "디스크 공간"),
        fewer=("storage", "disk", "volume_size", "rotate"), more=("retention", "keep", "backups", "max_history", "max_file_size"),
        codes=("disk_full", "enospc", "disk"),
        root=Text("A disk is full: writes fail.", "디스크가 가득 차서 쓰기 작업이 실패하고 있습니다."),
        actions=(Text("Free space or grow the volume, then find what filled it.", "공간을 확보하거나 볼륨을 늘린 뒤, 무엇이 디스크를 채웠는지 확인하세요."),
                 Text("Check log rotation and temporary files.", "로그 로테이션과 임시 파일을 점검하세요.")),
    ),
    Kind(
        id="out-of-memory", cause=CauseKind.CAPACITY, severity=_CRITICAL, code=Code.KNOB,
        types=_names("MemoryError OutOfMemoryError"),
        phrases=("out of memory", "oomkilled", "oom-kill", "cannot allocate memory", "java heap space",
                 "heap limit allocation failed", "oom killed", "exit code 137", "exit status 137", "cgroup out of memory", "memory limit", "gc overhead limit", "memory allocation of", "maxmemory", "메모리 부족", "메모리가 부족"),
        codes=("oom", "out_of_memory", "memory"),
        fewer=("memory", "maxmemory", "heap", "xmx", "max_old_space", "cache_limit"), more=("cache", "maxsize", "batch", "buffer", "workers", "chunk", "prefetch", "concurrency", "parallel", "page_size", "queue_size"),
        root=Text("The process ran out of memory.", "프로세스의 메모리가 부족합니다."),
        actions=(Text("Compare memory use with the limit before the first occurrence.", "첫 발생 이전의 메모리 사용량과 한도를 비교하세요."),
                 Text("Restart the affected instances; raise the limit only as a stop-gap.", "해당 인스턴스를 재시작하고, 한도 상향은 임시 조치로만 사용하세요.")),
    ),
    Kind(
        id="too-many-files", cause=CauseKind.CAPACITY, severity=_CRITICAL, code=Code.KNOB,
        phrases=("too many open files", "emfile", "enfile"), codes=("emfile",), fewer=("nofile", "ulimit"),
        more=("workers", "concurrency", "max_connections"),
        root=Text("The process has no file descriptors left.", "프로세스가 사용할 수 있는 파일 디스크립터가 모두 소진되었습니다."),
        actions=(Text("Look for connections or files that are opened and never closed.", "열린 뒤 닫히지 않는 연결이나 파일이 있는지 확인하세요."),
                 Text("Raise the limit (ulimit -n) if the use is legitimate.", "정상적인 사용량이라면 한도(ulimit -n)를 올리세요.")),
    ),
    Kind(
        id="pool-exhausted", cause=CauseKind.CAPACITY, severity=_CRITICAL, code=Code.KNOB,
        types=_names("RejectedExecutionException PoolTimeout PoolTimedOut PoolExhaustedError TooManyConnectionsError"),
        phrases=("queuepool limit", "pool exhausted", "pool timed out", "pool timeout", "connection pool is full",
                 "connection pool exhausted", "too many connections", "too many clients", "remaining connection slots",
                 "connection is not available, request timed out", "timed out waiting for a connection",
                 "timeout waiting for connection from pool", "no available connection", "acquiring a connection",
                 "pool is exhausted", "no connections available", "max number of clients reached", "pool is empty", "pool has been exhausted", "connections in use", "pool wait",
                 "커넥션 풀", "연결 풀", "커넥션이 부족", "커넥션을 얻지", "커넥션 획득"),
        codes=("pool", "pool_exhausted", "pool_timeout", "too_many_connections"),
        fewer=("pool_size", "poolsize", "max_overflow", "max_connections", "maxconnections", "pool_max", "maximumpoolsize",
               "max_pool_size", "pool_timeout", "acquire_timeout", "connection_limit", "max_open", "core_size", "max_threads", "max_size", "queue_capacity", "pool_recycle", "pool"),
        more=("workers", "concurrency", "threads", "replicas", "max_tasks", "min_size", "min_idle"),
        root=Text("The connection pool is exhausted: requests wait for a connection and give up.",
                  "커넥션 풀이 고갈되어 요청이 커넥션을 기다리다 실패하고 있습니다."),
        actions=(Text("Look for slow queries and for transactions that hold a connection.", "느린 쿼리와 커넥션을 오래 점유하는 트랜잭션을 확인하세요."),
                 Text("Compare the pool size with the number of workers and the limit of the server.", "풀 크기를 워커 수 및 서버의 최대 연결 수와 비교하세요.")),
    ),
    Kind(
        id="certificate", cause=CauseKind.CREDENTIALS, severity=_CRITICAL, code=Code.OUTSIDE,
        types=_names("SSLCertVerificationError CertificateError CertificateExpiredException SSLHandshakeException"),
        phrases=("certificate has expired", "certificate verify failed", "certificate expired", "certificate is not valid",
                 "unknownissuer", "self-signed certificate", "self signed certificate", "x509:", "unable to get local issuer",
                 "certificateexpired", "invalid peer certificate", "pkix path", "인증서가 만료", "인증서 만료", "인증서 검증"),
        codes=("certificate", "cert", "tls", "ssl"),
        root=Text("A TLS certificate is expired or not trusted: connections are refused.", "TLS 인증서가 만료되었거나 신뢰할 수 없어 연결이 거부되고 있습니다."),
        actions=(Text("Check the dates and the chain of the certificate, and renew it.", "인증서의 유효 기간과 체인을 확인하고 갱신하세요."),
                 Text("Check the clock and the CA bundle of the host.", "호스트의 시각과 CA 번들을 확인하세요.")),
    ),
    Kind(
        id="tls-mismatch", cause=CauseKind.CONFIG, severity=_CRITICAL, code=Code.KNOB,
        phrases=("tls: protocol version", "wrong_version_number", "wrong version number", "handshake failure", "handshake_failure", "unsupported protocol",
                 "unsupported versions", "no protocols available", "no cipher", "no shared cipher", "no appropriate protocol", "dh key too small", "ee key too small", "tls handshake error"),
        root=Text("The two ends of a connection agree on no version or cipher of TLS.", "연결 양쪽이 함께 쓸 수 있는 TLS 버전이나 암호가 없습니다."),
        actions=(Text("Compare the versions and ciphers that each end allows.", "양쪽이 허용하는 TLS 버전과 암호를 비교하세요."),
                 Text("Allow the older version again until the other end is up to date.", "상대가 업데이트될 때까지 이전 버전을 다시 허용하세요.")),
    ),
    Kind(
        id="clock", cause=CauseKind.PLATFORM, severity=_CRITICAL, code=Code.OUTSIDE,
        types=_names("PrematureJwtException ImmatureSignatureError"), phrases=("clock skew", "in the future", "clock drift", "requesttimetooskewed", "used before issued", "jwt early by", "clock is skewed"),
        codes=("clock_skew", "clock"), fewer=("skew", "leeway", "tolerance"), root=Text("The clocks of two machines disagree: what one signs is not valid yet for the other.",
                  "두 서버의 시계가 서로 달라, 한쪽에서 발급한 값이 다른 쪽에서는 아직 유효하지 않습니다."),
        actions=(Text("Check time synchronisation (chrony, NTP) on the hosts that are named.", "해당 호스트의 시간 동기화(chrony, NTP)를 확인하세요."),
                 Text("Take the host whose clock is off out of service until it is right.", "시계가 어긋난 호스트는 바로잡을 때까지 서비스에서 제외하세요.")),
    ),
    Kind(
        id="dns", cause=CauseKind.NETWORK, severity=_CRITICAL, code=Code.KNOB,
        types=_names("gaierror UnknownHostException NameResolutionError"),
        phrases=("name or service not known", "temporary failure in name resolution", "nodename nor servname",
                 "getaddrinfo", "no such host", "could not resolve host", "could not translate host name", "'enotfound'",
                 "eai_again", "failed to lookup address", "dns error", "unknownhostexception", "nxdomain", "servfail"),
        codes=("dns", "name_resolution", "enotfound"),
        root=Text("A host name cannot be resolved.", "DNS에서 호스트 이름을 찾지 못했습니다."),
        actions=(Text("Resolve the name from the affected host; check the resolver and the record.", "해당 호스트에서 이름을 직접 조회하고, DNS 리졸버와 레코드를 확인하세요."),
                 Text("Check that the configured name is spelled right.", "설정된 호스트 이름에 오타가 없는지 확인하세요.")),
    ),
    Kind(
        id="overloaded", cause=CauseKind.UPSTREAM, severity=_WARNING, code=Code.OUTSIDE,
        types=_names("OverloadedError"), phrases=("overloaded_error", "overloadederror", "529 overloaded", "is overloaded", "overloaded"),
        codes=("overloaded", "529"),
        fewer=("replicas", "max_concurrent", "concurrency", "workers", "max_connections", "permits", "capacity", "queue_size", "cpu", "burst"),
        root=Text("The upstream service is overloaded and turns requests away.", "외부 서비스가 과부하 상태라 요청을 거부하고 있습니다."),
        actions=(_STATUS_PAGE, Text("Retry with back-off, and degrade gracefully meanwhile.", "백오프를 두고 재시도하고, 그동안은 기능을 제한적으로 제공하세요.")),
    ),
    Kind(
        id="rate-limited", cause=CauseKind.UPSTREAM, severity=_WARNING, code=Code.KNOB,
        types=_names("RateLimitError TooManyRequests ThrottlingException RateLimited"),
        phrases=("rate_limit", "rate limit", "ratelimit", "too many requests", "429 too many", "throttl", "quota exceeded", "호출 한도", "요청 한도", "요청이 너무 많",
                 "insufficient_quota", "resource_exhausted", "resource exhausted"),
        codes=("rate_limit", "rate_limited", "ratelimit", "429", "throttled", "quota"),
        fewer=("rate_limit", "rps", "burst", "quota", "backoff", "interval", "min_delay", "throttle", "retry_after"),
        more=("concurrency", "workers", "max_retries", "retries", "semaphore", "requests_per", "max_tasks", "batch"),
        root=Text("The upstream service limits our rate.", "외부 서비스의 호출 한도(rate limit)에 걸렸습니다."),
        actions=(Text("Compare the request rate with the quota; honour Retry-After.", "요청 빈도와 할당량을 비교하고 Retry-After를 따르세요."),
                 Text("Ask for a higher quota, or spread the load.", "할당량 상향을 요청하거나 부하를 분산하세요.")),
    ),
    Kind(
        id="credentials", cause=CauseKind.CREDENTIALS, severity=_CRITICAL, code=Code.KNOB,
        types=_names("AuthenticationError InvalidClientTokenId ExpiredTokenException NoCredentialsError CredentialsError BadSignature BadTimeSignature "
                     "SignatureVerificationError SignatureVerificationException InvalidSignature InvalidSignatureError InvalidSignatureException"),
        phrases=("api 키가 유효하지", "인증 키가", "서명이 일치하지", "서명 검증", "invalid api key", "invalid x-api-key", "api key expired", "api key has been", "authentication_error",
                 "password authentication failed", "access denied for user", "expiredtoken", "security token included in the request is",
                 "credentials have expired", "invalid_client", "invalid_grant", "unable to locate credentials",
                 "authentication failed for user", "permission_error", "incorrect api key", "noauth authentication required", "invalid signature", "signature verification failed", "signature does not match", "signaturedoesnotmatch",
                 "wrongpass"),
        codes=("api_key", "credentials", "auth_expired_key", "invalid_key", "key_expired"),
        more=("ttl", "expires_in", "expire", "max_age", "cache", "lifetime", "refresh_interval"),
        root=Text("The service's own credentials were refused.", "서비스 자체의 인증 정보(키 또는 비밀번호)가 거부되었습니다."),
        actions=(Text("Renew or correct the key or password, and restart what has the old one.", "키나 비밀번호를 갱신·수정하고, 이전 값을 쓰는 프로세스를 재시작하세요."),
                 Text("Check that the right secret is mounted in this environment.", "이 환경에 올바른 시크릿이 주입되었는지 확인하세요.")),
    ),
    Kind(
        id="consumer-too-slow", cause=CauseKind.CAPACITY, severity=_CRITICAL, code=Code.KNOB,
        types=_names("CommitFailedException CommitFailedError RebalanceInProgressException"),
        phrases=("not part of an active group", "kicked out of the group", "max.poll.interval", "max poll interval", "_max_poll_exceeded", "consumer poll timeout",
                 "consumer_timeout", "delivery acknowledgement on channel"),
        fewer=("max_poll_interval", "session_timeout", "poll_interval", "consumer_timeout", "ack_wait", "visibility_timeout"),
        more=("max_poll_records", "batch", "prefetch", "records"),
        root=Text("A consumer takes longer with what it fetched than it may, and its share goes to others.",
                  "컨슈머가 가져온 메시지를 제한 시간 안에 처리하지 못해, 담당 파티션이 다른 컨슈머로 넘어갑니다."),
        actions=(Text("Find what made the work on one message slower.", "메시지 한 건의 처리가 느려진 원인을 찾으세요."),
                 Text("Fetch less at a time, or allow more time between two polls.", "한 번에 가져오는 양을 줄이거나 poll 간격 한도를 늘리세요.")),
    ),
    Kind(
        id="cancelled", cause=CauseKind.CLIENT, severity=_INFO, code=Code.OUTSIDE,
        types=_names("CancelledError ClientDisconnect ClientDisconnected BrokenPipeError ConnectionAbortedError"),
        phrases=("client disconnected", "client closed", "broken pipe", "context canceled", "request was cancelled",
                 "request cancelled", "operation was canceled", "client hung up", "closed by client"),
        codes=("cancelled", "canceled", "client_closed", "499"),
        root=Text("The caller went away before the answer was ready.", "응답이 준비되기 전에 호출한 쪽에서 연결을 끊었습니다."),
        actions=(Text("Nothing to mend, unless callers give up because answers are slow.", "응답이 느려서 끊는 것이 아니라면 조치할 것이 없습니다."),),
    ),
    Kind(
        id="missing-module", cause=CauseKind.DEPENDENCY, severity=_CRITICAL, code=Code.BUG,
        types=_names("ModuleNotFoundError ImportError NoClassDefFoundError ClassNotFoundException NoSuchMethodError MODULE_NOT_FOUND"),
        phrases=("no module named", "cannot import name", "cannot find module", "noclassdeffounderror", "nosuchmethoderror",
                 "shared object file", "undefined symbol"),
        codes=("import_error", "missing_module"),
        root=Text("A module or symbol that the code needs is not installed, or not in this version.",
                  "코드에 필요한 모듈이나 심볼이 설치되어 있지 않거나 현재 버전에 없습니다."),
        actions=(Text("Compare the installed packages with the lock file of this release.", "설치된 패키지를 이 릴리스의 lock 파일과 비교하세요."),
                 Text("Pin or restore the dependency, then rebuild the image.", "의존성을 고정하거나 복원한 뒤 이미지를 다시 빌드하세요.")),
    ),
    Kind(
        id="missing-setting", cause=CauseKind.CONFIG, severity=_CRITICAL, code=Code.KNOB,
        types=_names("ImproperlyConfigured MissingConfigException ConfigError ConfigurationError"),
        phrases=("환경 변수", "환경변수", "설정값이 없", "설정이 없", "environment variable", "missing configuration", "missing config", "is not configured", "config key", "missing required setting",
                 "missing setting", "env var", "could not resolve placeholder", "required setting", "invalid configuration", "couldn't find key", "not found in secret", "not found in configmap"),
        codes=("config", "config_missing", "missing_config", "not_configured"),
        root=Text("A setting that the service needs is missing or wrong.", "서비스에 필요한 설정이 없거나 잘못되었습니다."),
        actions=(Text("Set it in this environment and restart.", "이 환경에 해당 설정을 추가하고 재시작하세요."),
                 Text("Check at start-up that required settings are there.", "필수 설정을 시작할 때 검사하도록 하세요.")),
    ),
    Kind(
        id="other-session", cause=CauseKind.CONFIG, severity=_CRITICAL, code=Code.KNOB,
        types=_names("InvalidSQLStatementNameError DuplicatePreparedStatementError InvalidCachedStatementError"),
        phrases=('prepared statement "', "cached plan must not change result type", "__asyncpg_stmt"),
        root=Text("The database does not know what was prepared before: another connection is behind this one, or the schema has changed under it.",
                  "미리 준비한 문장(prepared statement)을 데이터베이스가 모릅니다. 커넥션 뒤의 세션이 바뀌었거나 스키마가 바뀌었습니다."),
        actions=(Text("Behind a pooler that gives out connections by transaction, switch prepared statements off.", "트랜잭션 단위 풀러를 쓴다면 prepared statement를 끄세요."),
                 Text("After a migration, let the service open its connections anew.", "마이그레이션 뒤에는 서비스가 커넥션을 새로 열게 하세요.")),
    ),
    Kind(
        id="schema", cause=CauseKind.DATA, severity=_CRITICAL, code=Code.BUG,
        types=_names("UndefinedColumn UndefinedTable UndefinedColumnError UndefinedTableError"),
        phrases=("no such column", "no such table", "unknown column", "undefinedcolumn", "undefinedtable", "has no column named",
                 "relation does not exist", "does not exist at character", "\" does not exist", "doesn't exist"),
        codes=("schema", "migration", "no_such_column", "no_such_table"),
        root=Text("The code and the database schema do not fit each other.", "코드와 데이터베이스 스키마가 서로 맞지 않습니다."),
        actions=(Text("Check which migrations this database has seen.", "이 데이터베이스에 어떤 마이그레이션이 적용되었는지 확인하세요."),
                 Text("Apply the missing migration, or roll the code back.", "누락된 마이그레이션을 적용하거나 코드를 롤백하세요.")),
    ),
    Kind(
        id="constraint", cause=CauseKind.DATA, severity=_WARNING, code=Code.KNOB,
        types=_names("IntegrityError UniqueViolation UniqueViolationError ForeignKeyViolation DataIntegrityViolationException"),
        phrases=("중복된 키", "중복 키", "무결성 제약", "duplicate key", "unique constraint", "foreign key constraint", "violates not-null", "duplicate entry",
                 "violates check constraint"),
        codes=("constraint", "duplicate", "integrity"),
        root=Text("Data violates a constraint of the database.", "데이터가 데이터베이스 제약 조건을 위반했습니다."),
        actions=(Text("Look at the row that was refused, and where it came from.", "거부된 행과 그 출처를 확인하세요."),
                 Text("Make the write idempotent if the same request was sent twice.", "같은 요청이 중복 전송되었다면 쓰기를 멱등하게 만드세요.")),
    ),
    Kind(
        id="deadlock", cause=CauseKind.CAPACITY, severity=_WARNING, code=Code.KNOB,
        phrases=("데드락", "교착 상태", "deadlock", "lock wait timeout", "database is locked", "could not serialize access", "could not obtain lock"),
        codes=("deadlock", "lock", "locked", "serialization"), fewer=("busy_timeout", "lock_timeout"),
        more=("workers", "concurrency", "batch"),
        root=Text("Transactions stand in each other's way.", "트랜잭션이 서로 잠금을 기다리며 충돌하고 있습니다."),
        actions=(Text("Find the statements that hold the lock; keep transactions short and in one order.", "잠금을 잡고 있는 쿼리를 찾고, 트랜잭션을 짧고 일정한 순서로 유지하세요."),
                 Text("Retry what was rolled back.", "롤백된 작업을 재시도하세요.")),
    ),
    Kind(
        id="bad-data", cause=CauseKind.DATA, severity=_WARNING, code=Code.KNOB,
        types=_names("JSONDecodeError UnicodeDecodeError DecodeError ParseError SerdeError JsonParseException InvalidFormatException "
                     "MismatchedInputException UnrecognizedPropertyException JsonMappingException InvalidOperation NumberFormatException "
                     "DateTimeParseException ParseException FormatException ConversionSyntax ParseIntError ParseFloatError"),
        phrases=("파싱 실패", "파싱에 실패", "파싱할 수 없", "형식이 올바르지 않", "역직렬화", "jsondecodeerror", "unexpected end of json", "invalid json", "expected value at line", "eof while parsing", "malformed",
                 "invalid utf-8", "could not parse", "failed to parse", "failed to deserialize", "invalid byte sequence",
                 "unexpected token", "failed to decode", "decode failed", "cannot deserialize", "cannot unmarshal", "wrongtype",
                 "deserializ", "deserialis", "unknown magic byte", "cannot parse", "unparseable", "invalid literal for", "invalid date", "error parsing",
                 "unmarshal", "unknown variant", "invalid enum", "for enum", "no enum constant", "while decoding", "is not a valid"),
        codes=("parse", "decode", "deserialize", "invalid_data", "malformed"),
        root=Text("Data came in a form that the code does not understand.", "데이터가 코드에서 해석할 수 없는 형식으로 들어왔습니다."),
        actions=(Text("Keep the input that failed, and see who sent it.", "실패한 입력을 보관하고 누가 보냈는지 확인하세요."),
                 Text("Validate at the border and answer with a clear error.", "경계에서 입력을 검증하고 명확한 오류로 응답하세요.")),
    ),
    Kind(
        id="too-large", cause=CauseKind.CONFIG, severity=_WARNING, code=Code.KNOB,
        types=_names("RecordTooLargeException PayloadTooLargeError MessageTooLargeError RequestEntityTooLarge MaxUploadSizeExceededException DataBufferLimitException"),
        phrases=("최대 크기", "크기 제한을 초과", "용량 제한을 초과", "too large", "toolarge", "too long for", "message length too", "larger than max", "larger than the max", "exceeds the max", "exceeds max", "exceeded max",
                 "exceeds limit", "exceeds the limit", "exceeds the configured", "over the limit of", "maximum size", "too big", "value too long", "data too long"),
        codes=("too_large", "too_big", "413"),
        fewer=("max_size", "limit", "max_length", "max_body", "body_size", "max_frame", "frame", "max_bytes", "max_message", "max_request", "max_payload",
               "message_size", "request_size", "payload", "max_upload", "upload", "file_size", "max_file", "header_buffers", "header_size", "max_header", "max_receive", "max_recv",
               "max_entity", "buffer_size", "content_length", "varchar", "character"),
        root=Text("Something is larger than a limit allows, and was refused.", "허용된 크기 한도를 넘어 거부되었습니다."),
        actions=(Text("Compare the size that was refused with the limit of each hop that it passes.", "거부된 크기를 거쳐 온 각 구간의 한도와 비교하세요."),
                 Text("Raise the limit where it was lowered, or send less at once.", "낮아진 한도를 되돌리거나 한 번에 보내는 양을 줄이세요.")),
    ),
    Kind(
        id="client-error", cause=CauseKind.CLIENT, severity=_INFO, code=Code.OUTSIDE,
        types=_names("RequestValidationError ValidationError BadRequest NotFound Unauthorized Forbidden BadRequestError "
                     "NotFoundError UnprocessableEntity PermissionDenied HTTPNotFound HTTPBadRequest InvalidRequest Http404"),
        phrases=("유효성 검사", "유효하지 않은 요청", "잘못된 요청", "잘못된 비밀번호", "비밀번호가 일치하지", "토큰이 만료", "만료된 토큰", "로그인 실패", "validation failed", "validation error", "bad request", "token has expired", "token expired", "jwt expired", "token is expired", "signature has expired", "invalid token",
                 "invalid password", "login failed", "user not found", "invalid input", "missing required field",
                 "invalid credentials", "unprocessable entity", "invalid or expired token", "unauthorized", "not allowed", "blocked by cors"),
        codes=("validation", "invalid_request", "bad_request", "not_found", "invalid_token", "token_expired", "expired",
               "unauthorized", "forbidden", "auth", "invalid", "rejected", "denied", "not_allowed", "too_long", "too_large",
               "unsupported", "conflict"),
        fewer=("lifetime", "expires_in", "ttl", "max_age", "max_size", "limit", "max_length", "max_body", "body_size"),
        root=Text("The request itself was refused: the caller sent something that is not allowed.",
                  "요청 자체가 거부되었습니다. 호출한 쪽에서 허용되지 않는 요청을 보냈습니다."),
        actions=(Text("No change of the service is needed; watch for a rise, which may mean a broken client or an attack.",
                      "서비스 수정은 필요하지 않습니다. 다만 증가한다면 클라이언트 오류나 공격일 수 있으니 지켜보세요."),
                 Text("Log it below ERROR.", "ERROR보다 낮은 레벨로 기록하세요.")),
    ),
    Kind(
        id="upstream-timeout", cause=CauseKind.UPSTREAM, severity=_WARNING, code=Code.KNOB,
        types=_names("TimeoutError Timeout ReadTimeout ConnectTimeout APITimeoutError TimeoutException SocketTimeoutException "
                     "DeadlineExceeded ReadTimeoutError ConnectTimeoutError Elapsed WriteTimeout"),
        phrases=("timed out", "timedout", "timed_out", "timeout", "deadline exceeded", "deadline has elapsed", "etimedout", "time-out", "took too long",
                 "시간 초과", "시간초과", "타임아웃", "응답이 없", "응답하지 않"),
        codes=("timeout", "timed_out", "deadline"),
        fewer=("timeout", "deadline", "time_limit", "max_wait", "read_timeout", "keepalive", "cpu", "replicas"),
        more=("max_tokens", "retries", "batch", "limit", "page_size"),
        root=Text("A call to another service took too long and was given up.", "다른 서비스 호출이 너무 오래 걸려 타임아웃으로 중단되었습니다."),
        actions=(_STATUS_PAGE, Text("Compare its latency with our time-out before raising the latter.", "타임아웃을 늘리기 전에 상대 서비스의 지연 시간과 비교하세요.")),
    ),
    Kind(
        id="connection", cause=CauseKind.NETWORK, severity=_WARNING, code=Code.KNOB,
        types=_names("ConnectionError ConnectionRefusedError ConnectionResetError ConnectError APIConnectionError ConnectException "
                     "RemoteDisconnected ServerDisconnectedError"),
        phrases=("connection refused", "econnrefused", "connection reset", "econnreset", "no route to host", "network is unreachable",
                 "failed to connect", "could not connect", "server closed the connection", "connection closed", "ehostunreach",
                 "remote end closed", "connect error", "connection error", "connection lost", "gone away",
                 "no healthy upstream", "no live upstreams", "연결 거부", "연결이 거부", "연결할 수 없", "연결 실패", "연결에 실패", "접속할 수 없", "연결이 끊"),
        codes=("connection", "connect", "network", "unreachable", "conn", "connection_refused"),
        fewer=("pool_recycle", "keepalive", "replicas", "min_replicas", "backlog"),
        root=Text("A service that we depend on cannot be reached.", "의존하는 서비스에 연결할 수 없습니다."),
        actions=(Text("Check that it runs and listens, and that the address and port are right.", "해당 서비스가 실행 중인지, 주소와 포트가 맞는지 확인하세요."),
                 Text("Check firewalls and security groups between the two.", "두 서비스 사이의 방화벽과 보안 그룹을 확인하세요.")),
    ),
    Kind(
        id="upstream-down", cause=CauseKind.UPSTREAM, severity=_WARNING, code=Code.OUTSIDE,
        types=_names("ServiceUnavailable ServiceUnavailableError BadGateway CircuitBreakerOpen"),
        phrases=("service unavailable", "bad gateway", "circuit breaker", "upstream unavailable", "temporarily unavailable", "서비스를 사용할 수 없", "서비스 점검", "점검 중"),
        codes=("unavailable", "upstream", "service_unavailable", "circuit"), fewer=("replicas", "min_replicas", "max_replicas", "concurrency"),
        root=Text("A service that we call is unavailable.", "호출한 외부 서비스를 사용할 수 없습니다."),
        actions=(_STATUS_PAGE, Text("Retry with back-off; open the circuit while it lasts.", "백오프를 두고 재시도하고, 장애가 이어지는 동안 서킷 브레이커를 여세요.")),
    ),
    Kind(
        id="upstream-error", cause=CauseKind.UPSTREAM, severity=_WARNING, code=Code.OUTSIDE,
        types=_names("APIStatusError InternalServerError ServerError APIError"),
        phrases=("gateway timeout", "internal server error from", "upstream error", "upstream returned", "api_error"),
        codes=("upstream_error", "api_error", "bad_response"),
        root=Text("A service that we call answered with an error of its own.", "호출한 외부 서비스가 자체 오류로 응답했습니다."),
        actions=(_STATUS_PAGE, Text("Keep its request id for their support.", "지원 요청에 쓸 수 있도록 상대 서비스의 요청 ID를 보관하세요.")),
    ),
    Kind(
        id="permission", cause=CauseKind.PLATFORM, severity=_CRITICAL, code=Code.KNOB,
        types=_names("PermissionError AccessDeniedException"), phrases=("권한이 없", "권한 없음", "권한이 부족", "접근이 거부", "permission denied", "read-only file system", "operation not permitted", "eacces", "erofs", "(accessdenied)",
                 "not authorized to perform", "insufficient privilege", "insufficient permission", "permission_denied", "insufficient_scope",
                 "is forbidden: user", "cannot get resource", "must be owner of", "command denied to user", "lacks permission", "missing permission"),
        codes=("permission", "access_denied"),
        root=Text("The operating system or platform refused access.", "운영 체제 또는 플랫폼이 접근을 거부했습니다."),
        actions=(Text("Check the owner, the mode and the role that the process runs under.", "소유자와 권한, 그리고 프로세스가 사용하는 역할을 확인하세요."),),
    ),
    Kind(
        id="missing-file", cause=CauseKind.CONFIG, severity=_WARNING, code=Code.KNOB,
        types=_names("FileNotFoundError NoSuchFileException TemplateNotFound"),
        phrases=("파일을 찾을 수 없", "파일이 없", "no such file or directory", "file not found", "enoent", "template not found", "templatenotfound"), codes=("file_not_found", "enoent"),
        root=Text("A file that the service needs is not there.", "서비스에 필요한 파일이 없습니다."),
        actions=(Text("Check that the release contains it and that the path is right.", "릴리스에 파일이 포함되었는지, 경로가 맞는지 확인하세요."),),
    ),
    *BUGS,
)  # fmt: skip

KINDS: Mapping[str, Kind] = {kind.id: kind for kind in _ALL}

SLOW = Kind(
    id="slow", cause=CauseKind.UNKNOWN, severity=_WARNING, code=Code.KNOB,
    root=Text("A request took longer than it may; nothing failed.", "요청이 허용 시간을 넘겼지만 실패하지는 않았습니다."),
    actions=(Text("See in the request's other lines where the time went.", "같은 요청의 다른 로그에서 시간이 어디에 쓰였는지 확인하세요."),
             Text("Compare with the latency of the services that it calls.", "호출하는 서비스들의 지연 시간과 비교하세요.")),
    fewer=("cpu", "replicas", "workers"), more=("retries", "max_tokens", "page_size", "batch", "sleep"),
)  # fmt: skip
SURGE = Kind(
    id="surge", cause=CauseKind.UNKNOWN, severity=_CRITICAL, code=Code.NEVER,
    root=Text("The service logs far more errors than it may; the incidents beside this one say which.",
              "서비스의 오류가 허용치를 크게 넘었습니다. 어떤 오류인지는 함께 발생한 인시던트를 확인하세요."),
    actions=(Text("Start with the incident that has the most occurrences in the same minutes.", "같은 시간대에 가장 많이 발생한 인시던트부터 확인하세요."),
             Text("Check what was deployed, and the services that this one depends on.", "최근 배포와 의존 서비스의 상태를 확인하세요.")),
)  # fmt: skip
STORM = Kind(
    id="storm", cause=CauseKind.UNKNOWN, severity=_CRITICAL, code=Code.NEVER,
    root=Text("More different errors came at once than are followed one by one; the rest is counted here.",
              "서로 다른 오류가 한꺼번에 너무 많이 발생하여, 초과분은 여기에 합산됩니다."),
    actions=(Text("Look at the earliest of them: one fault often shows in many ways.", "가장 먼저 발생한 오류부터 보세요. 하나의 장애가 여러 모습으로 나타나는 경우가 많습니다."),
             Text("If the texts differ only in a value, report the line so that grouping learns it.", "메시지가 값만 다르다면 그룹화 규칙을 개선할 수 있도록 해당 로그를 알려 주세요.")),
)  # fmt: skip
UNKNOWN = Kind(
    id="unknown", cause=CauseKind.UNKNOWN, severity=_WARNING, code=Code.BUG,
    root=Text("The cause is not known: the evidence does not tell.", "원인을 알 수 없습니다. 현재 증거만으로는 판단하기 어렵습니다."),
    actions=(Text("Read the quoted lines; log the error with its type and stack.", "인용된 로그를 확인하고, 오류 타입과 스택이 함께 기록되도록 하세요."),),
)  # fmt: skip
