"""The table of :mod:`.levers`: by which words and shapes each is known.

The vocabulary is that of the field (settings of common servers, drivers and languages), not of single outages.
"""

# ruff: noqa: E501  a pattern reads best on one line

from __future__ import annotations

import msgspec

from logmedic.model import Text


class Lever(msgspec.Struct, frozen=True):
    """``lines`` is looked for in changed lines; ``side`` tells in which: "+" new there, "-" gone, "±" either way."""

    id: str
    said: Text
    lines: str = ""
    side: str = "±"
    paths: str = ""  # or the file is one of these


LEVERS = (
    # -- limits and time
    Lever(
        "pool",
        Text("a pool or a number of connections", "커넥션 풀"),
        r"pool|hikari|max_?conn|connection_?limit|max_?open|max_?idle|min_?idle|overflow|permits|semaphore|slots|max_?per_?route|maxsockets",
    ),
    Lever(
        "timeout",
        Text("a time-out", "타임아웃"),
        r"time_?out|deadline|statement_timeout|_within|within\b|abort_?after|\bwait_?for|max_?wait",
    ),
    Lever(
        "keepalive",
        Text("how long connections are kept", "연결 유지 시간"),
        r"keep_?alive|idle|headers_?timeout|linger|max_?(?:connection_?)?(?:age|lifetime)|conn\w*lifetime|recycle|reuse|pre_?ping|test_?on_?borrow|validation_?query",
    ),
    Lever(
        "retry",
        Text("retries", "재시도"),
        r"retr(?:y|ies)|back_?off|attempts?\b|jitter|circuit|breaker|resilien|hedg|redeliver",
    ),
    Lever(
        "number",
        Text("a number in a setting", "설정 값"),
        r"(?:^|[\s\"'._-])(?:max|min|limit|size|count|quota|threshold|burst|rate|depth|window|capacity|batch|records|bytes|length|concurrency|replicas|workers|instances|threads|interval|memory|cpu|heap)\w*[\s\"']{0,3}[:=(].{0,40}\d",
    ),
    Lever(
        "rate",
        Text("a rate limit", "요청 제한"),
        r"rate_?limit|limit_req|throttl|quota|burst|requests_?per|\brps\b|\bqps\b|rate=",
    ),
    Lever(
        "size",
        Text("a limit of size", "크기 제한"),
        r"max_?(?:\w+_)?(?:body|size|bytes|message|frame|length|header|payload|upload)|body_?(?:size|limit)|client_max|message_?(?:size|bytes)|max_?recv|max_?send|varchar\(\d|character varying|max_?length",
    ),
    Lever(
        "workers",
        Text("how much runs at a time", "동시 실행 수"),
        r"worker|thread|concurren|parallel|replica|instances|process(?:es)?\b|executor|maxreplicas|scal(?:e|ing)|partition|prefetch|max_?tasks|GOMAXPROCS|goroutine|\bgo func|spawn|gather\(|Promise\.all|dispatcher",
    ),
    Lever(
        "resources",
        Text("what a container may use", "컨테이너 자원"),
        r"\bmemory\b|\bcpu\b|heap|-Xm[xs]|max-old-space|MaxRAM|\bGC\b|GOMEMLIMIT|ulimit|nofile|ephemeral-storage|maxmemory|swap|limits:",
    ),
    Lever(
        "schedule",
        Text("a schedule", "실행 일정"),
        r"\bcron|schedule|crontab|every\(|\binterval\b|@Scheduled|timer\b|fixed_?(?:rate|delay)",
    ),
    # -- what is kept
    Lever(
        "cache",
        Text("a cache", "캐시"),
        r"cache|memoi[sz]e|\bttl\b|evict|\blru|setex|expire|invalidate|max_?age|memcache|etag",
    ),
    Lever(
        "unbounded",
        Text("a bound", "제한"),
        r"\bttl\b|evict|expire|setex|max_?size|max_?entries|\blimit\b|LIMIT \d|maxlen|cleanup|clean_?up|purge|\.clear\(|\.delete\(|\.pop\(|prune|unsubscribe|removeListener|rotate|slice\(|\btop\b|page|iterator|stream|islice|\[:\w+\]",
        "-",
    ),
    Lever(
        "grows",
        Text("what is kept", "누적되는 데이터"),
        r"\.append\(|\.push\(|\.add\(|\.put\(|= append\(|setdefault|addListener|\.on\(|addEventListener|subscribe\(|map\[\w+\]|static .{0,40}(?:Map|List|Set)|global |lru_cache\(maxsize=None|@cache\b|toList\(\)|list\(|collect\(|read_?all|fetchall|\.all\(\)|findAll",
        "+",
    ),
    Lever(
        "disk",
        Text("what is written to disk", "디스크 기록량"),
        r"retention|lifecycle|expiration|rotat|delete_?after|\bdebug\b|\btrace\b|log_?level|verbose|dump|/tmp|tempfile|mkstemp|volume|max_?history|backups?|write_?ahead|archive|snapshot|core_pattern|keep_?(?:days|last|for)|segment",
    ),
    Lever(
        "release",
        Text("what gives a resource back", "자원 반환 코드"),
        r"\.close\(|\bclose\b|defer |\bwith \b|using\b|finally|dispose|release|__exit__|AutoCloseable|try \(|\.destroy\(|rollback|cancel\(|stop\(|shutdown",
        "-",
    ),
    Lever(
        "opens",
        Text("what is opened for each use", "호출마다 자원 생성"),
        r"http\.(?:Client|Transport)\{|new (?:HttpClient|OkHttpClient|RestTemplate|\w*Client|\w*Pool|Pool|Agent|Connection|\w*Producer|\w*Session|\w*DataSource)\b|\w*Client(?:::new|::builder|\.builder|\.create|Builder|\()|Session\(|create_engine|connect\(|\bopen\(|Files\.(?:lines|newInputStream|list|walk)|from_url|createConnection|createClient|\bdial|sql\.Open|new Worker|Executors\.new|ThreadPoolExecutor\(|openStream|getConnection|cursor\(|\.stream\(|subscribe\(|Popen|spawn\(",
        "+",
    ),
    # -- data stores
    Lever(
        "index",
        Text("an index", "인덱스"),
        r"\bindex\b|add_index|remove_index|create_index|drop_index|\bbtree|\bgin\b|\bbrin|db_index|@Index",
    ),
    Lever(
        "query",
        Text("a query", "쿼리"),
        r"\bselect\b|\bjoin\b|\bwhere\b|order by|group by|distinct|\.query|\.filter\(|\.find\w*\(|prefetch|select_related|\.include|includes\(|eager|lazy|fetch\s?=|@Query|\blike\b|ilike|count\(|aggregate|offset|per_?page|page_?size|find_?by|lower\(|upper\(|union|execute",
    ),
    Lever(
        "migration",
        Text("the schema of a database", "데이터베이스 스키마"),
        r"\balter\s+table|add_?column|drop_?column|remove_?column|rename_?column|drop\s+table|create\s+table|not null|set default|add\s+constraint|foreign key|\breferences\b|unique|\bcheck\s*\(|using btree|\btype\s+\w+\s+using|create\s+type|alter\s+type",
        paths=r"migrat|\.sql$|alembic|flyway|liquibase|schema\.prisma",
    ),
    Lever(
        "table-lock",
        Text("locks of a table", "실행 중 테이블 잠금"),
        r"create\s+(?:unique\s+)?index (?!.*concurrently)|alter\s+table|lock\s+table|vacuum full|reindex|cluster|\bupdate\s+\w+\s+set\b|backfill|add_index",
        "+",
    ),
    Lever(
        "transaction",
        Text("what happens within a transaction", "트랜잭션 범위"),
        r"transaction|@?transactional|\bbegin\b|\bcommit\b|atomic|isolation|savepoint|unit_?of_?work|for update|read_?committed|serializable|autocommit|executemany|bulk_|batch",
    ),
    Lever(
        "lock",
        Text("a lock", "잠금"),
        r"\block\b|\.lock|mutex|synchronized|rwlock|\bmu\b|lock\(|locked|advisory|\.acquire|semaphore|atomic|concurrenthashmap|sync\.map|thread_?safe|volatile|once\b|setnx|lease|leader",
    ),
    Lever(
        "unlocked",
        Text("a lock", "잠금"),
        r"\.lock\(|rlock\(|\bmutex|synchronized|RWMutex|Lock\(\)|with .*lock|concurrenthashmap|sync\.map|atomic|computeIfAbsent|setnx|for update|putIfAbsent|on conflict|copyonwrite|SELECT .* FOR|unique|idempot",
        "-",
    ),
    Lever(
        "order",
        Text("the order of things", "처리 순서"),
        r"\bsort|sorted\(|order_?by|reverse|sequence|priority|\.then\(|before|after",
    ),
    Lever(
        "shared-state",
        Text("state that is shared", "공유 상태"),
        r"static |global |singleton|module\.exports\.|thread_?local|context_?var|AsyncLocal|@ApplicationScoped|lazy_static|once_cell|var \w+ = |addSingleton|prototype|scoped|instance\b",
        "+",
    ),
    # -- who speaks to whom
    Lever(
        "contract",
        Text("what services say to each other", "서비스 간 데이터 형식"),
        r"json:\"|@json|serde|\brename\b|casts|nullable|optional|@serialname|\benum\b|data class|\brecord \w+\(|interface \w+|message \w+|= \d+;|\"type\":|\btypedef|struct\b|dto|serializ|marshal|to_?json|as_?json|from_?json|schema|toISOString|isoformat|tojson|int\?|string\?|: (?:str|int|float|bool|string|number|uuid)\b|payload|event|publish|->(?:name|field)|resource|hset|hget|pickle|msgpack|protobuf|decode|parse|fields?\b|column|mapping|deprecated|\bnull\b|omitempty|alias",
        paths=r"\.proto$|\.avsc$|\.graphql$|\.thrift$|openapi|swagger|/dto|/events?/|schemas?/|serializer|payload|contract",
    ),
    Lever(
        "strict",
        Text("how strictly something is read", "엄격한 검증"),
        r"fail_on_unknown|strict|additionalproperties|deny_unknown|forbid|ignore_?unknown|unknown_?fields|disallow|required|validat|not_?null|@notnull|nonnull|must\b|assert|check\(|pattern|\bparse\b|verify|reject|exact|schema",
    ),
    Lever(
        "host",
        Text("an address", "주소"),
        r"https?://|\bhost\b|hostname|\burl\b|\bport\b|endpoint|\bdns|domain|ndots|resolver|base_?url|\.svc\b|\.internal|\.local\b|upstream|[\w-]+\.[\w-]+\.(?:com|net|org|io|example|cluster)|service_?name|address|:\d{4,5}\b|externalname|search:|nameserver|route53|cname",
    ),
    Lever(
        "network",
        Text("which connections are allowed", "네트워크 정책"),
        r"networkpolicy|egress|ingress|security_?group|firewall|cidr|subnet|\bnat\b|sidecar|istio|envoy|mesh|peerauthentication|\bproxy|route_?table|vpc|\bacl\b|iptables|podselector|namespaceselector|mtls|listener|target_?group|service_?entry|authorizationpolicy|dnspolicy|hostnetwork|mtu|load_?balanc|allow_?list",
        paths=r"netpol|network|firewall|mesh|istio|security.?group",
    ),
    Lever(
        "tls",
        Text("how connections are encrypted", "TLS 설정"),
        r"\btls|\bssl|cert|\bca[-_. ]|issuer|root_?(?:ca|cert)|trust|cipher|verify|mtls|x509|pkcs|keystore|openssl|rustls|peerauthentication|\bstrict\b|ca-certificates|sni\b|acme|min_?version|protocol_?version|native-tls",
    ),
    Lever(
        "access",
        Text("who may do what", "접근 권한"),
        r"\brole|polic|permission|\bscope|\biam|\bgrant|revoke|rbac|principal|allow|deny|\bacl\b|authoriz|forbid|security_?context|run_?as|fsgroup|chmod|chown|capabilit|readonly|read_?only|clusterrole|verbs:|actions?\s*[=:]|can_?\w+\(|is_?admin|serviceaccount|owner",
    ),
    Lever(
        "identity",
        Text("how callers prove who they are", "인증"),
        r"token|\bjwt|secret|password|credential|api_?key|\bkey\b|login|session|cookie|samesite|csrf|cors|audience|\baud\b|issuer|\biss\b|sign|oauth|oidc|bearer|authorization|authenticat|hmac|jwks|\bkid\b|\bexp\b|leeway|origin|domain=",
    ),
    Lever(
        "header",
        Text("headers or what stands between caller and service", "헤더·프록시 설정"),
        r"headers?\b|baggage|x-forwarded|forwarded|real_?ip|proxy|\bhost\b|user-?agent|content-?type|accept|cookie|traceparent|connection:|nginx|gateway|cloudfront|cdn|trust_?proxy|middleware|compress|gzip|encoding|chunked|etag|vary",
    ),
    Lever(
        "route",
        Text("an endpoint", "엔드포인트"),
        r"@(?:get|post|put|delete|patch|request)mapping|\.(?:get|post|put|delete|patch|route|use|handle(?:func)?)\(\s?[\"'`]|@app\.|@router\.|path\(\s?[\"']|location [~/]|\brpc \w+|rewrite|redirect|[\"'`]/(?:v\d|api|internal)[\w/{}:.-]*|prefix|mapget|mappost|resources? :",
    ),
    Lever(
        "queue",
        Text("a queue or how it is read", "큐·토픽"),
        r"queue|topic|consumer|group[._-]?id|partition|prefetch|\back\b|acks|visibility|poll|subscri|publish|broker|offset|dead_?letter|\bdlq\b|exchange|routing_?key|stream|sidekiq|celery|kafka|sqs|rabbit|nats|pubsub|linger|fetch\.|delivery|enqueue|perform",
    ),
    # -- how it runs
    Lever(
        "blocking",
        Text("waiting that others share", "다른 처리를 막는 대기"),
        r"\.Result\b|\.Wait\(|GetAwaiter|block_on|runBlocking|\w+Sync\(|time\.sleep|Thread\.sleep|requests\.(?:get|post)|\.join\(\)|\.block\(\)|\.get\(\)|synchronous|asyncio\.run|run_until|std::thread::sleep|std::fs|urlopen|subprocess|for await|await .*\.(?:map|forEach)|bcrypt|scrypt|argon|pbkdf|JSON\.parse\(|crypto\.\w+Sync|zip|render|compress|while (?:true|\()",
        "+",
    ),
    Lever(
        "remote-call",
        Text("calls of others", "외부 호출"),
        r"client\.|\.fetch\(|\bfetch\(|http\.|axios|requests\.|\.send\(|rpc|stub\.|grpc|\.call\(|await \w+\.\w+\(|resttemplate|webclient|feign|gateway\.|\.Do\(|api\.",
        "+",
    ),
    Lever(
        "loop",
        Text("what is done for each of many", "반복 처리"),
        r"\bfor\b.*(?:in|of|range|:)|\bwhile\b|\.map\(|\.foreach\(|\.each\b|flatmap|comprehension|\.stream\(\)|iter\(|await .* for ",
        "+",
    ),
    Lever(
        "regex",
        Text("a regular expression", "정규식"),
        r"/[^/\s]{0,80}[*+}][^/]{0,80}/[a-z]{0,4}|re\.compile|regex|\bPattern\.compile|\(\?:|\[[^\]]{1,40}\][+*]|regexp",
    ),
    Lever(
        "nested-regex",
        Text("an expression that repeats a repetition", "중첩 반복 정규식"),
        r"\((?:[^()\\]|\\.){0,80}[+*](?:[^()\\]|\\.){0,40}\)[+*]",
        "+",
    ),
    Lever(
        "guard",
        Text("a check", "검사"),
        r"\bif\b|\bnull\b|\bnone\b|\bnil\b|undefined|optional|\?\.|\?\?|unwrap_or|or_?else|default|isempty|present|\.get\(|try|catch|except|rescue|recover|ok_or|guard|\?:|fallback|exists|filter|valid|setdefault|\|\|",
        "-",
    ),
    Lever(
        "lookup",
        Text("a look-up of what need not be there", "없을 수 있는 값 조회"),
        r"\w\[[A-Za-z_][\w.]*\]|\.get\(|\.find\w*\(|\.first\(|lookup|nullable|optional|null\b|none\b|nil\b|undefined|\.pop\(|\.next\(|unwrap|!!|!\.|as \w+|\.split\(|\.match\(|\[0\]|\[-1\]",
        "+",
    ),
    Lever(
        "handling",
        Text("how errors are handled", "오류 처리"),
        r"catch|except|rescue|throw|raise|panic|recover|fallback|on_?error|errors?\.|unwrap\(|expect\(|\?;|swallow|default|return err|ignore",
    ),
    Lever(
        "time",
        Text("dates, time zones or units of time", "날짜·시간대·시간 단위"),
        r"time_?zone|\butc|zone|\bdate|datetime|instant|strf?p?time|\bformat\(|duration|\bseconds?\b|milli|\bms\b|epoch|\bday|month|\byear|\bweek|\bnow\(|clock|localtime|dateformat|iso|moment|dayjs|luxon|calendar|expir|hours?\b|minutes?\b|%[dmYHMSyjz]\b|yyyy|MM[/.-]dd|dd[/.-]MM|now\b|today",
    ),
    Lever(
        "amount",
        Text("how numbers are computed", "숫자 계산"),
        r"round|scale|decimal|float|\bint\b|cents?\b|amount|currency|percent|\bprice|\btotal|\bsum|fee|tax|vat|\* ?\d|/ ?\d|divide|floor|ceil|trunc|number\(|parseint|bigint|int64|int32|uint|i32|u32|i64|long\b|quantity|discount",
    ),
    Lever(
        "text",
        Text("how text is read or written", "문자 처리"),
        r"utf|latin|charset|encod|decod|base64|unicode|normali[sz]e|\bbom\b|\bbytes\b|locale|casefold|lower\(|upper\(|trim|strip|escape|quote|delimiter|newline|\bcsv|split\(",
    ),
    Lever(
        "flag",
        Text("a switch", "기능 플래그"),
        r"feature|flag|rollout|percent|toggle|enabled|disabled|experiment|variant|launchdarkly|unleash|:\s?(?:true|false|on|off)\b|=\s?(?:true|false|on|off)\b|default_?on",
        paths=r"flag|feature|rollout|toggle|experiment",
    ),
    Lever(
        "setting",
        Text("a setting or variable of the environment", "환경 변수·설정"),
        r"\benv\b|getenv|environ|process\.env|configmap|secretkeyref|valuefrom|@value|properties|placeholder|settings?\b|config\b|\bvault|\$\{\w+|std::env|viper|default",
        paths=r"\.env|values.*\.ya?ml$|configmap|\.properties$|application.*\.ya?ml$|settings|config",
    ),
    Lever(
        "files",
        Text("files, paths or mounts", "파일·경로"),
        r"\bpath|\bfile|mount|volume|\bdir\b|directory|open\(|\bcopy\b|workdir|chmod|\buser\b|readonly|\bread_?file|/etc/|/var/|/usr/|/app/|/srv/|\.pem|\.key\b|template|resource|embed|asset|static|bucket|prefix|package_data|\.dockerignore",
        paths=r"dockerfile|\.dockerignore|manifest\.in",
    ),
    Lever(
        "image",
        Text("what it is built on", "기반 이미지·런타임"),
        r"^\s*from \S+|image:|base_?image|alpine|slim|distroless|scratch|ubuntu|debian|node:|python:|openjdk|temurin|golang:|rust:|apk |apt-get|\btarget\b|engines|java_?version|go \d|toolchain|python_requires|arch|arm64|glibc|musl",
        paths=r"dockerfile|\.tool-versions|\.nvmrc|\.ruby-version|runtime\.txt",
    ),
    Lever(
        "dependency",
        Text("a dependency", "의존성"),
        r"\bfeatures\s*=|default-features|exclude|implementation |\"[@\w/.-]+\":\s*\"[\^~]?\d|[\w.-]+==\d|version",
    ),
    Lever(
        "probe",
        Text("how it starts, stops or shows its health", "시작·종료·상태 점검"),
        r"health|liveness|readiness|probe|grace|prestop|minready|max_?surge|poddisruption|termination|sigterm|shutdown|drain|initialdelay|startup|lifecycle|rolling|maxunavailable|restart|init_?container|entrypoint|\bcmd\b|command:|args:|preload|warm",
    ),
    Lever(
        "identifier",
        Text("how ids or keys are made", "식별자 생성"),
        r"uuid|\bids?\b|sequence|random|hash|unique|idempot|dedup|nonce|\bkey\(|key_?(?:for|builder)|build_?key|auto_?increment|snowflake|md5|sha\d|slug|distinct",
    ),
    Lever(
        "payload",
        Text("how much is sent", "전송 데이터 크기"),
        r"\bbytes\b|preview|image|thumbnail|blob|attachment|base64|include|embed|payload|expand|html|body|content|page_?size|per_?page|batch|all\(|history|details|full|nested|children",
        "+",
    ),
    Lever(
        "artefact",
        Text("a model or other data file", "모델·데이터 파일"),
        r"oid sha256|md5:|\.onnx|\.pkl|\.pt\b|\.model|weights|checkpoint|model_?version|\.bin\b|lfs",
        paths=r"\.dvc$|\.onnx|\.pkl$|models?/|\.parquet$|\.csv$|data/|fixtures|seeds?",
    ),
    Lever(
        "removed-api",
        Text("what others may use", "다른 곳에서 쓰는 코드"),
        r"^\s*(?:public|export|def|func|fn|class|interface|pub|module|rpc|message)\b|@\w+mapping|\.(?:get|post|put|delete)\(\s?[\"'`]/|^\s*[\"']?[\w.-]+[\"']?\s*[:=]|create\s+|- name:|\bvalue:",
        "-",
    ),
)
