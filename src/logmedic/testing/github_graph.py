"""GitHub's GraphQL API over a fake repository: GitHub's own schema, executed by graphql-core.

The schema checks every query, argument and answer, so that a client's mistake is a mistake here as well. What the
store has no answer for is null, or an error where the schema does not allow null.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from logmedic.testing import github_pulls
from logmedic.testing.github_nodes import label as _label
from logmedic.testing.github_nodes import page as _page
from logmedic.testing.github_nodes import user as _user
from logmedic.testing.github_store import LOGIN, Comment, Issue, RefusedError, Repository, stamp

if TYPE_CHECKING:
    from graphql import GraphQLSchema

Node = dict[str, Any]
_MUTATIONS: dict[str, Callable[[Repository, Mapping[str, Any]], Node]] = {}


# What github.com has beyond the published schema, and gh uses since 2.75.
_UNPUBLISHED = """
input ReplaceActorsForAssignableInput {
  assignableId: ID!
  actorIds: [ID!]
  actorLogins: [String!]
  clientMutationId: String
}
type ReplaceActorsForAssignablePayload { clientMutationId: String }
extend type Mutation {
  replaceActorsForAssignable(input: ReplaceActorsForAssignableInput!): ReplaceActorsForAssignablePayload
}
type AssigneeConnection { nodes: [Assignee], totalCount: Int!, pageInfo: PageInfo! }
extend type Issue { assignedActors(first: Int, after: String): AssigneeConnection! }
extend type PullRequest { assignedActors(first: Int, after: String): AssigneeConnection! }
"""


@cache
def load(path: Path) -> GraphQLSchema:
    """GitHub's schema with resolvers (1 s). They find the repository in the context of each execution."""
    from graphql import build_schema  # noqa: PLC0415  a dependency of tests alone

    published = path.read_text(encoding="utf-8")
    schema = build_schema(published + _UNPUBLISHED, assume_valid=True, assume_valid_sdl=True)
    query, mutation = schema.query_type, schema.mutation_type
    assert query is not None
    assert mutation is not None
    query.fields["repository"].resolve = _repository
    query.fields["viewer"].resolve = lambda _root, info: _user(LOGIN)
    query.fields["search"].resolve = _search
    query.fields["node"].resolve = lambda _root, info, id: _issue(info.context, info.context.by_id(id))
    query.fields["user"].resolve = lambda _root, info, login: _person(info.context, login)
    for name, act in {**_MUTATIONS, **github_pulls.MUTATIONS}.items():
        mutation.fields[name].resolve = _doing(act)
    return schema


def execute(schema: GraphQLSchema, repository: Repository, asked: Mapping[str, Any]) -> dict[str, Any]:
    """The body of the answer to the body of a request."""
    from graphql import GraphQLError, execute_sync, parse, specified_rules, validate  # noqa: PLC0415  as above
    from graphql.validation import OverlappingFieldsCanBeMergedRule  # noqa: PLC0415

    # GitHub does not hold itself to this rule: gh asks for the `state` of an issue or a pull request in one breath.
    rules = [rule for rule in specified_rules if rule is not OverlappingFieldsCanBeMergedRule]
    try:
        document = parse(str(asked.get("query", "")))
    except GraphQLError as error:
        return {"errors": [{"message": error.message}]}
    complaints = validate(schema, document, rules)
    if complaints:
        return {"errors": [{"message": error.message} for error in complaints]}
    with repository.lock:
        done = execute_sync(
            schema,
            document,
            context_value=repository,
            variable_values=asked.get("variables"),
            operation_name=asked.get("operationName"),
        )
    body: dict[str, Any] = {"data": done.data}
    if done.errors:
        body["errors"] = [
            {
                "message": error.message,
                "path": error.path,
                "type": getattr(error.original_error, "kind", "INTERNAL"),
                "locations": [{"line": at.line, "column": at.column} for at in error.locations or ()],
            }
            for error in done.errors
        ]
    return body


def _doing(act: Callable[[Repository, Mapping[str, Any]], Node]) -> Callable[..., Node]:
    def resolve(_root: Any, info: Any, input: Mapping[str, Any]) -> Node:
        if not info.context.may_write:
            raise RefusedError("Resource not accessible by personal access token", "FORBIDDEN")
        return act(info.context, input)

    return resolve


