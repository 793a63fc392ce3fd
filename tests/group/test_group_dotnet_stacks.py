"""Stack traces of .NET, written by hand after its documented layouts (see the README beside them)."""

from __future__ import annotations

import pytest

from logmedic.group.fingerprint import Grouper
from logmedic.group.stacks.dotnet import DotnetStacks
from logmedic.model import Frame, Stack

DOTNET = DotnetStacks()


def parse(text: str) -> Stack:
    stack = DOTNET.parse(text)
    assert stack is not None
    return stack


def own(stack: Stack) -> list[list[str]]:
    return [[DOTNET.name(f) for f in part.frames if f.in_app] for part in stack.parts]


def test_an_inner_exception_has_the_calls_above_the_line_that_ends_it(captured) -> None:
    stack = parse(captured("dotnet-8-async"))

    assert [(p.type.rpartition(".")[2], p.message) for p in stack.parts] == [
        ("InvalidOperationException", "Cannot load order 17"),
        ("KeyNotFoundException", "The given key '17' was not present in the dictionary."),
    ]
    assert own(stack) == [
        ["Shop.Program.Main", "Shop.Program.Main", "Shop.Orders.OrderService.TotalAsync"],
        ["Shop.Orders.OrderService.TotalAsync", "Shop.Orders.OrderService.TotalAsync",
         "Shop.Orders.Repository.FindAsync"],
    ]  # fmt: skip
    assert stack.culprit is not None
    assert (stack.culprit.path, stack.culprit.line) == ("/src/Shop/Orders/Repository.cs", 31)


@pytest.mark.parametrize(
    "names",
    [
        ("dotnet-8-async", "dotnet-framework-async"),
        ("dotnet-8-english", "dotnet-8-german", "dotnet-8-korean", "dotnet-8-french"),
    ],
)
def test_the_runtime_its_state_machines_and_the_language_of_the_machine_do_not_matter(names, captured, record) -> None:
    assert len({Grouper()(record("x", stack_text=captured(name))).fingerprint for name in names}) == 1


def test_of_an_aggregate_the_first_inner_exception_counts(captured) -> None:
    stack = parse(captured("dotnet-8-aggregate"))

    assert [p.type for p in stack.parts] == ["System.AggregateException", "System.ArgumentException"]
    assert own(stack) == [["Shop.Orders.Cart.PriceAll"], ["Shop.Orders.Cart.PriceAll"]]


@pytest.mark.parametrize(
    ("symbol", "plain"),
    [
        ("Shop.Repo`1.<LoadAsync>d__5.MoveNext", "Shop.Repo.LoadAsync"),
        ("Shop.Repo`1[[Shop.Order, Shop]].Get[TKey]", "Shop.Repo.Get"),
        ("Shop.Cart.<>c__DisplayClass4_0.<Total>b__1", "Shop.Cart.Total"),
        ("Shop.Cart.<>c.<Total>b__0_0", "Shop.Cart.Total"),
        ("Shop.Cart.<Total>g__Add|3_0", "Shop.Cart.Total"),
        ("Program.<Main>$", "Program.Main"),
        ("Program.<<Main>$>d__0.MoveNext", "Program.Main"),
        ("Shop.Cart..ctor", "Shop.Cart.ctor"),
        ("Shop.Cart+Row.get_Price", "Shop.Cart.Row.get_Price"),
    ],
)
def test_symbols_lose_what_the_compiler_adds(symbol: str, plain: str) -> None:
    assert DOTNET.name(Frame(symbol)) == plain


@pytest.mark.parametrize("text", ["   at home (see below)\n", "(a.b)\n at x.y(z)", " - see Foo.Bar(baz) for more\n"])
def test_prose_in_brackets_is_no_trace(text: str) -> None:
    assert DOTNET.parse(text) is None
