"""Right on clear cases, silent on unclear ones; every repository and every traceback is real."""

from __future__ import annotations

import pytest
from investigate_scenes import DAY, REDACTOR, Repo, case, decoys, record, shop

from logmedic.investigate.offline import OfflineInvestigator
from logmedic.model import CauseKind, Diagnosis, DiagnosisStatus, ExceptionPart, Frame, LogRecord, Severity, Stack


@pytest.fixture
def repo(tmp_path):
    return shop(tmp_path / "shop")


def diagnose(repo: Repo, subject: LogRecord, stack: Stack | None = None, **more) -> Diagnosis:
    return OfflineInvestigator(REDACTOR).investigate(case(subject, repo=repo, stack=stack, **more))


def crashed(repo: Repo, call: str, *, delay: int = 600) -> Diagnosis:
    text, stack = repo.crash(call)
    surfaced = stack.parts[0]
    subject = record("Unhandled exception", time=repo.time + delay, stack_text=text, exception_type=surfaced.type,
                     exception_message=surfaced.message)  # fmt: skip
    return diagnose(repo, subject, stack)


def said(repo: Repo, message: str, **more) -> Diagnosis:
    return diagnose(repo, record(message, time=repo.time + 600, **more))


def top(diagnosis: Diagnosis, repo: Repo) -> str:
    """The subject of the first suspect, "" when there is none."""
    names = {identity: subject for subject, identity in repo.ids.items()}
    return names[diagnosis.suspects[0].commit] if diagnosis.suspects else ""


def test_the_commit_that_renamed_the_key_on_one_side_is_the_suspect(repo):
    repo.edit("rename", "app/orders.py", '"customer": row.get("customer")', '"client": row.get("customer")')
    decoys(repo)
    found = crashed(repo, "from app.orders import *; charge(load({'sku': 'a', 'amount': '3'}))")
    assert top(found, repo) == "rename"
    assert found.code_cause
    assert found.cause_kind is CauseKind.CODE
    assert found.severity is Severity.CRITICAL
    assert found.fixable.yes
    assert "customer" in found.suspects[0].why.en
    assert found.status is DiagnosisStatus.VERIFIED


def test_the_commit_that_wrote_the_failing_line_is_the_suspect(repo):
    repo.edit("currency", "app/pricing.py", 'RATES["KRW"]', 'RATES[order["currency"]]')
    decoys(repo)
    found = crashed(repo, "from app.orders import *; charge(load({'sku': 'a', 'amount': '3'}))")
    assert top(found, repo) == "currency"
    assert [s.commit for s in found.suspects] == [repo.ids["currency"]]


def test_the_commit_that_removed_a_check_is_the_suspect(repo):
    repo.edit(
        "guard",
        "app/pricing.py",
        "    return order",
        "    if order.get('amount') is None:\n        return 0\n    return order",
    )
    repo.edit("simplify", "app/pricing.py", "    if order.get('amount') is None:\n        return 0\n", "")
    decoys(repo)
    found = crashed(repo, "from app.pricing import price; price({'amount': None})")
    assert top(found, repo) == "simplify"


def test_a_lowered_pool_size_explains_an_exhausted_pool(repo):
    repo.edit("tune", "app/database.py", "pool_size=20, max_overflow=10", "pool_size=2, max_overflow=1")
    decoys(repo)
    found = said(
        repo, "QueuePool limit of size 2 overflow 1 reached, connection timed out, timeout 30.00", error_code="DB_POOL"
    )
    assert top(found, repo) == "tune"
    assert "from 20 to 2" in found.suspects[0].why.en
    assert found.code_cause
    assert not found.fixable.yes


def test_a_raised_pool_size_does_not(repo):
    repo.edit("tune", "app/database.py", "pool_size=20", "pool_size=40")
    found = said(repo, "QueuePool limit of size 40 overflow 10 reached, connection timed out, timeout 30.00")
    assert found.suspects == ()
    assert not found.code_cause
    assert found.cause_kind is CauseKind.CAPACITY
    assert found.severity is Severity.CRITICAL


def test_a_connection_that_is_no_longer_given_back_explains_an_exhausted_pool(repo):
    repo.edit("leak", "app/database.py",
              "    with engine.connect() as connection:\n        return connection.execute(query).fetchall()",
              "    connection = engine.connect()\n    return connection.execute(query).fetchall()")  # fmt: skip
    decoys(repo)
    assert top(said(repo, "QueuePool limit of size 20 overflow 10 reached, connection timed out"), repo) == "leak"


