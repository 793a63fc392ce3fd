"""Stack traces of JavaScript, printed by node 20 or laid out as bundlers and browsers do."""

from __future__ import annotations

import pytest

from logmedic.group.fingerprint import Grouper
from logmedic.group.stacks.node import NodeStacks
from logmedic.model import Frame, Stack

NODE = NodeStacks()


def parse(text: str) -> Stack:
    stack = NODE.parse(text)
    assert stack is not None
    return stack


@pytest.mark.parametrize("name", ["node-20-cause", "node-20-cause-inspect"])
def test_a_cause_follows_what_it_caused(name: str, captured) -> None:
    stack = parse(captured(name))

    assert [(p.type, p.message) for p in stack.parts] == [
        ("Error", "request 17 failed"),
        ("TypeError", "Cannot read properties of undefined (reading 'price')"),
    ]
    assert stack.culprit is not None
    assert NODE.name(stack.culprit) == "orders.Cart.price"


@pytest.mark.parametrize(
    "names",
    [
        ("node-20-sync", "node-20-sync-inspect"),
        ("node-20-cause", "node-20-cause-inspect"),
        ("node-20-async", "node-20-async-inspect"),
        ("node-20-eval", "node-20-eval-inspect"),
        ("node-20-cjs-sync", "node-20-cjs-server"),
        ("node-bundle-one", "node-bundle-two"),
        ("node-webpack-dev", "node-compiled"),
    ],
)
def test_uncaught_or_logged_compiled_or_not_bundled_twice_a_fault_is_one(names, captured, record) -> None:
    assert len({Grouper()(record("x", stack_text=captured(name))).fingerprint for name in names}) == 1


def test_members_of_an_aggregate_that_are_alike_count_once(captured) -> None:
    types = [p.type for p in parse(captured("node-20-aggregate")).parts]

    assert types == ["AggregateError", "PriceError", "Error"]


def test_errors_without_a_type_of_their_own_are_told_apart_by_what_they_say(record) -> None:
    text = "Error: {}\n    at total (/srv/app/orders.js:1:2)\n"
    prints = {Grouper()(record("x", stack_text=text.format(words))).fingerprint for words in ("no price", "no stock")}

    assert len(prints) == 2


@pytest.mark.parametrize(
    ("path", "module"),
    [
        ("/srv/app/src/orders/service.ts", "orders.service"),
        ("file:///srv/app/dist/orders/service.js", "orders.service"),
        ("webpack:///./src/orders/service.ts?4f3a", "orders.service"),
        ("https://shop.example/static/js/main.3f2a9c1b.js", "main"),
        ("https://shop.example/assets/index-DiwrgTda.js", "assets"),
        ("C:\\app\\src\\orders.js", "orders"),
    ],
)
def test_a_module_is_the_same_wherever_and_however_it_was_built(path: str, module: str) -> None:
    assert NODE.name(Frame("total", path)).startswith(f"{module}.")


@pytest.mark.parametrize(
    "path",
    ["node:internal/modules/cjs/loader", "internal/timers.js", "events.js", "<anonymous>", "native", "index 0",
     "/srv/app/node_modules/express/lib/router.js", "webpack/bootstrap"],
)  # fmt: skip
def test_the_runtime_and_packages_are_not_the_teams_own(path: str) -> None:
    assert not NODE.in_app(Frame("f", path))
    assert NODE.in_app(Frame("f", "/srv/app/src/orders.js"))


@pytest.mark.parametrize(
    ("called", "name"),
    [("async Cart.load", "Cart.load"), ("new Cart", "Cart"), ("Object.go [as run]", "go"), ("exports.total", "total")],
)
def test_names_lose_how_a_function_was_called(called: str, name: str) -> None:
    assert NODE.name(Frame(called, "/srv/app/src/orders.js")) == f"orders.{name}"
