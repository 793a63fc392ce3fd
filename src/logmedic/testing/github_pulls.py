"""Pull requests of the fake GitHub: what ``gh pr create`` and ``gh pr edit`` ask for and change."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from logmedic.testing.github_nodes import Node, label, page, user
from logmedic.testing.github_store import LOGIN, Pull, RefusedError, Repository, stamp


def fields(repository: Repository) -> Node:
    """What a repository has besides issues."""

    def numbered(_info: Any, number: int) -> Node:
        found = next((pull for pull in repository.pulls if pull.number == number), None)
        if found is None:
            raise RefusedError(f"Could not resolve to a PullRequest with the number of {number}.", "NOT_FOUND")
        return node(repository, found)

    def listed(_info: Any, headRefName: str | None = None, states: Sequence[str] | None = None, **more: Any) -> Node:  # noqa: N803  GitHub's name
        wanted = [
            pull
            for pull in reversed(repository.pulls)
            if (headRefName is None or pull.head == headRefName) and (not states or pull.state in states)
        ]
        return page([node(repository, pull) for pull in wanted], more)

    return {
        "defaultBranchRef": {"__typename": "Ref", "id": "REF_1", "name": repository.default_branch},
        "pullRequest": numbered,
        "pullRequests": listed,
        "parent": None,
        "viewerDefaultCommitEmail": None,
    }


def by_id(repository: Repository, id: str) -> Pull | None:
    return next((pull for pull in repository.pulls if pull.id == id), None)


def _known(repository: Repository, id: str) -> Pull:
    pull = by_id(repository, id)
    if pull is None:
        raise RefusedError(f"Could not resolve to a node with the global id of '{id}'", "NOT_FOUND")
    return pull


def node(repository: Repository, pull: Pull) -> Node:
    head = pull.last_head or repository.branches().get(pull.head, "0" * 40)
    ended = None if pull.ended is None else stamp(pull.ended)
    asked = [{"__typename": "ReviewRequest", "requestedReviewer": user(login)} for login in pull.reviewers]
    return {
        "__typename": "PullRequest",
        "id": pull.id,
        "number": pull.number,
        "title": pull.title,
        "body": pull.body,
        "state": pull.state,
        "url": f"https://github.com/{repository.owner}/{repository.name}/pull/{pull.number}",
        "isDraft": pull.draft,
        "isCrossRepository": pull.fork,
        "headRefName": pull.head,
        "headRefOid": head,
        "baseRefName": pull.base,
        "author": user(pull.author),
        "createdAt": stamp(pull.created),
        "mergedAt": ended if pull.state == "MERGED" else None,
        "closedAt": ended,
        "closed": pull.state != "OPEN",
        "headRepositoryOwner": user(repository.owner),
        "labels": lambda _info, **more: page([label(name, repository) for name in pull.labels], more),
        "assignees": lambda _info, **more: page([], more),
        "assignedActors": lambda _info, **more: page([], more),
        "reviewRequests": lambda _info, **more: page(asked, more),
        "projectCards": lambda _info, **more: page([], more),
        "projectItems": lambda _info, **more: page([], more),
        "milestone": None,
    }


def _createPullRequest(repository: Repository, given: Mapping[str, Any]) -> Node:  # noqa: N802  GitHub's name
    pull = repository.offer(
        given["title"],
        given.get("body") or "",
        head=given["headRefName"],
        base=given["baseRefName"],
        draft=bool(given.get("draft")),
    )
    return {"pullRequest": node(repository, pull)}


def _updatePullRequest(repository: Repository, given: Mapping[str, Any]) -> Node:  # noqa: N802  GitHub's name
    pull = _known(repository, given["pullRequestId"])
    pull.title, pull.body = given.get("title") or pull.title, given.get("body") or pull.body
    if given.get("labelIds") is not None:
        pull.labels = [id.removeprefix("L_") for id in given["labelIds"]]
    return {"pullRequest": node(repository, pull)}


def _requestReviews(repository: Repository, given: Mapping[str, Any]) -> Node:  # noqa: N802  GitHub's name
    pull = _known(repository, given["pullRequestId"])
    logins = [id.removeprefix("U_") for id in given.get("userIds") or ()]
    if LOGIN in logins:
        raise RefusedError("Review cannot be requested from pull request author.")
    for login in logins:
        if login not in repository.people:
            raise RefusedError(f"Could not resolve to a node with the global id of 'U_{login}'", "NOT_FOUND")
    kept = pull.reviewers if given.get("union") else []
    pull.reviewers = [*kept, *(login for login in logins if login not in kept)]
    return {"pullRequest": node(repository, pull)}


MUTATIONS: Mapping[str, Callable[[Repository, Mapping[str, Any]], Node]] = {
    "createPullRequest": _createPullRequest,
    "updatePullRequest": _updatePullRequest,
    "requestReviews": _requestReviews,
}