def test_a_lowered_timeout_explains_time_outs(repo):
    repo.edit("faster", "app/client.py", "TIMEOUT = 30.0", "TIMEOUT = 2.0")
    decoys(repo)
    found = said(repo, "upstream call timed out after 2000 ms", error_code="AI_TIMEOUT")
    assert top(found, repo) == "faster"


@pytest.mark.parametrize(
    ("message", "more", "kind", "severity"),
    [
        ("AI call failed: 529 overloaded_error", {"error_code": "AI_OVERLOADED"}, CauseKind.UPSTREAM, Severity.WARNING),
        ("rate limited: 429 Too Many Requests", {"error_code": "AI_RATE_LIMIT"}, CauseKind.UPSTREAM, Severity.WARNING),
        ("[SSL: CERTIFICATE_VERIFY_FAILED] certificate has expired", {}, CauseKind.CREDENTIALS, Severity.CRITICAL),
        ("write /var/log/app.log: No space left on device", {}, CauseKind.CAPACITY, Severity.CRITICAL),
        ("[Errno -2] Name or service not known", {}, CauseKind.NETWORK, Severity.CRITICAL),
        ("request timed out after 30 s", {"error_code": "AI_TIMEOUT"}, CauseKind.UPSTREAM, Severity.WARNING),
        ("validation failed: customer is required", {"error_code": "VALIDATION"}, CauseKind.CLIENT, Severity.WARNING),
        ("invalid x-api-key", {"error_code": "AI_AUTH"}, CauseKind.CREDENTIALS, Severity.CRITICAL),
        ("connection refused (os error 111)", {"error_code": "DB_CONNECT"}, CauseKind.NETWORK, Severity.WARNING),
        ("OOMKilled: memory limit reached, cannot allocate memory", {}, CauseKind.CAPACITY, Severity.CRITICAL),
    ],
)  # fmt: skip
def test_what_no_commit_explains_has_no_suspect_however_recent_the_last_commit(repo, message, more, kind, severity):
    repo.edit("refactor", "app/client.py", "def ask(prompt)", "def ask(prompt, model=None)")
    repo.edit("customer field", "app/orders.py", 'row.get("customer")', 'row.get("customer", "guest")')
    decoys(repo)
    found = said(repo, message, **more)
    assert found.suspects == ()
    assert not found.code_cause
    assert not found.fixable.yes
    assert found.cause_kind is kind
    assert found.severity is severity


def test_code_that_ran_well_for_months_is_not_blamed_for_new_data(repo):
    repo.edit("old line", "app/orders.py", 'int(row["amount"])', 'int(row["amount"]) * 1')
    repo.commit("unrelated", {"app/health.py": "def health():\n    return 'ok'\n"}, gap=200 * DAY)
    found = crashed(repo, "from app.orders import *; load({'sku': 'a', 'amount': 'N/A'})")
    assert found.suspects == ()
    assert found.cause_kind is CauseKind.DATA
    assert found.confidence < 0.7


def test_a_commit_after_the_first_occurrence_is_no_suspect(repo):
    repo.edit("currency", "app/pricing.py", 'RATES["KRW"]', 'RATES[order["currency"]]')
    text, stack = repo.crash("from app.pricing import price; price({'amount': 1})")
    subject = record("boom", time=repo.time + 600, stack_text=text, exception_type="KeyError")
    repo.edit("rework", "app/pricing.py", 'RATES[order["currency"]]', 'RATES[order["currency"]] + 0', gap=2_000)
    found = diagnose(repo, subject, stack)
    assert [s.commit for s in found.suspects] == [repo.ids["currency"]]
    assert not any(item.locator.get("commit") == repo.ids["rework"] for item in found.evidence)


def test_the_release_of_the_record_says_which_code_ran(repo):
    repo.edit("currency", "app/pricing.py", 'RATES["KRW"]', 'RATES[order["currency"]]')
    repo.git("tag", "v1.4.0")
    text, stack = repo.crash("from app.pricing import price; price({'amount': 1})")
    repo.edit("mended", "app/pricing.py", 'RATES[order["currency"]]', 'RATES[order.get("currency", "KRW")]')
    subject = record("boom", time=repo.time + 600, stack_text=text, exception_type="KeyError", release="shop@1.4.0")
    found = diagnose(repo, subject, stack)
    assert top(found, repo) == "currency"
    assert next(item for item in found.evidence if item.kind == "source").locator["commit"] == repo.ids["currency"]


