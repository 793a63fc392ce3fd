"""``logmedic fix`` with the real Claude Code, in the real sandbox, against a scripted model on loopback."""

from __future__ import annotations

from fix_scenes import GOOD, GOOD_EDIT, edit, write


def test_a_good_fix_is_proved_and_a_rehearsal_pushes_nothing(shop):
    project = shop(GOOD)
    done = project.json("fix", "1", "--dry-run")
    assert (done["state"], done["reason"]) == ("rehearsed", "proved; nothing was pushed")
    assert done["attempts"][0]["files"] == ["shop/cart.py", "tests/test_empty_cart.py"]
    assert "if prices else 0" in done["diff"]
    assert set(project.branches) == {"main"}
    assert done["cost_usd"] > 0