def _repository(_root: Any, info: Any, owner: str, name: str, **_: Any) -> Node:
    repository: Repository = info.context
    if (owner.lower(), name.lower()) != (repository.owner.lower(), repository.name.lower()):
        raise RefusedError(f"Could not resolve to a Repository with the name '{owner}/{name}'.", "NOT_FOUND")
    return _repo(repository)


def _repo(repository: Repository) -> Node:
    def numbered(_info: Any, number: int) -> Node:
        issue = repository.issue(number)
        if issue is None:
            raise RefusedError(
                f"Could not resolve to an issue or pull request with the number of {number}.", "NOT_FOUND"
            )
        return _issue(repository, issue)

    def listed(_info: Any, states: Sequence[str] | None = None, **more: Any) -> Node:
        wanted = [issue for issue in reversed(repository.issues) if states is None or issue.state in states]
        return _page([_issue(repository, issue) for issue in wanted], more)

    def people(_info: Any, query: str | None = None, **more: Any) -> Node:
        return _page([_user(login) for login in repository.people if not query or query in login], more)

    return {
        "__typename": "Repository",
        "id": "R_1",
        "databaseId": 1,
        "name": repository.name,
        "owner": _user(repository.owner),
        "hasIssuesEnabled": repository.issues_enabled,
        "hasWikiEnabled": False,
        "hasProjectsEnabled": False,
        "viewerPermission": "WRITE" if repository.may_write else "READ",
        "mergeCommitAllowed": True,
        "rebaseMergeAllowed": True,
        "squashMergeAllowed": True,
        "issue": numbered,
        "issueOrPullRequest": numbered,
        "issues": listed,
        "label": lambda _info, name: _label(known, repository) if (known := repository.known_label(name)) else None,
        "labels": lambda _info, **more: _page([_label(name, repository) for name in repository.labels], more),
        "milestones": lambda _info, **more: _page([_milestone(title) for title in repository.milestones], more),
        "assignableUsers": people,
        "suggestedActors": people,
        **github_pulls.fields(repository),
    }


def _issue(repository: Repository, issue: Issue) -> Node:
    comments: list[Node] = [
        {"__typename": "IssueComment", "id": f"C_{issue.number}_{at}", "body": said.body, "author": _user(said.author),
         "authorAssociation": "MEMBER", "createdAt": stamp(said.at), "includesCreatedEdit": False,
         "isMinimized": False, "minimizedReason": None, "reactionGroups": [],
         "url": f"{_url(repository, issue)}#issuecomment-{at}", "viewerDidAuthor": said.author == LOGIN}
        for at, said in enumerate(issue.comments, 1)
    ]  # fmt: skip
    return {
        "__typename": "Issue",
        "id": issue.id,
        "number": issue.number,
        "title": issue.title,
        "body": issue.body,
        "state": issue.state,
        "stateReason": issue.reason,
        "url": _url(repository, issue),
        "author": _user(issue.author),
        "createdAt": stamp(issue.created),
        "updatedAt": stamp(issue.updated),
        "closedAt": None if issue.closed is None else stamp(issue.closed),
        "closed": issue.state == "CLOSED",
        "labels": lambda _info, **more: _page([_label(name, repository) for name in issue.labels], more),
        "assignees": lambda _info, **more: _page([_user(login) for login in issue.assignees], more),
        "assignedActors": lambda _info, **more: _page([_user(login) for login in issue.assignees], more),
        "milestone": None if issue.milestone is None else _milestone(issue.milestone),
        "comments": lambda _info, **more: _page(comments, more),
    }


def _url(repository: Repository, issue: Issue) -> str:
    return f"https://github.com/{repository.owner}/{repository.name}/issues/{issue.number}"


def _person(repository: Repository, login: str) -> Node:
    if login not in repository.people:
        raise RefusedError(f"Could not resolve to a User with the login of '{login}'.", "NOT_FOUND")
    return _user(login)


def _milestone(title: str) -> Node:
    return {
        "__typename": "Milestone",
        "id": f"M_{title}",
        "title": title,
        "number": 1,
        "description": "",
        "dueOn": None,
    }


