"""``logmedic rules``: what is looked for, in a line a rule, and as each backend is asked."""

from __future__ import annotations


def test_a_rule_is_a_line_with_what_it_compares(shell):
    shell.write("logmedic.toml", '[[rules]]\nname = "slow"\nover_ms = 800\nservices = ["shop*"]')
    lines = shell.run("rules", "list").stdout.decode().splitlines()
    assert "slow: duration, over_ms 800 → warning or worse; only of shop*" in lines
    assert "error-level: level, level error → warning or worse" in lines
    found = {rule["name"]: rule for rule in shell.json("rules", "list")}
    assert found["slow"]["settings"] == {"over_ms": "800"}
    assert set(found) == {"error-level", "slow", "surge", "error-code"}


def test_the_forms_of_a_rule_come_behind_that_line(shell):
    shown = shell.run("rules", "show", "slow", "--backend", "logql").stdout.decode().splitlines()
    assert shown[0] == "## slow: duration, over_ms 5000 → warning or worse"
    assert shown[1].startswith("# slow · logql: ")
