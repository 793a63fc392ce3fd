"""The texts of issues that other channels do not have, in both languages."""

from __future__ import annotations

from logmedic.model import Text

FACTS = Text("What happened", "무슨 일이 있었나")
VERDICT = Text("Verdict", "판정")
SEVERITY = Text("Severity", "심각도")
EVIDENCE = Text("Evidence", "근거")
SOURCE = Text("Source at the commit", "커밋 시점의 소스")
PAGE = Text("Incident page", "인시던트 페이지")
FOOTER = Text(
    "Kept by logmedic. Closing this issue resolves the incident; if it comes back, the issue is reopened.",
    "logmedic이 관리합니다. 이슈를 닫으면 인시던트가 해결되고, 다시 발생하면 이슈가 다시 열립니다.",
)
STORM_FOOTER = Text(
    "Kept by logmedic while the storm lasts. What gets worse or comes back later gets an issue of its own; "
    "closing this one resolves nothing.",
    "오류 폭주 동안 logmedic이 갱신합니다. 나중에 악화되거나 재발하면 별도 이슈가 등록되며, "
    "이 이슈를 닫아도 인시던트는 해결되지 않습니다.",
)
BACK = Text("It is back after it was resolved", "해결된 뒤 다시 발생했습니다")
REACHED = Text("It has occurred {count:,} times", "{count:,}번 발생했습니다")
RESOLVED = Text("Resolved in logmedic.", "logmedic에서 해결되었습니다.")
REOPENED = Text("Reopened in logmedic.", "logmedic에서 다시 열렸습니다.")
