"""Panics and traces that go 1.26 programs printed, or as pkg/errors and zap lay them out."""

from __future__ import annotations

import pytest

from logmedic.group.fingerprint import Grouper
from logmedic.group.stacks.go import GoStacks
from logmedic.model import Frame, Stack

GO = GoStacks()
PACKAGE = "github.com/acme/shop/internal/orders"


def parse(text: str) -> Stack:
    stack = GO.parse(text)
    assert stack is not None
    return stack


def own(stack: Stack) -> list[list[str]]:
    return [[GO.name(f) for f in part.frames if f.in_app] for part in stack.parts]


@pytest.mark.parametrize("name", ["bounds", "bounds-system", "bounds-trimpath", "stack", "http"])
def test_a_fault_is_one_whether_it_crashed_was_recovered_or_served_and_however_much_was_printed(
    name: str, captured, record
) -> None:
    expected = Grouper()(record("x", stack_text=captured("go-1.26-bounds")))
    grouping = Grouper()(record("x", stack_text=captured(f"go-1.26-{name}")))

    assert grouping.fingerprint == expected.fingerprint
    assert grouping.culprit == f"{PACKAGE}.Service.Price"
    assert grouping.title.startswith("panic: runtime error: index out of range")


def test_of_a_repeated_panic_the_first_counts_without_the_deferred_calls(captured) -> None:
    stack = parse(captured("go-1.26-repanic"))

    assert stack.parts[0].message == "runtime error: invalid memory address or nil pointer dereference"
    assert own(stack) == [["main.main", f"{PACKAGE}.Repanic", f"{PACKAGE}.Nil"]]


def test_a_goroutine_knows_who_created_it(captured) -> None:
    assert own(parse(captured("go-1.26-goroutine"))) == [["main.main", "main.main", f"{PACKAGE}.Service.Price"]]


def test_different_runtime_errors_in_one_function_are_told_apart(captured, record) -> None:
    text = captured("go-1.26-nil")
    other = text.replace("invalid memory address or nil pointer dereference", "integer divide by zero")

    assert len({Grouper()(record("x", stack_text=t)).fingerprint for t in (text, other)}) == 2


def test_wrapped_errors_read_from_the_outermost_to_the_root(captured) -> None:
    stack = parse(captured("go-pkg-errors"))

    assert [p.message for p in stack.parts] == [
        "load order 17",
        "open /nonexistent/order-17: no such file or directory",
    ]
    assert own(stack)[1] == ["main.handle", f"{PACKAGE}.Load"]


def test_two_messages_logged_in_one_function_with_its_calls_are_two(captured, record) -> None:
    trace = captured("go-zap")

    assert len({Grouper()(record(m, stack_text=trace)).fingerprint for m in ("cannot pay", "cannot ship")}) == 2


@pytest.mark.parametrize(
    ("symbol", "plain"),
    [
        (f"{PACKAGE}.(*Service).Total.func1", f"{PACKAGE}.Service.Total"),
        (f"{PACKAGE}.(*Service).Total.func1.2", f"{PACKAGE}.Service.Total"),
        (f"{PACKAGE}.each[...]", f"{PACKAGE}.each"),
        ("github.com/acme/shop/v2/orders.Load", "github.com/acme/shop/orders.Load"),
        ("gopkg.in/acme%2ev3.Load", "gopkg.in/acme.v3.Load"),
        ("main.main.gowrap1", "main.main"),
        ("main.Cart.Price-fm", "main.Cart.Price"),
    ],
)
def test_symbols_lose_receivers_closures_type_arguments_and_versions(symbol: str, plain: str) -> None:
    assert GO.name(Frame(symbol, "/srv/app/x.go")) == plain


def test_the_standard_library_modules_and_inlined_closures_are_not_the_teams_own() -> None:
    assert not GO.in_app(Frame("net/http.(*conn).serve", "/usr/local/go/src/net/http/server.go"))
    assert not GO.in_app(Frame("github.com/gin-gonic/gin.(*Context).Next", "/go/pkg/mod/x/gin@v1.9.0/context.go"))
    assert not GO.in_app(Frame("main.main.(*Service).Total.func4", "/srv/app/orders.go"))
    assert GO.in_app(Frame("shop/orders.Load", "/srv/app/orders/orders.go"))
