"""What an outage looks like, and which levers of a change can bring that about. Pure; the table is data.

A symptom is found in all that the services say in an episode, not in one message: the one with the loudest words is
seldom the one that was changed. ``levers`` says how usual it is that a lever (:mod:`.levers`) is
behind it, from 0 to 1: 1 is the first thing that an engineer would look for, 0.3 what has been seen.
"""

# ruff: noqa: E501  a table reads best with one thing a row

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from logmedic.investigate.changes.vocabulary import bounded_search, spaced


class Symptom(msgspec.Struct, frozen=True):
    id: str
    signs: str
    levers: Mapping[str, float]


def _levers(text: str) -> dict[str, float]:
    return {name: float(weight) for name, weight in (part.split(":") for part in text.split())}


SYMPTOMS = (
    Symptom("slow", r"time[sd]?[ -]?out|timeout|deadline|too long|slow|latency|p9\d|took \d{4,}|not respond|does not answer|elapsed|lock wait|stuck|hang|waiting|starv|aborted|took long|시간 ?초과|타임아웃|지연|느림|느려|오래 걸",
            _levers("timeout:.8 index:.9 query:.6 loop:.6 remote-call:.5 blocking:.8 lock:.6 transaction:.6 table-lock:.9 cache:.6 pool:.7 workers:.5 nested-regex:1 regex:.4 resources:.5 unbounded:.5 retry:.5 release:.6 opens:.6 keepalive:.4 host:.3 network:.4 payload:.4 number:.5 schedule:.4 queue:.3 flag:.3 grows:.3")),
    Symptom("pool", r"pool|too many connections|too many clients|connection slots|acquir|no available connection|connections in use|hikari|max_?connections|connection is not available|slots are reserved|커넥션|연결 풀",
            _levers("pool:1 release:1 transaction:.9 opens:.9 workers:.8 timeout:.5 keepalive:.5 query:.5 index:.5 remote-call:.5 loop:.5 number:.6 blocking:.5 table-lock:.6 retry:.4 lock:.4 unbounded:.3 schedule:.3")),
    Symptom("hung", r"event loop|starvation|not responding|unresponsive|blocked|deadlocked|heartbeat|watchdog|health check|healthy host|liveness|readiness|killed by|sigkill|probe failed|thread pool|queue full|rejectedexecution|no worker|응답하지 않|응답 없음|멈춤|먹통",
            _levers("blocking:1 nested-regex:1 regex:.6 lock:.7 loop:.6 workers:.6 probe:.8 resources:.6 pool:.5 timeout:.4 remote-call:.5 unbounded:.5 query:.4 number:.4 transaction:.4")),
    Symptom("ports", r"cannot assign requested address|eaddrnotavail|too many open files|emfile|address already in use|no buffer space|ephemeral|file descriptor|portallocation|snat|conntrack",
            _levers("opens:1 release:1 keepalive:.8 pool:.8 workers:.5 retry:.5 resources:.5 number:.5 loop:.4 schedule:.3 probe:.3")),
    Symptom("memory", r"out ?of ?memory|oom|heap|memory|cannot allocate|exit(?:ed)? (?:code|status) 137|gc overhead|evicted|maxmemory|memory limit|메모리",
            _levers("grows:1 unbounded:1 resources:1 cache:.9 payload:.7 workers:.7 release:.7 number:.7 queue:.5 query:.6 opens:.6 size:.5 loop:.4 image:.4 dependency:.3 schedule:.3 shared-state:.5")),
    Symptom("disk", r"no space left|disk (?:is )?(?:full|quota|usage)|enospc|disk|read-only file system|log directory|volume|디스크|저장 공간",
            _levers("disk:1 unbounded:.8 grows:.4 schedule:.5 number:.4 release:.5 files:.5 access:.4 cache:.4 resources:.4 queue:.3")),
    Symptom("reset", r"connection (?:was )?(?:reset|closed|aborted|lost)|closed before|premature|broken pipe|econnreset|eof\b|hang up|hung up|gone away|server closed|goaway|backend_connection|bad gateway|\b502\b|upstream prematurely|stream closed|protocol error|disconnect|연결이 끊|끊어졌|연결 종료",
            _levers("keepalive:1 network:.9 tls:.9 probe:.7 timeout:.6 header:.4 pool:.5 size:.4 host:.3 dependency:.4 image:.3 workers:.3 resources:.3 number:.3 retry:.4")),
    Symptom("refused", r"connection refused|econnrefused|unreachable|no route|cannot connect|could not connect|failed to connect|connect(?:ion)? time|i/o timeout|no healthy|unavailable|not reach|host is down|\b503\b|ehostunreach|연결할 수 없|연결 거부|연결이 거부|접속할 수 없|연결 실패|연결에 실패",
            _levers("host:1 network:1 probe:.7 setting:.5 workers:.4 resources:.3 number:.4 tls:.3 route:.3 pool:.2 header:.2")),
    Symptom("dns", r"name or service not known|name resolution|no such host|resolve|getaddrinfo|enotfound|eai_again|dns|nxdomain|servfail|unknownhost|lookup|호스트를 찾을 수",
            _levers("host:1 network:.8 setting:.6 image:.5 opens:.4 cache:.4 workers:.3")),
    Symptom("tls", r"certificate|\btls\b|\bssl\b|handshake|x509|pkix|unknownissuer|peer cert|self.signed|cipher|protocol version|unable to get local issuer|인증서",
            _levers("tls:1 image:.9 dependency:.7 host:.5 files:.5 network:.5 setting:.3 header:.2")),
    Symptom("denied", r"\b401\b|\b403\b|unauthori[sz]ed|forbidden|denied|not authorized|permission|not allowed|rbac|accessdenied|insufficient|must be owner|csrf|cors|refused by policy|policy|권한|거부|허용되지 않",
            _levers("access:1 identity:.9 network:.5 setting:.4 header:.6 files:.4 probe:.2 image:.3 tls:.3 host:.3 strict:.3 route:.3 migration:.3")),
    Symptom("credential", r"token|jwt|signature|password|credential|api[ _-]?key|login|authenticat|session|kid\b|audience|cookie|logged out|토큰|인증|로그인|비밀번호|서명|세션",
            _levers("identity:1 time:.6 cache:.6 setting:.6 header:.5 access:.4 tls:.3 identifier:.3 files:.4 host:.3 contract:.3 dependency:.3")),
    Symptom("limited", r"\b429\b|rate.?limit|too many requests|throttl|quota|limiting requests|excess|slow ?down|resource.?exhausted|over limit|exceeded|한도|요청이 너무 많|제한",
            _levers("rate:1 retry:.9 workers:.8 header:.9 loop:.7 cache:.7 remote-call:.6 identity:.5 number:.7 schedule:.6 identifier:.4 unbounded:.4 size:.4 queue:.3")),
    Symptom("large", r"too large|larger than|too long|exceeds? (?:the )?(?:max|limit|size)|\b413\b|\b431\b|entity too large|message size|max(?:imum)? (?:size|length|message)|payload too|truncat|value too long|toolarge|maxallowedpacket|너무 큽|너무 깁|크기 (?:제한|초과)|최대 (?:크기|길이)",
            _levers("size:1 payload:1 contract:.6 migration:.5 unbounded:.7 number:.6 header:.6 identity:.4 text:.4 dependency:.3 query:.4 identifier:.3")),
    Symptom("unreadable", r"pars(?:e|ing)|deseriali[sz]|unmarshal|decode|decoding|malformed|unexpected token|cannot (?:be )?(?:read|converted|cast)|invalid (?:type|wire|format|value|json|character|date|number)|mismatch|unrecogni[sz]ed|unknown (?:field|property|variant|enum|type|value)|expected .{1,40} (?:but|got|found)|unreadable|schema|validation|wrong type|not a valid|unexpected (?:key|field|type|end)|jsonmapping|missing field|cannot deserialize|wire type|incompatible|no enum|wrongtype|wrong kind|does not match format|unsupported|파싱|형식|변환|역직렬화|해석|유효하지 않",
            _levers("contract:1 strict:.9 lookup:.4 text:.6 time:.6 migration:.5 dependency:.5 removed-api:.5 amount:.4 cache:.4 payload:.3 header:.4 artefact:.4 guard:.4 flag:.3")),
    Symptom("column", r"no such (?:column|table)|unknown column|does not exist|undefinedcolumn|undefinedtable|relation .{1,60} does not|invalid column|missing column|has no column|invalid object name|field .{1,40}doesn't have a default|컬럼|테이블이 (?:없|존재)",
            _levers("migration:1 query:.6 contract:.4 setting:.3 host:.3 removed-api:.4 access:.3 identifier:.2")),
    Symptom("constraint", r"duplicate|already exists|unique|constraint|violat|integrity|foreign key|not-null|null value in column|conflict|\b409\b|label exists|sent before|twice|primary key|중복|제약|이미 존재|이미 등록",
            _levers("migration:.9 retry:1 unlocked:.9 identifier:1 transaction:.6 queue:.8 guard:.6 schedule:.6 workers:.6 strict:.3 timeout:.4 cache:.3 order:.3 number:.4 contract:.3")),
    Symptom("deadlock", r"deadlock|lock wait|could not serialize|serialization failure|try restarting transaction|40001|40p01|lock timeout|lockacquisition|database is locked|write conflict|transactionrollback|optimistic|stale ?object|데드락|교착|잠금",
            _levers("transaction:1 order:.8 lock:.9 table-lock:.9 loop:.4 workers:.6 schedule:.5 index:.5 query:.5 migration:.5 retry:.4 queue:.3 remote-call:.4")),
    Symptom("race", r"concurrent map|concurrentmodification|\brace\b|racy|already (?:closed|in use|started)|not thread|illegalstate|torn|inconsistent|changed size during|send on closed|double free|use after|reentr",
            _levers("unlocked:1 lock:.9 shared-state:.9 workers:.7 opens:.4 cache:.5 loop:.3 grows:.4 release:.4")),
    Symptom("empty", r"null ?pointer|nonetype|undefined|\bnil\b|null\b|has no attribute|cannot read propert|index out of|indexerror|keyerror|nosuchelement|unwrap|panic|unexpected end|not found in|no value|missing (?:key|field|value)|값이 없|비어 있|널|누락",
            _levers("guard:1 lookup:.8 contract:.7 removed-api:.7 migration:.4 flag:.4 cache:.5 dependency:.5 setting:.4 query:.3 handling:.5 shared-state:.4 strict:.3 text:.2 time:.2 identity:.2")),
    Symptom("missing-thing", r"no such file|filenotfound|enoent|not found|\b404\b|nosuchkey|missing|no object|cannot find|unknown (?:host|queue|topic|route|model)|template|does not exist|attachment|no key|nosuchbucket|no .{2,20} for|찾을 수 없|찾지 못|존재하지 않|없습니다|없음",
            _levers("files:1 lookup:.3 unbounded:.4 removed-api:.8 route:.8 queue:.7 setting:.6 image:.5 artefact:.5 host:.4 schedule:.4 probe:.3 access:.3 identifier:.5 cache:.3 disk:.4 migration:.3")),
    Symptom("setting", r"environment variable|missing (?:required )?(?:config|setting|env|property)|not configured|placeholder|could not resolve|invalid config|required setting|must be set|is not set|failed to bind|unsatisfied|no qualifying bean|설정|환경 ?변수",
            _levers("setting:1 removed-api:.6 flag:.4 files:.4 dependency:.4 probe:.4 strict:.4")),
    Symptom("module", r"no module|cannot (?:find module|import)|importerror|modulenotfound|noclassdef|classnotfound|nosuchmethod|undefined symbol|shared object|glibc|exec format|illegal instruction|err_require_esm|symbol not found|unsupported class|is not a function|has no attribute|dlopen|no such method|not implemented|unimplemented",
            _levers("dependency:1 image:1 removed-api:.8 files:.5 contract:.4 setting:.2")),
    Symptom("amount", r"amount|totals?\b|sums?\b|prices?\b|balance\b|cents|rounding|does not add up|negative|checksum|off by|drift|reconcil|discrepan|stock .{0,20}below|out of range|overflow|numeric|합계|총액|금액|잔액|정산|수량|재고|일치하지 않|맞지 않",
            _levers("amount:1 flag:.6 time:.3 cache:.4 contract:.5 guard:.4 transaction:.4 identifier:.3 dependency:.3 strict:.4 migration:.3 order:.3 retry:.4")),
    Symptom("time", r"date(?:time)?\b|time ?zone|timestamp|in the future|invalid date|clock|skew|dst\b|older than|too old|month|strptime|unparseable date|day is out of range|날짜|시각|시간대|기한|만료",
            _levers("time:1 cache:.5 text:.3 dependency:.3 schedule:.5 identity:.4 contract:.4 image:.3")),
    Symptom("text", r"encoding|decode byte|utf|unicode|charset|codec|surrogate|illegal character|mojibake|invalid byte|unmappable|인코딩|문자셋|깨진 글자|글자 깨짐",
            _levers("text:1 header:.5 image:.4 files:.3 dependency:.3 migration:.3 contract:.4")),
    Symptom("model", r"model\b|features\b|tensor|shape\b|dimension|onnx|inference|predict|embedding|expected: \d+|vector\b",
            _levers("artefact:1 contract:.6 dependency:.6 image:.3 identifier:.2 payload:.2 amount:.2")),
    Symptom("backlog", r"\blag\b|backlog|unacked|redeliver|rebalanc|poll\b|kicked out|not part of an active group|coordinator|queue|consumer|offset|dead.?letter|no tours|nothing to|stale|no fresh|vanished|not (?:sent|rendered)|밀림|밀려|적체|대기열|컨슈머|지연 메시지",
            _levers("queue:1 workers:.6 number:.6 schedule:.6 timeout:.5 keepalive:.3 unbounded:.4 blocking:.4 contract:.4 cache:.4 setting:.3 identifier:.3 order:.3 transaction:.3 flag:.3 disk:.3")),
    Symptom("stale", r"stale|outdated|old (?:value|version)|not updated|wrong (?:user|tenant|account|customer|language|price)|another (?:user|customer|tenant)|cached|mixed|belongs to|오래된|캐시|이전 (?:값|버전)|다른 (?:사용자|고객)",
            _levers("cache:1 identifier:.9 shared-state:.9 header:.6 transaction:.4 order:.4 queue:.5 time:.4 migration:.3")),
    Symptom("start", r"crash ?loop|back-off restarting|failed to start|exited|terminated|startup|exit (?:code|status)|shutting down|application run failed|시작 실패|기동 실패|종료됨|재시작",
            _levers("setting:.8 image:.8 probe:.8 files:.7 dependency:.7 resources:.6 access:.5 migration:.5 strict:.4 host:.3 tls:.2")),
    Symptom("recursion", r"stack ?overflow|recursion|maximum call stack|too much recursion|circular|cycle",
            _levers("loop:.6 contract:.7 removed-api:.3 guard:.6 remote-call:.3 payload:.4 nested-regex:.6 dependency:.4 retry:.3")),
)  # fmt: skip
_LONGEST = 12_000  # characters of one service's errors that are searched


# What has been behind almost anything: how usual it is where a symptom does not list it.
ANY = _levers("flag:.4 dependency:.3 image:.25 artefact:.3 setting:.2")


class Seen(msgspec.Struct, frozen=True):
    """A symptom, how strongly it shows (0 to 1) and the words that show it."""

    symptom: Symptom
    strength: float
    words: str


def seen(texts: Iterable[tuple[str, float]]) -> list[Seen]:
    """The symptoms of an episode. ``texts``: what was said, and how near to where it began (0 to 1)."""
    best: dict[str, Seen] = {}
    for text, weight in texts:
        told = spaced(text[:_LONGEST])
        for symptom in SYMPTOMS:
            known = best.get(symptom.id)
            if known is not None and known.strength >= weight:
                continue  # the search is what costs
            found = bounded_search(symptom.signs)(told)
            if found is not None:
                best[symptom.id] = Seen(symptom, weight, found[0])
    return sorted(best.values(), key=lambda s: (-s.strength, s.symptom.id))
