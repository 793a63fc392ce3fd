"""The table of :mod:`.turns`: what is known in the field of which change leads to which fault.

``way``: "more" and "less" are numbers on lines that ``lines`` finds; "gone" and "new" lines that there are fewer or more
of; "swap" lines of one kind (``lines``) whose place others take (``then``); "other" a part of a line that is another
one than before. ``leads_to`` names symptoms of :mod:`.symptoms`.
"""

# ruff: noqa: E501  a table reads best with one thing a row

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from logmedic.model import Text

Way = Literal["more", "less", "gone", "new", "swap", "other", "inward", "each", "bump"]


class Turn(msgspec.Struct, frozen=True):
    id: str
    way: Way
    said: Text
    lines: str
    leads_to: Mapping[str, float]
    then: str = ""
    paths: str = ""  # only in such files


def _turn(id_: str, way: Way, said: str, leads_to: str, lines: str, then: str = "", paths: str = "") -> Turn:  # noqa: PLR0917  a row of the table
    english, _, korean = said.partition(" | ")
    symptoms = {name: float(weight) for name, weight in (part.split(":") for part in leads_to.split())}
    return Turn(id_, way, Text(english, korean), lines, symptoms, then, paths)


_POOL = r"pool|max_?conn|connection_?limit|max_?open|max_?overflow|permits|semaphore|max_?sockets|per_?route|max_?idle"
_TIMEOUT = r"time_?out|deadline|max_?wait|wait_?for|within"
_IDLE = r"keep_?alive|\bidle|linger|max_?(?:connection_?)?(?:age|lifetime)|conn\w*lifetime|recycle"
_WORKERS = r"worker|thread|concurren|parallel|replica|instances|process(?:es)?\b|max_?pods|scale|dispatcher|prefetch|gunicorn|-c \d"
_BATCH = r"batch|max_?poll|records|chunk|page_?size|per_?page|fetch_?size|bulk|rows"
_RETRY = r"retr(?:y|ies)|attempts?\b|redeliver|max_?tries"
_PAUSE = r"back_?off|jitter|retry_?(?:delay|interval|after|wait)|delay|sleep|poll(?:ing)?_?interval|every|interval"
_RATE = r"rate_?limit|limit_req|throttl|quota|burst|requests_?per|\brps\b|\bqps\b|rate[=:]"
_SIZE = r"max_?(?:\w+_)?(?:body|size|bytes|message|frame|length|header|payload|upload|packet)|body_?(?:size|limit)|client_max|message_?(?:size|bytes)|max_?recv|max_?send|buffer"
_TTL = r"\bttl\b|expir|max_?age|cache_?(?:for|time|seconds)|valid_?(?:for|ity)|lifetime|stale_?(?:after|time)|setex|remember|window"
_KEEP = r"retention|keep_?(?:days|last|for)|max_?history|delete_?after|retain|archive|expiration|backup"
_MEMORY = r"memory\b|\bmem\b|-Xmx|heap|max-old-space|MaxRAM|GOMEMLIMIT|maxmemory|shm_?size|ephemeral"
_PROBE = r"initial_?delay|failure_?threshold|period_?seconds|timeout_?seconds|startup|readiness|liveness|grace|termination|drain|prestop|health"