def test_a_missing_module_leads_to_the_commit_that_dropped_it(repo):
    repo.commit("pin", {"requirements.txt": "httpx==0.28\nleftpad9==1.0\n"})
    repo.edit("pad", "app/client.py", "import httpx\n", "import leftpad9\nimport sys\n")
    repo.commit("drop unused", {"requirements.txt": "httpx==0.28\n"})
    decoys(repo)
    found = crashed(repo, "import app.client")
    assert {s.commit for s in found.suspects[:2]} <= {repo.ids["drop unused"], repo.ids["pad"]}
    assert found.suspects


def test_a_clock_that_disagrees_with_the_log_still_gives_the_source(repo):
    repo.edit("currency", "app/pricing.py", 'RATES["KRW"]', 'RATES[order["currency"]]')
    found = crashed(repo, "from app.pricing import price; price({'amount': 1})", delay=-400 * DAY)
    assert top(found, repo) == "currency"
    assert found.confidence < 0.9


def test_who_only_moved_the_failing_code_is_not_blamed(repo):
    repo.edit("currency", "app/pricing.py", 'RATES["KRW"]', 'RATES[order["currency"]]')
    moved = (repo.root / "app/pricing.py").read_text()
    repo.commit("move", {"app/pricing.py": "from app.rates import RATES, price\n", "app/rates.py": moved})
    found = crashed(repo, "from app.pricing import price; price({'amount': 1})")
    assert top(found, repo) == "currency"
    assert repo.ids["move"] not in [s.commit for s in found.suspects]


def test_an_upgraded_library_that_raises_is_the_suspect(repo):
    repo.commit("pin", {"requirements.txt": "httpx==0.27\nflask==3.0\n"})
    repo.commit("upgrade httpx", {"requirements.txt": "httpx==0.28\nflask==3.0\n"})
    repo.commit("upgrade flask", {"requirements.txt": "httpx==0.28\nflask==3.1\n"})
    frames = (
        Frame("ask", "/srv/app/client.py", 7, in_app=True),
        Frame("post", "/usr/lib/python3.11/site-packages/httpx/_api.py", 319),
    )
    stack = Stack("python", (ExceptionPart("TypeError", "got an unexpected keyword argument 'proxies'", frames),))
    subject = record("boom", time=repo.time + 600, exception_type="TypeError")
    assert top(diagnose(repo, subject, stack), repo) == "upgrade httpx"


def test_a_new_use_of_a_variable_that_nobody_set_is_the_suspect(repo):
    repo.edit("stripe", "app/client.py", "TIMEOUT = 30.0", 'import os\nTIMEOUT = 30.0\nKEY = os.environ["STRIPE_KEY"]')
    repo.edit("httpx first", "app/client.py", "import httpx\n", "", gap=60)
    decoys(repo)
    found = crashed(repo, "import app.client")
    assert top(found, repo) == "stripe"
    assert found.cause_kind is CauseKind.CODE
    assert not found.fixable.yes


def test_a_changed_address_explains_that_it_cannot_be_resolved(repo):
    repo.edit("new database", "app/database.py", "db.internal", "db2.internal")
    decoys(repo)
    found = said(repo, 'could not translate host name "db2.internal" to address: Name or service not known')
    assert top(found, repo) == "new database"


def test_an_address_that_stayed_explains_nothing(repo):
    repo.edit("new database", "app/database.py", "db.internal", "db2.internal")
    assert said(repo, "lookup api.example.com: no such host").suspects == ()


def test_a_name_in_a_diff_does_not_explain_a_slow_service(repo):
    repo.commit("payments", {"app/payment_service.py": "def pay():\n    return 'payment_service'\n"})
    assert said(repo, "call to payment_service timed out").suspects == ()


def test_a_dropped_column_is_found_by_its_last_name(repo):
    repo.commit("schema", {"migrations/1.sql": "ALTER TABLE orders ADD COLUMN total INT;\n"})
    repo.commit("cleanup", {"migrations/2.sql": "ALTER TABLE orders DROP COLUMN total;\n"})
    decoys(repo)
    found = said(repo, "no such column: orders.total", error_code="DB_ERROR")
    assert top(found, repo) == "cleanup"


def test_formatting_and_comments_on_the_failing_line_are_not_to_blame(repo):
    repo.edit("currency", "app/pricing.py", 'RATES["KRW"]', 'RATES[order["currency"]]')
    repo.edit(
        "black",
        "app/pricing.py",
        '    rate = RATES[order["currency"]]',
        "    rate = RATES[\n        order['currency'],\n    ]",
    )
    found = crashed(repo, "from app.pricing import price; price({'amount': 1})")
    assert top(found, repo) == "currency"


