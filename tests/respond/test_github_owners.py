"""CODEOWNERS by the rules of GitHub's documentation."""

from __future__ import annotations

import pytest

from growth import assert_in_proportion
from logmedic.respond.github.owners import owners

# The example of "About code owners → Example of a CODEOWNERS file", without its teams and addresses.
DOCUMENTED = """
*       @global-owner1 @global-owner2
*.js    @js-owner #This is an inline comment.
*.go docs@example.com
*.txt @octo-org/octocats
/build/logs/ @doctocat
docs/* @docs
apps/ @octocat
/docs/ @doctocat
/scripts/ @doctocat @octocat
**/logs @octocat
/apps2/ @octocat
/apps2/github
"""


@pytest.mark.parametrize(
    ("path", "who"),
    [
        ("src/main.py", ["global-owner1", "global-owner2"]),
        ("src/deep/main.js", ["js-owner"]),
        ("main.go", []),
        ("a.txt", []),
        ("build/logs/a/b.py", ["octocat"]),  # the later **/logs
        ("x/apps/a.py", ["octocat"]),
        ("docs/a.md", ["doctocat"]),
        ("scripts/x", ["doctocat", "octocat"]),
        ("deeply/nested/logs/x", ["octocat"]),
        ("apps2/x", ["octocat"]),
        ("apps2/github", []),
    ],
)
def test_the_last_pattern_that_fits_names_the_owners(path, who):
    assert owners(DOCUMENTED, path) == who


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [
        ("docs/*", "docs/getting-started.md", True),
        ("docs/*", "docs/build-app/troubleshooting.md", False),
        ("docs/**", "docs/build-app/troubleshooting.md", True),
        ("src/**/db", "src/a/b/db/x.py", True),
        ("/db", "src/db", False),
        ("pool.py", "src/db/pool.py", True),
        ("pool.py", "src/db/pool.pyc", False),
        ("p?ol.py", "pool.py", True),
        ("p?ol.py", "p/ol.py", False),
        ("apps/", "apps", False),
        ("*", "anything", True),
    ],
)
def test_patterns_match_as_documented(pattern, path, fits):
    assert owners(f"{pattern} @ann", path) == (["ann"] if fits else [])


def test_a_pattern_full_of_stars_takes_time_in_proportion_to_the_path():
    patterns = f"{'*a' * 200} @ann\n{'**/' * 200}x @bea\n"
    assert_in_proportion(lambda path: owners(patterns, path), lambda size: "a" * 25 * size + "b/" * size, 50)
