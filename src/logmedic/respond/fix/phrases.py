"""What pull requests and comments about fixes say, in both languages."""

from __future__ import annotations

from logmedic.model import Text

TITLE = Text("[logmedic] Fix for incident {id}", "[logmedic] 인시던트 {id} 수정")
TITLE_OF = Text("[logmedic] Fix for incident {id}: {what}", "[logmedic] 인시던트 {id} 수정: {what}")
COMMIT = "Fix the cause of logmedic incident {id}\n\nWritten by a coding agent; the pull request shows the proof.\n"
INTRO = Text(
    "A coding agent wrote this change for the incident below. A new test fails on commit {base} for the incident's"
    " reason and passes with the change; the whole suite passes. **A person has to judge it**: what was not checked"
    " stands at the end.",
    "아래 인시던트에 대해 코딩 에이전트가 작성한 변경입니다. 새 테스트가 커밋 {base}에서는 인시던트와 같은 이유로"
    " 실패하고 변경 후에는 통과하며, 전체 테스트도 통과합니다."
    " **사람의 검토가 필요합니다**: 확인하지 않은 것은 끝에 적혀 있습니다.",
)
ISSUE = Text("Issue", "이슈")
CHANGED = Text("Changed files", "변경된 파일")
SAID = Text("What the agent says (nobody has checked it)", "에이전트의 설명 (검증되지 않음)")
PROOF = Text("Proof", "증명")
TESTS = Text("New tests", "새 테스트")
COST = Text("Cost", "비용")
SPENT = Text(
    "{cost} for {requests} requests to {model} in {attempts} attempt(s); rules {prompt}; sandbox {sandbox}",
    "{model}에 요청 {requests}회, 시도 {attempts}회, {cost}; 규칙 {prompt}; 샌드박스 {sandbox}",
)
UNPRICED = Text("an unknown price", "가격 미상")
LIMITS = Text("What was not checked", "확인하지 않은 것")
LIMIT_LINES = (
    Text(
        "Whether the change is what the product wants, or only what the test asks for.",
        "변경이 제품의 의도에 맞는지, 아니면 테스트만 통과시키는지.",
    ),
    Text("Load, concurrency and data that the suite does not have.", "테스트에 없는 부하, 동시성, 데이터."),
    Text("Other services and clients that rely on the old behaviour.", "기존 동작에 의존하는 서비스와 클라이언트."),
    Text(
        "The suite ran without network; tests that were skipped then proved nothing.",
        "테스트는 네트워크 없이 실행됨; 그때 건너뛴 테스트는 아무것도 증명하지 않음.",
    ),
)
OFFERED = Text("**A draft pull request offers a fix**: {url}", "**수정안이 초안 풀 리퀘스트로 제안되었습니다**: {url}")
NO_FIX = Text("**No fix is offered**: {why}", "**수정안을 제안하지 않습니다**: {why}")
TRIED = Text("What was tried", "시도한 내용")
ATTEMPT = Text("Attempt {number}: {outcome}", "시도 {number}: {outcome}")