def _search(_root: Any, info: Any, query: str, type: str, **more: Any) -> Node:
    repository: Repository = info.context
    found = [_issue(repository, issue) for issue in repository.search(query)]
    page = _page(found if type.startswith("ISSUE") else [], more)
    return {**page, "issueCount": page["totalCount"]}


def _mutation(act: Callable[[Repository, Mapping[str, Any]], Node]) -> Callable[[Repository, Mapping[str, Any]], Node]:
    _MUTATIONS[act.__name__.lstrip("_")] = act
    return act


def _named(repository: Repository, ids: Sequence[str]) -> tuple[str, ...]:
    names = tuple(node.removeprefix("L_") for node in ids)
    for name in names:
        if name not in repository.labels:
            raise RefusedError(f"Could not resolve to a node with the global id of 'L_{name}'", "NOT_FOUND")
    return names


@_mutation
def _createIssue(repository: Repository, given: Mapping[str, Any]) -> Node:  # noqa: N802  GitHub's name
    issue = repository.open(
        given["title"], given.get("body") or "", labels=_named(repository, given.get("labelIds") or ())
    )
    issue.assignees = [node.removeprefix("U_") for node in given.get("assigneeIds") or ()]
    issue.milestone = (given.get("milestoneId") or "").removeprefix("M_") or None
    return {"issue": _issue(repository, issue)}


@_mutation
def _updateIssue(repository: Repository, given: Mapping[str, Any]) -> Node:  # noqa: N802  GitHub's name
    issue = repository.by_id(given["id"])
    issue.title, issue.body = given.get("title") or issue.title, given.get("body") or issue.body
    if given.get("labelIds") is not None:
        issue.labels = [*_named(repository, given["labelIds"])]
    if given.get("assigneeIds") is not None:
        issue.assignees = [node.removeprefix("U_") for node in given["assigneeIds"]]
    if given.get("milestoneId") is not None:
        issue.milestone = given["milestoneId"].removeprefix("M_")
    issue.updated = repository.now()
    return {"issue": _issue(repository, issue)}


@_mutation
def _addLabelsToLabelable(repository: Repository, given: Mapping[str, Any]) -> Node:  # noqa: N802  GitHub's name
    pull = github_pulls.by_id(repository, given["labelableId"])
    issue = pull or repository.by_id(given["labelableId"])
    issue.labels += [name for name in _named(repository, given["labelIds"]) if name not in issue.labels]
    return {
        "labelable": github_pulls.node(repository, pull) if pull else _issue(repository, repository.by_id(issue.id))
    }


@_mutation
def _removeLabelsFromLabelable(repository: Repository, given: Mapping[str, Any]) -> Node:  # noqa: N802  GitHub's name
    issue = repository.by_id(given["labelableId"])
    gone = _named(repository, given["labelIds"])
    issue.labels = [name for name in issue.labels if name not in gone]
    return {"labelable": _issue(repository, issue)}


@_mutation
def _closeIssue(repository: Repository, given: Mapping[str, Any]) -> Node:  # noqa: N802  GitHub's name
    issue = repository.by_id(given["issueId"])
    repository.close(issue.number, given.get("stateReason") or "COMPLETED")
    return {"issue": _issue(repository, issue)}


@_mutation
def _reopenIssue(repository: Repository, given: Mapping[str, Any]) -> Node:  # noqa: N802  GitHub's name
    issue = repository.by_id(given["issueId"])
    repository.reopen(issue.number)
    return {"issue": _issue(repository, issue)}


@_mutation
def _addComment(repository: Repository, given: Mapping[str, Any]) -> Node:  # noqa: N802  GitHub's name
    issue = repository.by_id(given["subjectId"])
    issue.comments.append(Comment(LOGIN, given["body"], repository.now()))
    return {"commentEdge": {"node": {"url": f"{_url(repository, issue)}#issuecomment-{len(issue.comments)}"}}}


@_mutation
def _replaceActorsForAssignable(repository: Repository, given: Mapping[str, Any]) -> Node:  # noqa: N802  GitHub's name
    issue = repository.by_id(given["assignableId"])
    logins = [*(given.get("actorLogins") or ()), *(node.removeprefix("U_") for node in given.get("actorIds") or ())]
    for login in logins:
        _person(repository, login)
    issue.assignees = logins
    return {}