def test_many_decoys_and_no_reason_give_no_suspect(repo):
    for number in range(8):
        repo.commit(
            f"feature {number}", {f"app/feature{number}.py": f"def feature{number}(order):\n    return order\n"}
        )
    repo.edit("faster", "app/client.py", "TIMEOUT = 30.0", "TIMEOUT = 60.0")
    for message in ("write: no space left on device", "certificate has expired", "529 overloaded_error", "it failed"):
        found = said(repo, message)
        assert found.suspects == ()
        assert not found.code_cause


RUST = """
    pub struct Ticket {
        pub plan: Option<String>,
    }

    pub fn quota(ticket: &Ticket) -> u32 {
        let plan = ticket.plan.as_deref().unwrap_or("free");
        limit(plan)
    }

    fn limit(plan: &str) -> u32 {
        if plan == "free" { 10 } else { 100 }
    }
"""


def test_a_rust_panic_leads_to_who_put_the_unwrap_there(repo):
    repo.commit("rust", {"backend/src/plans.rs": RUST, "backend/src/main.rs": "mod plans;\n\nfn main() {}\n"})
    repo.edit("simpler", "backend/src/plans.rs", '.unwrap_or("free")', ".unwrap()")
    repo.edit("limits", "backend/src/plans.rs", "10 } else", "20 } else")
    decoys(repo)
    frames = (
        Frame("shop::main", "src/main.rs", 3, in_app=True),
        Frame("shop::plans::quota", "src/plans.rs", 6, in_app=True),
    )
    message = "called `Option::unwrap()` on a `None` value"
    stack = Stack("rust", (ExceptionPart("panic", message, frames),))
    found = diagnose(
        repo, record(f"thread 'main' panicked at src/plans.rs:6:40:\n{message}", time=repo.time + 600), stack
    )
    assert [s.commit for s in found.suspects] == [repo.ids["simpler"]]
    assert found.severity is Severity.CRITICAL
    assert found.fixable.yes


FOREIGN = "payment failed: no such column: orders.total, DB_TIMEOUT, QueuePool limit of size 2 reached, timed out"


def chatty(repo: Repo) -> None:
    """Commits whose diffs say all that the error says."""
    repo.commit("schema", {"migrations/1.sql": "ALTER TABLE orders ADD COLUMN total INT;\n"})
    repo.commit("cleanup", {"migrations/2.sql": "ALTER TABLE orders DROP COLUMN total;\n"})
    repo.edit("tune", "app/database.py", "pool_size=20, max_overflow=10", "pool_size=2, max_overflow=1")
    repo.edit("faster", "app/client.py", "TIMEOUT = 30.0", "TIMEOUT = 2.0")


@pytest.mark.parametrize(
    "message",
    [FOREIGN, "no such column: orders.total", "upstream call timed out after 2000 ms", "QueuePool limit of size 2"],
)  # fmt: skip
def test_a_repository_without_the_file_that_logged_the_error_is_not_blamed(repo, message):
    chatty(repo)
    assert said(repo, message).suspects, "the words alone would do"
    found = said(repo, message, file="src/payments.rs", line=42, target="shop::payments")
    assert found.suspects == ()
    assert not found.code_cause
    assert not found.fixable.yes
    assert "not found in the repository" in found.root_cause.en
    assert "저장소에서 찾지 못해" in found.root_cause.ko
    assert found.status is DiagnosisStatus.VERIFIED


def test_a_repository_without_any_file_of_the_stack_is_not_blamed(repo):
    chatty(repo)
    frames = (Frame("pay", "/srv/billing/pay.py", 4, in_app=True), Frame("run", "/srv/billing/pool.py", 9, in_app=True))
    stack = Stack("python", (ExceptionPart("KeyError", "'total'", frames),))
    found = diagnose(repo, record("boom", time=repo.time + 600, exception_type="KeyError"), stack)
    assert found.suspects == ()
    assert "not found in the repository" in found.root_cause.en


def test_a_repository_with_the_file_that_logged_the_error_is_still_looked_at(repo):
    chatty(repo)
    found = said(repo, "QueuePool limit of size 2 overflow 1 reached", file="app/database.py", line=8)
    assert top(found, repo) == "tune"
    assert "not found" not in found.root_cause.en


def test_a_file_name_that_several_tracked_files_have_is_no_foreign_one(repo):
    chatty(repo)
    repo.commit("crates", {"a/src/main.rs": "fn main() {}\n", "b/src/main.rs": "fn main() {}\n"})
    found = said(repo, "QueuePool limit of size 2 overflow 1 reached", file="src/main.rs", line=1)
    assert top(found, repo) == "tune"
