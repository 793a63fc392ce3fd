"""A stack logged as frames is the same evidence as the same stack logged as text."""

from __future__ import annotations

import json
from typing import Any

import pytest

from logmedic.collect.dialects import decoder
from logmedic.group.fingerprint import Grouper
from logmedic.model import Grouping, LogRecord, Ref


def group(**fields: Any) -> Grouping:
    line = json.dumps({"level": "ERROR", "service": "shop", "message": "failed", **fields}).encode()
    record = decoder("generic").decode(line, Ref("s", "t", 0), 0)
    assert isinstance(record, LogRecord)
    return Grouper()(record)


PYTHON = [
    {"filename": "/srv/app/shop/web.py", "lineno": 3, "name": "serve"},
    {"filename": "/srv/app/shop/orders.py", "lineno": 9, "name": "load"},
]
JAVA = [
    {"class": "com.shop.orders.OrderService$Cart", "method": "price", "file": "OrderService.java", "line": 8},
    {"class": "com.shop.orders.OrderService", "method": "lambda$total$0", "file": "OrderService.java", "line": 12},
    {"class": "java.lang.Thread", "method": "run", "file": "Thread.java", "line": 840},
]


@pytest.mark.parametrize(
    ("structured", "text"),
    [
        (
            {"exception": [{"exc_type": "KeyError", "exc_value": "7", "frames": PYTHON}]},
            'Traceback (most recent call last):\n  File "/home/x/app/shop/web.py", line 30, in serve\n'
            '    load()\n  File "/home/x/app/shop/orders.py", line 90, in load\n    a[7]\nKeyError: 7\n',
        ),
        (
            {"exception": {"type": "KeyError", "value": "7", "stacktrace": {"frames": PYTHON}}},
            'Traceback (most recent call last):\n  File "shop/web.py", line 30, in serve\n'
            '    load()\n  File "shop/orders.py", line 90, in load\n    a[7]\nKeyError: 7\n',
        ),
        (
            {"thrown": {"name": "java.lang.NullPointerException", "message": "x", "extendedStackTrace": JAVA}},
            "java.lang.NullPointerException: y\n\tat com.shop.orders.OrderService$Cart.price(OrderService.java:80)\n"
            "\tat com.shop.orders.OrderService.lambda$total$4(OrderService.java:120)\n"
            "\tat java.base/java.lang.Thread.run(Thread.java:1474)\n",
        ),
    ],
)
def test_frames_and_text_give_one_fingerprint(structured: dict[str, Any], text: str) -> None:
    framed = group(**structured)

    assert framed.fingerprint == group(stack_trace=text).fingerprint
    assert [c.name for c in framed.components] == ["service", "kind", "exception", "frames"]


def test_zerologs_stack_begins_with_the_innermost_call_and_has_its_lines_as_text() -> None:
    stack = [{"func": "Load", "line": "31", "source": "orders.go"}, {"func": "main", "line": "9", "source": "main.go"}]
    grouping = group(error="gone", stack=stack)

    assert grouping.culprit == "orders.Load"
    assert grouping.stack is not None
    assert [(f.function, f.line) for f in grouping.stack.parts[0].frames] == [("main", 9), ("Load", 31)]


@pytest.mark.parametrize("frames", [[], [None], [7], [{}], [{"line": "x" * 20}], [{"line": -1}, {"lineno": 1 << 40}]])
def test_frames_that_are_none_leave_it_to_the_message(frames: list[Any]) -> None:
    expected = group(exception={"type": "KeyError"})

    assert group(exception={"type": "KeyError", "frames": frames}).title == expected.title