TURNS = (
    # -- numbers
    _turn("pool-smaller", "less", "fewer connections or permits | 커넥션·허용 수 축소", "pool:1 slow:.7 hung:.5 limited:.3", _POOL),
    _turn("pool-larger", "more", "more connections | 커넥션 수 확대", "pool:.9 refused:.4 memory:.4 ports:.5 limited:.3", _POOL),
    _turn("waits-shorter", "less", "a shorter time-out | 타임아웃 단축", "slow:1 reset:.6 refused:.5 backlog:.5 constraint:.5 hung:.3", _TIMEOUT),
    _turn("waits-longer", "more", "a longer time-out | 타임아웃 연장", "pool:.9 hung:.8 slow:.6 backlog:.6 deadlock:.5 memory:.4 ports:.4", _TIMEOUT),
    _turn("idle-shorter", "less", "an earlier end of idle connections | 연결 유지 시간 단축", "reset:1 slow:.3", _IDLE),
    _turn("idle-longer", "more", "a later end of idle connections | 연결 유지 시간 연장", "reset:.9 refused:.3 ports:.5 pool:.4", _IDLE),
    _turn("more-at-once", "more", "more at a time | 동시 실행 수 확대", "pool:1 memory:.9 limited:.9 deadlock:.8 race:.8 constraint:.6 ports:.6 slow:.5 hung:.4", _WORKERS),
    _turn("fewer-at-once", "less", "less at a time | 동시 실행 수 축소", "backlog:.9 slow:.7 hung:.7 refused:.5 limited:.2", _WORKERS),
    _turn("batch-larger", "more", "larger batches or pages | 배치·페이지 크기 확대", "large:1 memory:.9 backlog:.9 slow:.8 deadlock:.7 limited:.3 hung:.4", _BATCH),
    _turn("batch-smaller", "less", "smaller batches | 배치 크기 축소", "backlog:.7 limited:.7 slow:.5", _BATCH),
    _turn("retries-more", "more", "more retries | 재시도 증가", "limited:.9 constraint:.8 slow:.8 hung:.6 refused:.5 pool:.5 amount:.5", _RETRY),
    _turn("pause-shorter", "less", "shorter pauses between tries | 대기·반복 간격 단축", "limited:1 slow:.5 constraint:.4 deadlock:.4 race:.4", _PAUSE),
    _turn("rate-lower", "less", "a lower rate limit | 요청 제한 강화", "limited:1 denied:.2", _RATE),
    _turn("rate-higher", "more", "a higher rate limit | 요청 제한 완화", "slow:.7 pool:.7 hung:.6 limited:.6 refused:.3", _RATE),
    _turn("size-smaller", "less", "a smaller limit of size | 크기 한도 축소", "large:1 unreadable:.4 reset:.5 limited:.3", _SIZE),
    _turn("size-larger", "more", "a larger limit of size | 크기 한도 확대", "large:.8 memory:.6", _SIZE),
    _turn("kept-longer", "more", "a longer validity | 유효 기간 연장", "stale:1 memory:.8 credential:.7 disk:.4 denied:.4", _TTL),
    _turn("kept-shorter", "less", "a shorter validity | 유효 기간 단축", "credential:1 denied:.6 slow:.6 limited:.7 missing-thing:.6 constraint:.7 pool:.3", _TTL),
    _turn("stored-longer", "more", "longer storage | 보관 기간 연장", "disk:1 memory:.5 slow:.3", _KEEP),
    _turn("stored-shorter", "less", "shorter storage | 보관 기간 단축", "missing-thing:1 backlog:.7 empty:.4 stale:.3", _KEEP),
    _turn("memory-less", "less", "less memory | 메모리 축소", "memory:1 start:.6 hung:.5 slow:.3", _MEMORY),
    _turn("memory-more", "more", "a larger heap | 힙 확대", "memory:.7 start:.4", r"-Xmx|max-old-space|MaxRAM|GOMEMLIMIT|shared_buffers|work_mem|heap"),
    _turn("cpu-less", "less", "less processor time | CPU 축소", "slow:.9 hung:.9 start:.6", r"\bcpu\b|millicores|GOMAXPROCS"),
    _turn("probe-stricter", "less", "less time to start, stop or answer a probe | 시작·종료·점검 시간 단축", "start:1 hung:.9 reset:.7 refused:.7", _PROBE),
    _turn("leeway-less", "less", "less leeway between clocks | 시계 오차 허용 축소", "credential:1 time:.9 denied:.5", r"leeway|skew|tolerance|drift"),
    _turn("cost-more", "more", "a dearer computation | 계산 비용 증가", "hung:1 slow:.9", r"cost|rounds|iterations|bcrypt|argon|work_?factor|strength"),
    _turn("cache-larger", "more", "a larger cache | 캐시 확대", "memory:1", r"cache|max_?entries|maximum_?size|lru"),
    _turn("cache-smaller", "less", "a smaller cache | 캐시 축소", "slow:.8 limited:.7 pool:.4 missing-thing:.3", r"cache|max_?entries|maximum_?size|lru"),
    _turn("precision", "less", "fewer digits | 자릿수 축소", "amount:1 large:.7 unreadable:.3", r"scale|precision|digits|round|decimal|numeric|varchar|\bchar\b|length"),
    _turn("port-moved", "other", "another port | 포트 변경", "refused:1 slow:.4 reset:.3 hung:.5", r"(?:port\w*\W{1,4}|:|expose |listen )\d{2,5}\b"),
    _turn("number-of-field", "other", "other numbers of fields | 필드 번호 변경", "unreadable:1 empty:.6 amount:.6", r"\w+ = \d{1,3};", paths=r"\.proto$|\.thrift$"),
    # -- stricter, narrower
    _turn("strict", "swap", "stricter settings | 엄격한 설정으로 변경", "unreadable:.9 denied:.9 reset:.9 tls:.9 credential:.6 refused:.5 constraint:.4 start:.4", r"permissive|\bfalse\b|\boff\b|\bnone\b|optional|\bprefer|\ballow|ignore|lenient|\blax\b|warn|\bopen\b|disabled|\bany\b|\*", r"strict|required?\b|verify|forbid|\bdeny\b|reject|enforce|\btrue\b|\bnone\b|mutual|only|exact|must|default_?deny|restricted|private"),
    _turn("demands", "new", "a demand on what comes in | 입력 요구 조건 추가", "unreadable:1 empty:.4 denied:.3 constraint:.4 setting:.3", r"required|@NotNull|@NotBlank|@Valid|validat|\.min\(|\.max\(|\.regex\(|deny_unknown|additionalProperties|forbid|FAIL_ON_UNKNOWN|raise (?:ValueError|ValidationError|BadRequest)|assert|\.strict\(|@Pattern|@Size|must (?:be|have|not|match|contain)|isvalid|schema"),
    _turn("constraint-new", "new", "a constraint on stored data | DB 제약 조건 추가", "constraint:1 empty:.3 deadlock:.3", r"not null|\bunique\b|check\s*\(|foreign key|\breferences\b|add constraint|nullable=False|null: false|exclude using|@@unique"),
    _turn("rights-fewer", "gone", "fewer rights | 권한 축소", "denied:1 credential:.4 missing-thing:.4 start:.4 empty:.2", r"s3:|sqs:|sns:|kms:|dynamodb:|secretsmanager:|iam:|action|resource|verbs|roles?\b|grant|scope|permission|allow|principal|policy|member|\bacl\b|clusterrole|serviceaccount|statement|privileg|owner|group"),
    _turn("rights-bound", "new", "rights bound to a condition | 권한 제한 추가", "denied:1 credential:.5 missing-thing:.3", r"revoke|\bdeny\b|condition|restrict|forbid|least|role|polic|permission|scope|authoriz|@PreAuthorize|can\w+\(|is_?admin|principal|row level security|tenant"),
    _turn("network-closed", "new", "a rule for connections | 네트워크 규칙 추가", "refused:1 slow:.9 dns:.8 reset:.6 denied:.3", r"networkpolicy|egress|ingress|cidr|security_?group|policytypes|authorizationpolicy|deny|firewall|allow_?list|source_?ranges|from_port|podselector", paths=r"ya?ml$|\.tf$|\.json$|netpol|network"),
    _turn("network-lost", "gone", "a way through the network | 네트워크 경로 제거", "refused:1 slow:.9 dns:.8 reset:.5 denied:.4", r"egress|ingress|cidr|security_?group|from_port|to_port|allow|source_?ranges|\bport|peering|nat\b|route|subnet|endpoint|selector|service_?entry|no_proxy", paths=r"ya?ml$|\.tf$|netpol|network|\.conf$"),
    _turn("confined", "new", "confinement of the process | 프로세스 권한 제한", "denied:1 disk:.7 start:.7 missing-thing:.4", r"readonlyrootfilesystem|runasuser|runasnonroot|runasgroup|fsgroup|^user |drop:|seccomp|apparmor|chmod|chown|readonly: true|:ro\b|protectsystem|capabilities"),
    _turn("mount-lost", "gone", "a mount, volume or file | 마운트·파일 제거", "missing-thing:.3 denied:.6 disk:.8 start:.7 tls:.3 setting:.4", r"volume|mountpath|emptydir|^copy |^add |hostpath|persistentvolume|claimname|tmpfs|configmap|secretname"),
    # -- connections
    _turn("client-per-call", "new", "a client or pool of its own for each use | 호출마다 클라이언트 생성", "ports:1 pool:1 memory:.8 slow:.6 tls:.2 dns:.5 limited:.5 refused:.3", r"new (?:HttpClient|OkHttpClient|RestTemplate|\w*Client|\w*Pool|Pool|Agent|\w*Producer|\w*DataSource)\b|http\.(?:Client|Transport)\{|\w*Client(?:::new|::builder|\.builder|\.create)|Session\(|create_engine|from_url|createClient|createConnection|sql\.Open|grpc\.(?:dial|newclient|insecure_channel)|\bPool\(|connect\("),
    _turn("not-closed", "gone", "what gave a resource back | 자원 반환 코드 제거", "pool:1 ports:1 memory:.8 slow:.5 deadlock:.4 disk:.4", r"\.close\(|\.release\(|\bdefer |\bwith \b|\busing\b|finally|dispose|try \(|\.destroy\(|rollback|\.cancel\(|\.end\(|unsubscribe|removeListener|clearInterval|context manager"),
    _turn("opened", "new", "something opened that nothing closes | 닫지 않는 자원 열기", "ports:.9 pool:.8 memory:.6 disk:.3", r"\bopen\(|Files\.(?:lines|newInputStream|list|walk|newBufferedReader)|openStream|getConnection|\.cursor\(|subscribe\(|addEventListener|\.on\(|setInterval|go func|Popen|new FileInputStream|\.stream\("),
    _turn("no-keepalive", "swap", "connections are not reused | 연결 재사용 중단", "ports:1 slow:.6 refused:.4 tls:.3 limited:.3", r"keep_?alive|pool|session|agent|persistent", r"keep_?alive\W{1,4}(?:false|off|0)|connection\W{1,4}close|requests\.(?:get|post)|disablekeepalives|nullpool|http\.get|urlopen"),
    _turn("no-timeout", "gone", "a time-out | 타임아웃 제거", "hung:1 pool:.9 slow:.9 backlog:.7", r"time_?out|deadline|withtimeout|abortsignal|cancel"),
    _turn("no-brake", "gone", "a pause, limit or breaker | 호출 억제 장치 제거", "limited:1 slow:.7 hung:.6 refused:.5 pool:.6", r"back_?off|jitter|throttl|semaphore|limiter|debounce|circuit|breaker|retry_?after|sleep\(|rate_?limit|bulkhead|max_?concurren"),
    _turn("retries", "new", "further tries | 재시도 추가", "constraint:1 limited:.9 amount:.7 slow:.6 pool:.5 hung:.4 stale:.2 backlog:.4", r"retr(?:y|ies)|attempt|backoff|redeliver|tenacity|resilience|for \w+ in range\(\d|requeue|nack"),
    _turn("address-moved", "other", "another address | 주소 변경", "dns:1 refused:1 tls:.8 slow:.5 missing-thing:.5 denied:.4 credential:.4 stale:.4 unreadable:.3", r"https?://[\w.:/-]+|[\w-]+(?:\.[\w-]+){1,}\.(?:internal|local|com|net|org|io|example|svc|cluster|corp|lan)\b|host\w*\W{1,4}[\w.-]+"),
    _turn("resolver", "new", "another way to resolve names | 이름 해석 설정", "dns:1 slow:.6 refused:.5", r"ndots|dnspolicy|nameserver|dnsconfig|resolver|searches|hostnetwork|externalname|coredns|nodelocal|resolv"),
    _turn("between", "new", "a proxy or sidecar in between | 중간 프록시 추가", "reset:.8 refused:.7 slow:.5 tls:.6 denied:.5 large:.5 limited:.6", r"sidecar|proxy_|envoy|istio|haproxy|pgbouncer|\bcdn\b|cloudfront|gateway|proxy:|http_proxy|https_proxy|ingressclass|load_?balancer|alb\b|nginx"),
    _turn("pooler", "new", "connections shared by statements | 트랜잭션 단위 커넥션 공유", "column:.6 deadlock:.5 stale:.7 reset:.5 missing-thing:.5 race:.5", r"pgbouncer|pool_mode|transaction pooling|statement_cache|prepared"),
    _turn("proxy-trust", "new", "another way to tell the caller | 호출자 식별 방식 변경", "limited:1 denied:.9 credential:.6 stale:.3", r"x-forwarded|real_?ip|trust_?proxy|remote_?addr|forwarded_?for|\$binary_remote|client_?ip|proxyfix|use_?forward"),
    # -- TLS and identity
    _turn("trust", "other", "which certificates are trusted | 신뢰 인증서 변경", "tls:1 refused:.3 start:.3", r"[\w./-]*(?:ca[-_.]|root|trust|bundle|issuer|cert)[\w./-]*"),
    _turn("tls-mode", "new", "other settings of encryption | TLS 설정 변경", "tls:1 reset:.9 refused:.5 slow:.2 credential:.3", r"tls|ssl|mtls|peerauthentication|cipher|rustls|webpki|min_?version|verify|sni\b|https"),
    _turn("tls-floor", "other", "other versions or ciphers of TLS | TLS 버전·암호 변경", "tls:1 reset:.8 refused:.5", r"(?:min_?version|ssl_?protocols?|tls_?(?:min|max)|cipher\w*)\W.{0,60}|\btls\.version\w+|\btlsv?1[._]?[0-3]\b"),
    _turn("tls-lost", "gone", "something of the encryption | TLS 설정 제거", "tls:1 reset:.8 refused:.5 credential:.3", r"tls|ssl|ca-certificates|cert|trust|cipher|native-tls|verify|keystore|https"),
    _turn("secret-moved", "other", "where a secret comes from | 비밀 값 출처 변경", "credential:1 denied:.9 setting:.6 start:.5", r"[\w./-]*(?:secret|password|passwd|token|api_?key|credential|vault|keyring|kid|jwks)[\w./-]*"),
    _turn("token-form", "other", "what a token says or how it is signed | 토큰 형식·서명 변경", "credential:1 denied:.9 empty:.3 unreadable:.3", r"\b(?:aud|audience|iss|issuer|HS256|RS256|ES256|EdDSA|alg|kid|claims?|scope|sub|exp|nbf|leeway)\b\W{0,4}[\w:/.-]*"),
    _turn("cookie", "new", "other rules for cookies or origins | 쿠키 전송 조건 변경", "credential:1 denied:.9", r"samesite|\bsecure\b|httponly|cookie|domain=|\bcors\b|allow_?origin|csrf|withcredentials"),
    _turn("header-lost", "gone", "a header | 헤더 제거", "denied:.9 credential:.8 stale:.7 limited:.7 unreadable:.5 missing-thing:.3 empty:.4 reset:.3 text:.4", r"header|authorization|x-[a-z]+-|vary|content-type|proxy_set_header|forward|traceparent|accept|baggage|cookie"),
    # -- stores
    _turn("index-lost", "gone", "an index | 인덱스 제거", "slow:1 pool:.7 deadlock:.7 hung:.5 limited:.2", r"\bindex\b|add_index|create_index|db_index|@Index|btree|using gin"),
    _turn("index-dropped", "new", "the drop of an index | 인덱스 삭제", "slow:1 pool:.7 deadlock:.7 hung:.5 constraint:.2", r"drop\s+index|remove_index|drop_index|dropindex|removeindex|drop key"),
    _turn("index-evaded", "new", "a condition that no index serves | 인덱스를 쓰지 못하는 조건", "slow:1 pool:.7 hung:.5 deadlock:.4", r"lower\(|upper\(|\blike '%|ilike|contains|icontains|\bcast\(|::text|::date|date\(|coalesce\(|\bor \w+ ?=|regexp|json_extract|->>|order by rand|distinct|offset|not in \(|strftime|iexact|to_char"),
    _turn("locks-table", "new", "a statement that locks a table | 실행 중 테이블 잠금", "slow:.9 deadlock:.9 pool:.8 hung:.4 refused:.3", r"create\s+(?:unique\s+)?index (?!concurrently)|alter\s+table|lock\s+table|vacuum full|reindex|\bupdate\s+\w+\s+set\b|backfill|add_index|add_?column|alter_?column|optimize table|cluster ", paths=r"migrat|\.sql$|alembic|flyway|liquibase|db/|schema"),
    _turn("schema-lost", "new", "the loss or renaming of something in the schema | 스키마 삭제·이름 변경", "column:1 empty:.4 unreadable:.5 missing-thing:.4", r"drop\s+(?:column|table|view|function|type|constraint|default)|rename|drop_?column|remove_?(?:column|field)|RemoveField|RenameField|delete_?model|drop_?table"),
    _turn("schema-type", "new", "another type of a column | 열 타입 변경", "unreadable:.9 amount:.8 large:.7 slow:.5 column:.5 constraint:.4 time:.5", r"alter\s+(?:column|type)|\btype\s+\w+(?: using)?|change_column|modify\s+column|AlterField|varchar\(|timestamptz|numeric\(|smallint|\binteger\b|jsonb", paths=r"migrat|\.sql$|alembic|flyway|db/|schema|\.prisma"),
    _turn("default-lost", "new", "values that old rows or old writers do not have | 기존 데이터에 없는 값", "empty:.6 column:.5 constraint:.6 unreadable:.4", r"add_?column|add column|AddField|alter table .{0,60}add", paths=r"migrat|\.sql$|alembic|flyway|db/|schema"),
    _turn("query-many", "new", "a query or a call for each of many | 반복 조회·호출", "slow:.9 limited:.9 pool:.9 hung:.5 memory:.3 deadlock:.3 ports:.4", r"for .{0,60}(?:await|\.get\(|query|fetch|find|client\.|\.call|select|\.objects)|\.map\(.{0,40}(?:await|async|fetch|find|client|query|=>)|\.each .{0,40}(?:find|get|where)|Promise\.all|asyncio\.gather|foreach.{0,40}(?:async|await|client)|\.all\(\) for|\.forEach\(|flatmap|lazy|\.size\(\)|\.count\(\)"),
    _turn("eager-lost", "gone", "what fetched many together | 일괄 조회 제거", "slow:1 pool:.9 limited:.6 empty:.4", r"select_related|prefetch_related|\.include|includes\(|joinedload|selectinload|join fetch|fetch\s?=|preload|@EntityGraph|batch_?size|dataloader|eager|in_batches|bulk|mget|pipeline|where_?in|IN \(|ANY\("),
    _turn("query-wide", "new", "a query that does more | 쿼리 작업량 증가", "slow:.9 memory:.7 pool:.7 hung:.4 large:.4", r"\bjoin\b|select \*|eager|include|group by|union|cross|window|over \(|select_related|prefetch|array_agg|json_agg|distinct|lateral|findall|\.all\(\)|toList\(|order by|full_?outer|count\("),
    _turn("bound-lost", "gone", "the bound of a query or list | 조회·목록 한도 제거", "memory:1 slow:.9 large:.9 disk:.4 hung:.4 limited:.4", r"\blimit\b|limit\(|page|\btop\b|take\(|slice\(|first\(|islice|\[:\w+\]|max_?(?:size|entries|len|rows|items)|maxlen|batch|chunk|stream|iterator|cursor|yield|fetchmany"),
    _turn("reads-all", "new", "everything held in memory | 전체를 메모리에 적재", "memory:1 slow:.6 hung:.5 large:.4", r"read_?all|readall|\.read\(\)|fetchall|\blist\(|to_?list\(|collect\(|to_?array|findAll|\.all\(\)|readFileSync|readallbytes|json\.loads?\(|bytesio|stringbuilder|join\(|\bsorted\(|toarray|pd\.read|dataframe|buffer"),
    _turn("grows", "new", "a store that nothing empties | 비우지 않고 쌓는 데이터", "memory:1 disk:.4 slow:.3 hung:.3", r"\.append\(|\.push\(|\.add\(|\.put\(|\.set\(|= append\(|setdefault|addListener|\.on\(|addEventListener|map\[\w+\]|new (?:Hash|Concurrent\w*)?Map|static .{0,40}(?:Map|List|Set)|lru_cache\(maxsize=None|@(?:functools\.)?cache\b|threadlocal|= \{\}|= \[\]|defaultdict|labels?\(|with_label|tags?\(|counter\("),
    _turn("eviction-lost", "gone", "what made room | 비우는 코드 제거", "memory:1 disk:1 slow:.3 backlog:.3", r"evict|expire|\bttl\b|setex|cleanup|clean_?up|purge|\.clear\(|\.delete\(|\.pop\(|prune|unlink|os\.remove|rotat|max_?size|maxlen|max_?entries|remove\(|rmtree|truncate|vacuum|retention|delete_?after|maximum"),
    _turn("transaction-wider", "new", "more within a transaction | 트랜잭션 범위 확대", "pool:.9 deadlock:1 slow:.7 constraint:.3 hung:.4 stale:.3", r"transaction|@transactional|\bbegin\b|atomic|unit_?of_?work|for update|serializable|repeatable|session\.begin|with_?lock|autocommit\W{1,4}(?:false|off|0)"),
    _turn("transaction-lost", "gone", "what happened together or not at all | 트랜잭션 제거", "constraint:.7 race:.8 amount:.8 stale:.6 missing-thing:.4 empty:.4 backlog:.3", r"transaction|@transactional|\bbegin\b|\bcommit\b|atomic|unit_?of_?work|for update|after_?commit|on_?commit|savepoint|outbox"),
    _turn("order-swapped", "other", "the order in which things are taken | 처리 순서 변경", "deadlock:.9 race:.5 stale:.5 empty:.3 amount:.3 backlog:.3", r"order by [\w., ]+|sort(?:ed|_by)?\([^)]{0,60}|priority\W{1,3}\w+|order_?by\([^)]{0,40}"),
    _turn("lock-new", "new", "a lock | 잠금 추가", "deadlock:.9 slow:.9 hung:.9 pool:.5 backlog:.4", r"\block\b|\.lock\(|lock\(|mutex|synchronized|rwlock|advisory|\.acquire|for update|semaphore|setnx|redlock|lease"),
    _turn("lock-lost", "gone", "a lock | 잠금 제거", "race:1 constraint:.9 amount:.7 stale:.6 deadlock:.3 empty:.4 hung:.3", r"\block\b|\.lock\(|lock\(|mutex|synchronized|rwlock|advisory|\.acquire|for update|setnx|concurrenthashmap|sync\.map|atomic|once\b|copyonwrite|volatile|threadlocal|computeifabsent|singleflight"),
    _turn("unique-lost", "gone", "what kept things from happening twice | 중복 방지 제거", "constraint:1 amount:.8 stale:.3 race:.5 backlog:.4", r"idempot|dedup|on conflict|unique|nonce|exists\(|already|get_or_create|upsert|insert ignore|processed|seen\b|if_?none_?match|first_or_create|find_or_create|lock"),
    _turn("id-made", "other", "how ids or keys are made | 식별자 생성 방식 변경", "constraint:1 stale:.9 missing-thing:.6 race:.4 amount:.4 unreadable:.5 denied:.3", r"uuid\w*|randint\W?[\d, ]*|hash\w*\(|md5|sha\d+|snowflake|sequence\w*|auto_?increment|nextval|slug\w*|substr\w*\W{0,2}[\d, ]*|\w*(?:cache|idempotency|dedup|partition|routing|lock)_?key\w*\W{1,4}.{0,50}|f[\"'][^\"']*\{\w+[^\"']*[\"']|`[^`]*\$\{[^`]*`|\.key\(.{0,40}"),
    # -- what is said between services
    _turn("field-renamed", "other", "the name of a field that others read | 다른 곳에서 읽는 필드 이름 변경", "unreadable:1 empty:1 amount:.7 missing-thing:.4 column:.5 stale:.3 denied:.3 credential:.3 model:.5", r"json:\"[^\"]*\"|@json\w*\(\"?\w*|rename\w*\s?=\s?\"\w+\"|serialized_?name\W{1,3}\w+|alias\w*\W{1,3}\w+|[\"']\w{2,40}[\"']\s?(?::|=>)|@column\(\"?\w*|naming_?strategy\W{0,3}\w*|camel\w*|snake\w*"),
    _turn("field-lost", "gone", "a field or value that others read | 다른 곳에서 읽는 필드 제거", "empty:1 unreadable:.9 amount:.5 column:.4 missing-thing:.4 model:.5 denied:.2", r"[\"']\w{2,40}[\"']\s?(?::|=>)|json:\"|@json|serde|\boptional|\brepeated |^\s*\w+ \w+ = \d+;|\b\w+\??: ?\w+[;,]?$|field\(|casts|attributes|->(?:name|field)|fields\b|\bcolumn"),
    _turn("value-new", "new", "a value that readers may not know | 읽는 쪽이 모를 수 있는 새 값", "unreadable:1 empty:.5 missing-thing:.3 column:.3 recursion:.2 amount:.2", r"\benum\b|^[A-Z][A-Z_]{2,30}(?:\(.*\))?[,;]?$|[\"']type[\"']\s?:|\bcase\b|status\W{1,4}[\"']\w+|literal\[|event_?type|kind\W{1,4}[\"']|= \d+;|\w+ = [\"'][A-Za-z_]+[\"'],?$"),
    _turn("type-changed", "other", "another type | 타입 변경", "unreadable:1 amount:.8 empty:.4 large:.3 column:.4 model:.4 time:.4", r"\b(?:int|int32|int64|uint\d*|i32|i64|u32|u64|long|integer|string|str|float|float64|double|decimal|bigdecimal|number|bool|boolean|uuid|bigint|number\(|string\(|parseint|instant|localdate\w*|offsetdatetime|datetime|date|list|array|bytes)\b"),
    _turn("maybe-none", "new", "a value that may not be there | 없을 수 있는 값", "empty:1 unreadable:.8 amount:.3 constraint:.5 column:.2", r"optional|nullable|\| none|\| null|\?:|: \w+\?|omitempty|option<|undefined|return null|return none|return nil|default=none|skip_?serializing|exclude_?none|non_?null|null\b|none\b|nil\b"),
    _turn("form-changed", "other", "the form in which something is written | 쓰기 형식 변경", "unreadable:1 text:.9 time:.7 amount:.4 empty:.3 model:.4", r"seriali[sz]er\w*|isoformat|strftime\W{0,4}[^)]{0,40}|to_?isostring|datetimeformatter\.\w+|dumps?\(|msgpack|protobuf|avro|pickle|\bjson\b|gzip|snappy|lz4|zstd|utf-?\d{1,2}(?:-sig)?|latin-?1|iso-8859-\d+|cp1252|content-type\W{1,5}[\w/+.-]+|delimiter\W{1,4}.|to_csv|to_json|base64\w*|hexlify|epoch\w*|timestamp\(\)|rfc\d{4}\w*|format\([^)]{0,40}|orjson|yaml|\bxml\b|decimal\w*|%[dmYHMSyjz][^\"']{0,20}|yyyy[^\"']{0,20}"),
    _turn("encoding", "other", "how text is encoded | 문자 인코딩 변경", "text:1 unreadable:.8 large:.3 constraint:.3 missing-thing:.3", r"encod\w*\W{0,4}[\w-]*|decod\w*\W{0,4}[\w-]*|charset\W{0,4}[\w-]*|utf\w*|latin\w*|locale\W{0,4}[\w.-]*|lang\W{0,4}[\w.-]*|collat\w*|normali[sz]e\w*|casefold|lower\(|upper\(|strip\w*\(|trim\w*"),
    _turn("time-zone", "other", "the time zone or kind of time | 시간대 변경", "time:1 credential:.5 stale:.5 amount:.4 constraint:.4 backlog:.4 missing-thing:.3 unreadable:.4", r"\w*utc\w*|time_?zone\W{0,4}[\w/]*|zone\w*\W{0,3}[\w./]*|\btz\b\W{0,3}[\w/]*|localdate\w*|localtime|now\([^)]*\)|today\(\)|instant\w*|europe/\w+|asia/\w+|america/\w+|tzinfo|astimezone|naive"),
    _turn("unit", "other", "the unit of a time or size | 단위 변경", "slow:.7 time:.8 limited:.6 stale:.6 credential:.6 hung:.5 memory:.4 amount:.5 pool:.4 backlog:.5 large:.5", r"(?<=\d)(?:ms|s|m|h|d|k|mb|gb|kb|mi|gi|ki)\b|seconds?|milli\w*|minutes?|hours?|micro\w*|nanos\w*|of_?(?:seconds|millis|minutes)|time\.\w+|timeunit\.\w+|from_(?:secs|millis)|\b1000\b|\b1024\b|cents?\b|days?\b"),
    _turn("numbers", "other", "how numbers are computed | 숫자 계산 변경", "amount:1 unreadable:.3 constraint:.3 large:.2 model:.4", r"rounding_?mode\W{1,2}\w+|half_\w+|round\w*\W{0,3}[\w., ]*|floor|ceil|trunc\w*|decimal\w*|float\w*|\bint\(|bigdecimal|half_\w+|\* ?\d[\d.]*|/ ?\d[\d.]*|// ?\d+|number\(|parsefloat|parseint|tofixed\W{0,2}\d*|as i\d+|as u\d+|as f\d+|scale\W{0,3}\d*|- \w+|\+ \w+|%\s?\d+"),
    _turn("route", "gone", "an endpoint | 엔드포인트 제거", "missing-thing:1 denied:.4 refused:.3 unreadable:.3", r"@(?:get|post|put|delete|patch|request)mapping|\.(?:get|post|put|delete|patch|route|handle(?:func)?)\(\s?[\"'`]/|@app\.|@router\.|path\(\s?[\"']|location [~/]|\brpc \w+|rewrite|[\"'`]/(?:v\d|api|internal)|mapget|mappost|resources? :|prefix"),
    _turn("topic", "other", "a queue or topic, or how it is read | 큐·토픽 변경", "backlog:1 missing-thing:.9 constraint:.6 empty:.3 denied:.3 stale:.6", r"(?:queue|topic|stream|exchange|routing_?key|group[._-]?id|consumer_?group|subject|channel|durable|auto[._]offset\w*)\w*\W{1,4}[\w.:/-]+|earliest|latest|auto_?ack\w*|acks?\W{1,3}\w+|enable\.auto\.commit\W{1,3}\w+"),
    _turn("ack", "new", "another time at which messages count as done | 메시지 처리 확인 시점 변경", "backlog:.9 constraint:.9 missing-thing:.6 stale:.4", r"\back\b|acks?_?late|auto_?ack|auto\.commit|nack|requeue|visibility|commit_?(?:sync|async)|manual_?ack|at_?most|at_?least|prefetch|reject"),
    # -- behaviour
    _turn("blocks", "new", "waiting where others have to wait, too | 다른 처리를 막는 대기", "hung:1 slow:.9 refused:.4 backlog:.6 pool:.5 start:.3", r"\.Result\b|\.Wait\(\)|GetAwaiter|block_on|runBlocking|\w+Sync\(|time\.sleep|Thread\.sleep|requests\.(?:get|post)|\.block\(\)|\.join\(\)|asyncio\.run|run_until|std::thread::sleep|std::fs|urlopen|subprocess|\.get\(\)|bcrypt|scrypt|pbkdf|while ?\(?true|\.await\(\)|sleep\("),
    _turn("nested-regex", "new", "an expression that repeats a repetition | 중첩 반복 정규식", "hung:1 slow:1", r"\((?:[^()\\]|\\.){0,80}[+*](?:[^()\\]|\\.){0,40}\)[+*]"),
    _turn("calls-more", "new", "a call of somebody else | 외부 호출 추가", "slow:.8 limited:.8 pool:.8 hung:.6 refused:.4 credential:.2 denied:.3 deadlock:.3 dns:.3", r"client\.\w+\(|\bfetch\(|axios|http\.(?:get|post|do)|requests\.|\.send\(|stub\.|grpc|\.call\(|resttemplate|webclient|feign|gateway\.\w+\(|api\.\w+\(|await \w+\.\w+\("),
    _turn("check-lost", "gone", "a check | 검사 제거", "empty:1 unreadable:.6 amount:.6 recursion:.7 race:.4 constraint:.5 denied:.2 missing-thing:.3 large:.5 stale:.4", r"\bif\b|is none|is not none|!= null|== null|\?\.|\?\?|unwrap_or|or_?else|\.get\(|isempty|is_?present|guard|ok_or|setdefault|\|\||filter\(|valid|exists|assert|bounds?\b|clamp|min\(|max\("),
    _turn("catch-lost", "gone", "a fallback | 예외 처리·대체 동작 제거", "empty:.7 unreadable:.7 refused:.6 start:.5 slow:.4 missing-thing:.5 denied:.3 limited:.4 hung:.3", r"catch|except|rescue|fallback|default|on_?error|recover|unwrap_or|or_?else|ignore|suppress|\|\||\?\?|getordefault|\.get\(.{1,40},"),
    _turn("swallows", "new", "hiding of what failed | 오류를 숨기는 처리", "empty:.5 stale:.5 backlog:.4 amount:.4 missing-thing:.3", r"except|catch|rescue|ignore|suppress|unwrap_or_default|return null|return none|return \[\]|return \{\}|pass$|recover\(|_ = |warn|fallback|default"),
    _turn("cache-new", "new", "a cache | 캐시 추가", "stale:1 memory:.8 race:.5 credential:.5 unreadable:.4 denied:.4 amount:.4 empty:.4", r"cache|memoi[sz]e|lru|@cacheable|redis|memcache|once\b|singleton|static |global |lazy|proxy_cache|max-age|etag|remember"),
    _turn("cache-lost", "gone", "a cache | 캐시 제거", "slow:.9 limited:.9 pool:.8 hung:.4 stale:.3", r"cache|memoi[sz]e|lru|@cacheable|redis|memcache|proxy_cache|max-age|etag|remember|invalidat"),
    _turn("shared-state", "new", "state that requests share | 요청 간 공유 상태", "race:1 stale:1 memory:.6 amount:.5 denied:.3 constraint:.4", r"static |global |singleton|module\.exports\.|thread_?local|@applicationscoped|lazy_static|once_cell|oncelock|addsingleton|^\s*var \w+ = |^(?:let|const) \w+ = (?:new|\[|\{)|scope\W{1,3}singleton|instance\b|^_?[a-z_]+ = (?:\[\]|\{\}|\w+\(\))"),
    _turn("asynchronous", "new", "work whose result nobody waits for | 비동기 처리로 변경", "race:.9 stale:.8 constraint:.6 empty:.6 missing-thing:.6 backlog:.4 memory:.5", r"go func|create_?task|@async|completablefuture|executor|\.delay\(|enqueue|perform_?(?:async|later)|setimmediate|process\.nexttick|spawn|thread\(|parallel|fire_?and_?forget|background|gather\(|promise\.all"),
    _turn("schedule", "other", "when a job runs | 작업 실행 시각 변경", "deadlock:.7 slow:.6 constraint:.7 limited:.8 stale:.7 backlog:.7 missing-thing:.7 pool:.6 memory:.4 disk:.4 time:.5 large:.3", r"(?:[\d*/,-]{1,9} ){4}[\d*/,A-Za-z-]{1,9}|schedule\w*\W{1,4}\S+|cron\w*\W{1,4}.{0,30}|@(?:daily|hourly|weekly)|every\W{1,3}\w+|interval\w*\W{1,4}\w+"),
    _turn("writes-more", "new", "more that is written to disk | 디스크 기록량 증가", "disk:1 slow:.3 memory:.2", r"\bdebug\b|\btrace\b|log_?level|verbose|dump|/tmp|tempfile|mkstemp|wal_|archive_mode|replication_slot|slow_query|access_log|snapshot|heapdump|core_pattern|\.write\(|writefile|savefile|audit|binlog"),
    _turn("payload", "new", "more that is sent | 전송 데이터 증가", "large:1 memory:.7 slow:.6 unreadable:.3 limited:.3", r"preview|thumbnail|blob|attachment|base64|include|embed|payload|expand|history|details|children|nested|html|raw|image|bytes|body|all\b|full"),
    _turn("parent-child", "new", "objects that refer to each other | 서로를 참조하는 객체", "recursion:1 memory:.3 slow:.3", r"parent|children|@onetomany|@manytoone|@manytomany|back_?populates|self\b.{0,20}self|belongs_?to|has_?many|tostring|hashcode|@data\b|__repr__|__eq__|nested|include|related|to_?dict|deepcopy|resolve"),
    # -- how it is built and run
    _turn("base-image", "other", "another base image or runtime | 기반 이미지 변경", "module:1 tls:.9 missing-thing:.8 start:.9 text:.7 time:.7 dns:.7 memory:.5 denied:.5 hung:.3 reset:.4 slow:.3", r"^from \S+|image:\s*\S+|runs-on\W{1,3}\S+|node_?version\W{1,4}\S+|python_?version\W{1,4}\S+|java\.?version\W{1,4}\S+|toolchain\W{1,4}\S+|arch\w*\W{1,4}\w+|go \d\.\d+"),
    _turn("build-lost", "gone", "something that the image contained | 이미지 구성 요소 제거", "module:1 missing-thing:1 start:.8 tls:.8 text:.6 time:.5 dns:.3", r"apk add|apt-get|install|^copy |^add |ca-certificates|tzdata|locale|font|lib\w+|^run |^env |openssl|package_data|include|assets?|resources?", paths=r"dockerfile|\.dockerignore|manifest\.in|package\.json|pyproject|build\.|\.nix|makefile|pom\.xml"),
    _turn("ignored", "new", "files that are left out of the build | 빌드에서 제외되는 파일", "missing-thing:1 module:.9 start:.7", r"\S", paths=r"\.dockerignore|\.gcloudignore|\.npmignore|\.helmignore|\.slugignore"),
    _turn("setting-lost", "gone", "a setting | 설정 제거", "setting:1 start:.8 empty:.4 refused:.4 credential:.5 denied:.3 missing-thing:.4 slow:.3", r"^[-\s\"']{0,4}[A-Z][A-Z0-9_]{2,60}[\"']?\s?[:=]|- name: \w+|\benv\b|getenv|environ|process\.env|secretkeyref|configmap|valuefrom|^[\w.-]+\s?[:=]\s?\S", paths=r"ya?ml$|\.env|\.properties$|\.toml$|\.tf$|\.json$|\.ini$|\.conf$|compose|settings|config"),
    _turn("setting-needed", "new", "a setting that it needs | 새로 필요한 설정", "setting:1 start:1 empty:.5 credential:.4 refused:.3 missing-thing:.3", r"getenv|environ\[|process\.env|@value\(|env::var|os\.environ|\$\{\w+\}|mustget|require_?env|config\.get|viper|settings\.\w+|configuration\[|@configurationproperties|System\.getProperty|conf\("),
    _turn("probe", "new", "a probe, a hook or how it starts | 점검·시작 방식 변경", "start:.9 hung:.8 refused:.7 reset:.6 missing-thing:.4 setting:.3", r"liveness|readiness|startupprobe|healthcheck|health|prestop|entrypoint|^cmd\b|command:|args:|initcontainer|exec \S+|preload|warm|terminationgrace|max_?unavailable|strategy"),
    _turn("probe-lost", "gone", "a probe, a hook or a delay at the end | 점검·종료 대기 제거", "reset:1 refused:.9 start:.6 hung:.4 missing-thing:.2", r"liveness|readiness|startupprobe|healthcheck|prestop|terminationgrace|grace|drain|sigterm|shutdown|max_?surge|min_?ready|init"),
    _turn("flag-on", "swap", "a switch that is on | 기능 플래그 켜짐", "*:.5 unreadable:.5 slow:.5 empty:.5 amount:.6 limited:.5 denied:.4 memory:.4 hung:.4 missing-thing:.4 pool:.4 credential:.4 stale:.5 constraint:.5 backlog:.4 column:.4 module:.3 model:.5 deadlock:.3 time:.3 text:.3 refused:.3 setting:.4", r"\bfalse\b|\boff\b|disabled|\b0\b|control", r"\btrue\b|\bon\b|enabled|\b100\b|treatment"),
    _turn("share-more", "more", "more of those who ask get it | 적용 비율 확대", "*:.5 unreadable:.5 slow:.6 empty:.5 amount:.6 limited:.6 denied:.4 memory:.5 hung:.5 pool:.5 stale:.5 constraint:.4 model:.5 missing-thing:.3", r"percent|rollout|share|fraction|ratio|weight|traffic|canary|sampl"),
    _turn("model", "other", "another model or data file | 모델·데이터 파일 교체", "model:1 unreadable:.6 amount:.6 memory:.5 slow:.4 missing-thing:.4 empty:.3 large:.2", r"oid sha256:\w+|md5: ?\w+|model\w*\W{1,4}[\w./-]+|[\w-]+\.(?:onnx|pkl|pt|bin|joblib|parquet|gguf|h5)\b|checkpoint\W{1,3}\S+|revision\W{1,3}\S+"),
    _turn("api-lost", "gone", "a function, a bean or a type that others may use | 다른 곳에서 쓰는 코드 제거", "module:.8 missing-thing:.6 unreadable:.5 empty:.6 setting:.6 start:.5 column:.3", r"^\s*(?:export|public|pub|def|func|fn|class|interface|module|rpc|message|type)\b|@bean|@component|@service|provide|register|exports?\b"),
    # -- what stands there by default once it is not said any more
    _turn("idle-default", "gone", "the setting of how long connections are kept | 연결 유지 시간 설정 제거", "reset:1 ports:.4 pool:.3", r"keep_?alive|idle_?time|max_?(?:connection_?)?(?:age|lifetime)|conn\w*lifetime|recycle|pre_?ping|test_?on_?borrow|validation_?query"),
    _turn("pool-default", "gone", "the size of a pool | 커넥션 풀 크기 설정 제거", "pool:1 slow:.6 hung:.5", r"pool_?size|max_?conn|connection_?limit|max_?open|max_?overflow|max_?sockets|maximum_?pool"),
    _turn("size-default", "gone", "a limit of size | 크기 한도 설정 제거", "large:1 unreadable:.3 memory:.4", r"max_?(?:\w+_)?(?:body|size|bytes|message|frame|header|payload|upload|packet)|body_?limit|client_max|message_?(?:size|bytes)|max_?recv|max_?send"),
    _turn("memory-default", "gone", "the setting of memory | 메모리 설정 제거", "memory:1 start:.5 hung:.4", r"-Xmx|max-old-space|MaxRAM|GOMEMLIMIT|memory:|maxmemory|shm_?size"),
    # -- found by thinking of what else replaces what
    _turn("client-inward", "inward", "a client of its own for each use | 공유 클라이언트를 호출마다 생성", "ports:1 pool:1 memory:.8 slow:.6 dns:.5 limited:.4 refused:.3", r"client|session|pool|agent|transport|engine|connect|producer|channel|executor"),
    _turn("release", "bump", "another release of a dependency | 의존성 버전 변경", "module:.9 unreadable:.6 tls:.6 credential:.6 empty:.6 setting:.4 start:.5 denied:.4 amount:.5 text:.5 time:.5 model:.6 pool:.5 reset:.5 memory:.5 large:.4 column:.4 race:.4", r"\d+\.\d+"),
    _turn("conversion", "new", "a value of another type | 값의 타입 변환", "unreadable:1 amount:.7 empty:.3 column:.3 constraint:.3 model:.4", r"[:=(,\[] ?(?:str|int|float|bool|list|tuple|Number|String|Decimal|Long|BigDecimal)\(|\.to_?string\(|\.to_[sif]\b|string\(|strconv\.|itoa|\bas (?:i|u|f)\d+|hset|hget|lpush|sadd|json\.stringify|to_?dict|parse_?(?:int|float)|valueOf\("),
    _turn("shape", "other", "the fields of what is exchanged | 교환하는 데이터의 필드 구성 변경", "unreadable:1 empty:.7 amount:.4 model:.5 column:.3", r"(?:record|data class|case class|struct|interface|message|type) \w+.*"),
    _turn("word", "other", "a word that stands for a state or kind | 상태·종류 값 변경", "unreadable:1 empty:.5 missing-thing:.5 backlog:.4 constraint:.4 column:.2", r"[\"'](?:[A-Z][A-Z_]{2,40}|[a-z]+[_.-][a-z_.-]{2,40})[\"']"),
    _turn("batches", "new", "many at once in one statement or transaction | 여러 건을 한 번에 처리", "deadlock:.9 large:.9 memory:.6 slow:.6 backlog:.6 constraint:.5 limited:.3", r"chunk|batch|bulk|islice|each_slice|in_groups|executemany|insert_?many|save_?all|copy_from|create_?many|mset|multi_?put"),
    _turn("streamed", "new", "reading of results while a connection is held | 커넥션을 잡은 채 스트리밍", "pool:1 slow:.6 ports:.6 memory:.3 deadlock:.3", r"queryForStream|\.stream\(|yield_per|server_side|stream_results|streamingresponse|\bcursor|fetch_?size|iterate|rows\.next|asyncgenerator|yield from"),
    _turn("query-each", "each", "a query or call for each of many | 반복문 안의 조회·호출", "slow:1 pool:1 limited:.9 hung:.5 deadlock:.3 backlog:.5", r"\bfor\b|\bwhile\b|\.each\b|\.map\(|foreach", r"execute|query|select|\.get\(|find\w*\(|fetch|client\.|http|\.call|await|\.first\(|load\("),
    _turn("looked-up", "new", "a look-up of what need not be there | 없을 수 있는 값 조회", "empty:1 missing-thing:.5 unreadable:.4 module:.2", r"\w\[[A-Za-z_]\w*(?:\.\w+)*\]|\.find\w*\(|\.first\(|!!|!\.|\.unwrap\(|\.get\(\)|\[0\]|\[-1\]|\.split\(|\.match\(|orelsethrow|single\(|next\("),
    _turn("queue-new", "new", "another queue or group | 큐·그룹 지정", "backlog:.9 missing-thing:.7 constraint:.4 denied:.3 stale:.4", r"queue|topic|routing_?key|exchange|consumer_?group|group[._-]?id|subscribe|binding|dead_?letter"),
    _turn("not-awaited", "gone", "the wait for something to end | 완료 대기 제거", "race:.9 empty:.6 missing-thing:.6 stale:.6 constraint:.4 backlog:.3", r"\bawait\b|\.join\(|\.wait\(|waitgroup|\.get\(\)|flush|fsync|barrier|latch|depends_on|needs:"),
    _turn("listens", "other", "where it listens | 수신 주소 변경", "refused:1 hung:.6 reset:.4 start:.3", r"0\.0\.0\.0|127\.0\.0\.1|localhost|\[::1?\]|bind\w*\W{1,3}\S+|listen\w*\W{1,3}\S+"),
    _turn("path-moved", "other", "another path | 경로 변경", "missing-thing:1 denied:.5 start:.6 module:.4 setting:.4 tls:.4 disk:.5", r"(?<![\w:/])\.{0,2}/[\w.-]+(?:/[\w.{}$-]+)+|bucket\w*\W{1,4}[\w.-]+|prefix\w*\W{1,4}[\w./-]+|workdir \S+"),
    _turn("regex-other", "other", "a regular expression | 정규식 변경", "unreadable:.8 hung:.7 empty:.6 denied:.3 text:.5 slow:.5 missing-thing:.3 large:.2", r"re\.\w+\([^)]{0,120}|regex\w*\W{1,3}.{0,120}|pattern\.compile\([^)]{0,120}|/[^/\s]{3,80}/[gimsuy]{0,4}(?=[.,;)])"),
    _turn("selector", "other", "which pods or hosts are meant | 대상 선택자 변경", "refused:1 dns:.5 slow:.4 denied:.4 backlog:.3", r"(?:app|selector|matchlabels|component|tier|name|role)\w*: ?[\w-]+|target_?group\w*\W{1,4}\S+|hosts? = \S+", paths=r"ya?ml$|\.tf$|\.hcl$"),
    _turn("records", "other", "a record of the name service | DNS 레코드 변경", "dns:1 refused:.8 tls:.7 slow:.4 stale:.3", r"(?:records?|cname|alias|zone_id|a_record|ns)\b\W{1,5}.{1,60}", paths=r"\.tf$|dns|zone|route53"),
    _turn("version-of-api", "other", "another version of an interface | API 버전 변경", "missing-thing:.9 unreadable:1 empty:.8 denied:.4 refused:.3 amount:.4", r"/v\d+(?:beta\d*|alpha\d*)?/|api_?version\W{1,4}[\w./-]+|version=\w+|\.v\d+\b"),
    _turn("condition", "other", "a condition | 조건 변경", "empty:.6 amount:.7 denied:.5 constraint:.5 backlog:.4 recursion:.6 hung:.4 missing-thing:.5 race:.4 stale:.5 limited:.3", r"\b(?:if|while|when|unless|elif|case|where|and|or|filter)\b.{2,100}"),
    _turn("joined", "other", "which rows are taken together | 조인 방식 변경", "missing-thing:.7 empty:.7 amount:.8 slow:.7 constraint:.4 stale:.4", r"(?:left|inner|right|full|cross|outer)\s+(?:outer\s+)?join|\.(?:left|inner)?join\w*\(|select .{0,100} from"),
    _turn("runtime-options", "other", "options of the runtime | 런타임 옵션 변경", "memory:.8 slow:.5 hung:.6 start:.6 tls:.3 module:.3 dns:.3", r"-X\w+:?\S*|--[a-z]+-[a-z-]+(?:=\S+)?|node_options.{0,60}|gogc\W{1,3}\S+|uvicorn\W.{0,60}|gunicorn\W.{0,60}|-D\w[\w.]*=\S+"),
    _turn("placed", "new", "a rule for where it may run | 배치 위치 제한", "start:.8 refused:.4 hung:.3 slow:.3 disk:.3", r"nodeselector|affinity|toleration|topologyspread|zone\b|instance_type|node_pool|taint|priorityclass|spot"),
    _turn("telemetry", "new", "more measuring or tracing | 계측 추가", "memory:.6 slow:.5 hung:.4 limited:.3 disk:.4", r"opentelemetry|otel|tracer|span\b|\.labels\(|histogram|with_label|agent\.jar|-javaagent|profil|instrument"),
)  # fmt: skip
