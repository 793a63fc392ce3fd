"""Stack traces of the JVM, printed by java 17 or laid out as loggers do."""

from __future__ import annotations

import pytest

from logmedic.group.fingerprint import Grouper
from logmedic.group.stacks.java import JavaStacks
from logmedic.model import Frame, Stack

JAVA = JavaStacks()


def parse(text: str) -> Stack:
    stack = JAVA.parse(text)
    assert stack is not None
    return stack


def own(stack: Stack) -> list[list[str]]:
    return [[JAVA.name(f) for f in part.frames if f.in_app] for part in stack.parts]


def test_causes_get_back_the_calls_they_share_and_suppressed_exceptions_are_left_out(captured) -> None:
    stack = parse(captured("java-17-chain"))
    main, handle = "com.shop.orders.OrderService.main", "com.shop.orders.OrderService.handle"

    assert [p.type.rpartition(".")[2] for p in stack.parts] == [
        "RuntimeException", "IllegalArgumentException", "NullPointerException",
    ]  # fmt: skip
    assert own(stack) == [
        [main],
        [main, handle],
        [main, handle, "com.shop.orders.OrderService.total", "com.shop.orders.OrderService.total",
         "com.shop.orders.OrderService$Cart.price"],
    ]  # fmt: skip
    assert stack.culprit is not None
    assert (stack.culprit.path, stack.culprit.line) == ("com/shop/orders/OrderService.java", 8)


@pytest.mark.parametrize(
    "names",
    [
        ("java-17-chain", "java-17-chain-moved"),
        ("java-logback-cause-last", "java-logback-cause-first", "java-logback-short"),
    ],
)
def test_moved_lines_numbered_lambdas_proxies_and_the_loggers_layout_do_not_matter(names, captured, record) -> None:
    assert len({Grouper()(record("x", stack_text=captured(name))).fingerprint for name in names}) == 1


def test_a_kotlin_coroutine_is_known_by_the_function_it_was_compiled_from(captured) -> None:
    assert own(parse(captured("java-kotlin-coroutine"))) == [["com.shop.orders.OrderService.total"]]


@pytest.mark.parametrize(
    ("owner", "function", "plain"),
    [
        ("com.shop.Orders", "lambda$total$12", "com.shop.Orders.total"),
        ("com.shop.Orders", "lambda$null$0", "com.shop.Orders"),
        ("com.shop.Orders$1", "run", "com.shop.Orders.run"),
        ("com.shop.Orders$Cart$2", "call", "com.shop.Orders$Cart.call"),
        ("com.shop.OrdersKt$load$1$2", "invokeSuspend", "com.shop.OrdersKt.load"),
        ("com.shop.Orders", "total$default", "com.shop.Orders.total"),
        ("com.shop.Orders", "total$lambda$3", "com.shop.Orders.total"),
        ("com.shop.Orders", "price-Ab12Cd4", "com.shop.Orders.price"),
        ("com.shop.Orders", "$anonfun$total$3", "com.shop.Orders.total"),
        ("com.shop.Orders", "<init>", "com.shop.Orders.<init>"),
    ],
)
def test_names_lose_what_the_compiler_adds(owner: str, function: str, plain: str) -> None:
    assert JAVA.name(Frame(function, module=owner)) == plain


@pytest.mark.parametrize(
    "owner",
    ["java.util.HashMap", "org.springframework.web.servlet.FrameworkServlet", "jdk.proxy2.$Proxy12",
     "com.shop.$Proxy12", "com.shop.Orders$$EnhancerBySpringCGLIB$$1a2b", "com.shop.Orders$$SpringCGLIB$$0",
     "com.shop.Orders$$Lambda$14", "o.s.w.s.FrameworkServlet", "kotlinx.coroutines.DispatchedTask"],
)  # fmt: skip
def test_libraries_proxies_and_generated_classes_are_not_the_teams_own(owner: str) -> None:
    assert not JAVA.in_app(Frame("call", module=owner))
    assert JAVA.in_app(Frame("call", module="com.shop.Orders"))


def test_a_message_of_several_lines_and_a_loggers_prefix_are_read() -> None:
    text = "10:00:00 ERROR c.s.Web - failed: com.shop.GoneException: order 7\nis gone\n\tat com.shop.A.b(A.java:1)"
    part = parse(text.replace("failed: ", "failed\n")).parts[0]

    assert (part.type, part.message) == ("com.shop.GoneException", "order 7\nis gone")
    assert parse(text).parts[0].type == "com.shop.GoneException"
