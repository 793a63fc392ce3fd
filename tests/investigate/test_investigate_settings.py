"""Numbers, switches and packages are read as they stand in the files of many languages."""

from __future__ import annotations

import pytest

from logmedic.investigate.changes import packages, settings
from logmedic.investigate.changes.diffs import Change, FileDiff, Hunk
from logmedic.investigate.changes.hunks import only_renames


def hunk(removed: str, added: str, *context: str) -> Hunk:
    old, new = removed.splitlines(), added.splitlines()
    return Hunk(5, len(old), 5, len(new), tuple(old), tuple(new), context)


def change(path: str, removed: str, added: str, *context: str) -> Change:
    return Change("a" * 40, 0, "subject", 1, (FileDiff(path, path, (hunk(removed, added, *context),)),))


@pytest.mark.parametrize(
    ("line", "name", "amount"),
    [
        ("pool_size=5)", "pool_size", 5),
        ("  timeout: 30", "timeout", 30),
        ('"maxConnections": 20,', "maxConnections", 20),
        ("TIMEOUT: float = 2.5", "TIMEOUT", 2.5),
        ("timeout = Duration::from_secs(3)", "timeout", 3),
        ("timeout = Duration::from_millis(300)", "timeout", 0.3),
        (".pool_size(10)", "pool_size", 10),
        ('timeout = "30s"', "timeout", 30),
        ("http.Client{Timeout: 10 * time.Second}", "Timeout", 10),
        ("  memory: 512Mi", "memory", 512 * 2**20),
        ("java -Xmx2g -jar app.jar", "Xmx", 2e9),
        ("gunicorn --workers 4", "workers", 4),
        ("<maximumPoolSize>10</maximumPoolSize>", "maximumPoolSize", 10),
        ("idle = 5m", "idle", 300),
        ("heap_size: 256m", "heap_size", 256e6),
        ("LIMIT = 30_000", "LIMIT", 30_000),
    ],
)
def test_numbers_are_read_with_their_units(line, name, amount):
    assert settings.numbers([line])[name].amount == pytest.approx(amount)


def test_a_value_is_told_with_the_name_it_stands_under():
    found = settings.numbers(['  value: "20"'], ("env:", "- name: DB_POOL"))
    assert found["DB_POOL.value"].amount == 20


def test_less_memory_in_a_bigger_unit_is_not_more():
    (_, old, new), *_ = settings.numbers_of(hunk("memory: 2048Mi", "memory: 1Gi"))
    assert new.amount < old.amount


@pytest.mark.parametrize(
    ("removed", "added", "on"),
    [
        ("new_pricing: false", "new_pricing: true", True),
        ('"new_pricing": "on",', '"new_pricing": "off",', False),
        ("NEW_PRICING=0", "NEW_PRICING=1", True),
        ("new_pricing: 0%", "new_pricing: 100%", True),
        ("new_pricing: 3", "new_pricing: 4", None),
    ],
)
def test_a_switch_is_told_from_a_number(removed, added, on):
    (found,) = settings.replaced(hunk(removed, added))
    assert settings.switched(found) is on


@pytest.mark.parametrize(
    ("path", "removed", "added", "name", "known_as"),
    [
        ("requirements.txt", "PyJWT==1.7.1", "PyJWT==2.9.0", "PyJWT", "jwt"),
        ("svc/package.json", '"got": "^11.8.6",', '"got": "^12.6.1",', "got", "got"),
        ("package.json", '"@nestjs/core": "9.4.0"', '"@nestjs/core": "10.0.0"', "@nestjs/core", "nestjs"),
        ("Cargo.toml", 'reqwest = { version = "0.11" }', 'reqwest = { version = "0.12" }', "reqwest", "reqwest"),
        ("go.mod", "\tgithub.com/jackc/pgx/v5 v5.1.0", "\tgithub.com/jackc/pgx/v5 v5.6.0", "github.com/jackc/pgx/v5",
         "pgx"),
        ("build.gradle", "implementation 'com.zaxxer:HikariCP:5.1.0'", "implementation 'com.zaxxer:HikariCP:6.0.0'",
         "com.zaxxer:HikariCP", "com.zaxxer"),
        ("pom.xml", "<jackson.version>2.17.0</jackson.version>", "<jackson.version>2.18.0</jackson.version>", "jackson",
         "jackson"),
        ("Gemfile.lock", "    faraday (1.10.3)", "    faraday (2.9.0)", "faraday", "faraday"),
        ("requirements.txt", "beautifulsoup4==4.12", "beautifulsoup4==4.13", "beautifulsoup4", "bs4"),
    ],
)  # fmt: skip
def test_packages_are_known_by_the_names_that_code_uses(path, removed, added, name, known_as):
    (found,) = packages.changed(change(path, removed, added))
    assert found.name == name
    assert found.old != found.new
    assert known_as in packages.known_as(found.name)


def test_a_version_in_a_lock_file_belongs_to_the_name_above_it():
    (found,) = packages.changed(
        change("Cargo.lock", 'version = "0.6.1"', 'version = "0.7.0"', "[[package]]", 'name = "sqlx"')
    )
    assert (found.name, found.old, found.new, found.major) == ("sqlx", "0.6.1", "0.7.0", True)


def test_a_patch_release_is_no_major_one():
    (found,) = packages.changed(change("requirements.txt", "flask==3.0.1", "flask==3.0.2"))
    assert not found.major


@pytest.mark.parametrize(
    ("path", "removed", "added", "only"),
    [
        ("a.py", "q = SELECT\nrun(q)", "query = SELECT\nrun(query)", True),
        ("a.py", "def make_ctx():", "def make_context():", True),
        ("a.rs", "let t = total();", "let sum = total();", True),
        ("a.kt", "setScale(2, HALF_UP)", "setScale(2, UNNECESSARY)", False),
        ("a.yaml", "timeout: x", "timeuot: x", False),
        ("a.py", "q = first()\nrun(q)", "query = second()\nrun(query)", False),
        ("a.py", "q = a\nr = b", "x = a\nx = b", False),
    ],
)
def test_a_rename_of_what_is_declared_there_is_told_from_a_change(path, removed, added, only):
    assert only_renames(hunk(removed, added), path) is only
