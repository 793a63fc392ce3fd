"""What loggers and runtimes print, as events of one line or more."""

from __future__ import annotations

from hypothesis import strategies as st

WORDS = st.sampled_from(["order", "user", "cart", "timeout", "결제", "x=1", "value"])
NAMES = st.sampled_from(["load", "handle", "run", "parse"])
PLAIN_ERRORS = st.sampled_from(["ValueError: bad", "KeyError: 'a'", "app.errors.Broken: no", "KeyboardInterrupt"])


def _numbers(most: int) -> st.SearchStrategy[int]:
    return st.integers(1, most)


@st.composite
def json_line(draw) -> str:
    return f'{{"level":"INFO","message":"{draw(WORDS)}"}}'


@st.composite
def pretty_json(draw) -> str:
    return f'{{\n  "level": "error",\n  "tags": [\n    {draw(_numbers(9))}\n  ]\n}}'


@st.composite
def header(draw) -> str:
    stamp = draw(
        st.sampled_from(["2026-01-31 12:00:00,123", "[2026-01-31T12:00:00Z]", "12:00:00.123", "Jan 31 12:00:00"])
    )
    return f"{stamp} INFO app: {draw(WORDS)}"


@st.composite
def block_below(draw) -> str:
    return draw(header()) + "\n  detail: 1" * draw(_numbers(3))


@st.composite
def python_frames(draw) -> str:
    count = draw(_numbers(4))
    carets = draw(st.sampled_from(["", "\n    ~~~^^^"]))
    return "\n".join(f'  File "/app/a.py", line {n}, in {draw(NAMES)}\n    call({n}){carets}' for n in range(count))


@st.composite
def traceback(draw) -> str:
    links = [
        "\n\nDuring handling of the above exception, another exception occurred:\n\n",
        "\n\nThe above exception was the direct cause of the following exception:\n\n",
    ]
    one = st.builds("Traceback (most recent call last):\n{}\n{}".format, python_frames(), PLAIN_ERRORS)
    return draw(st.sampled_from(links)).join(draw(st.lists(one, min_size=1, max_size=3)))


@st.composite
def logged_traceback(draw) -> str:
    return f"2026-01-31 12:00:00,123 ERROR app: {draw(WORDS)} failed\n{draw(traceback())}"


@st.composite
def exception_group(draw) -> str:
    inner = "\n".join(
        f"  +-+---------------- {n} ----------------\n    | Traceback (most recent call last):\n"
        f'    |   File "/app/a.py", line {n}, in f\n    | ValueError: {n}'
        for n in range(1, 1 + draw(_numbers(3)))
    )
    return (
        "  + Exception Group Traceback (most recent call last):\n"
        '  |   File "/app/a.py", line 1, in <module>\n  |     run()\n'
        f"  | ExceptionGroup: both (2 sub-exceptions)\n{inner}\n    +------------------------------------"
    )


@st.composite
def validation(draw) -> str:
    fields = "\n".join(f"items.{n}\n  Field required [type=missing]" for n in range(draw(_numbers(3))))
    trace = f"Traceback (most recent call last):\n{draw(python_frames())}"
    return f"{trace}\npydantic_core.ValidationError: 2 validation errors for User\n{fields}"


@st.composite
def rust_panic(draw) -> str:
    message = draw(
        st.sampled_from(["boom", "assertion `left == right` failed\n  left: 1\n right: 2", "no {\n    a: 1,\n}"])
    )
    frames = "".join(
        f"\n   {n}: app::{draw(NAMES)}\n             at ./src/main.rs:{n}:5" for n in range(draw(_numbers(4)))
    )
    tail = draw(st.sampled_from(["", "\nstack backtrace:" + frames + "\nnote: Some details are omitted, run with `X`"]))
    note = tail or "\nnote: run with `RUST_BACKTRACE=1` environment variable to display a backtrace"
    return f"thread 'main' panicked at src/main.rs:{draw(_numbers(99))}:5:\n{message}{note}"


@st.composite
def anyhow(draw) -> str:
    causes = "".join(f"\n    {n}: {draw(WORDS)}" for n in range(draw(_numbers(3))))
    stack = "\n\nStack backtrace:\n   0: app::main\n             at ./src/main.rs:1:5"
    return f"Error: cannot start\n\nCaused by:{causes}{stack}"


@st.composite
def java(draw) -> str:
    start = draw(st.sampled_from([
        'Exception in thread "main" java.lang.IllegalStateException: bad',
        "2026-01-31 12:00:00.123 ERROR 1 --- [main] c.e.App : failed\njava.lang.IllegalStateException: bad",
    ]))  # fmt: skip
    frames = "".join(f"\n\tat com.example.App.{draw(NAMES)}(App.java:{n})" for n in range(draw(_numbers(4))))
    suppressed = draw(st.sampled_from(["", "\n\tSuppressed: java.io.IOException: closed\n\t\tat a.B.c(B.java:1)"]))
    return f"{start}{frames}{suppressed}\nCaused by: java.io.IOException: gone\n\tat a.B.d(B.java:2)\n\t... 3 more"


@st.composite
def node(draw) -> str:
    frames = "".join(f"\n    at {draw(NAMES)} (/app/x.js:{n}:9)" for n in range(1, 1 + draw(_numbers(4))))
    error = draw(st.sampled_from(["TypeError: x is not a function", "[UnhandledPromiseRejection: no]", "Error: bad"]))
    props = draw(st.sampled_from(["", " {\n  code: 'E'\n}"]))
    return f"/app/x.js:3\n    throw new Error('x')\n    ^\n\n{error}{frames}{props}\n\nNode.js v22.1.0"


@st.composite
def go(draw) -> str:
    frames = "".join(
        f"\nmain.{draw(NAMES)}(0xc000{n}, {{0x1, 0x2}})\n\t/app/main.go:{n} +0x1d" for n in range(draw(_numbers(4)))
    )
    other = draw(st.sampled_from(["", "\n\ngoroutine 5 [select]:\nmain.(*T).g(...)\n\t/app/main.go:5 +0x1d"]))
    made = draw(st.sampled_from(["", "\ncreated by main.main in goroutine 1\n\t/app/main.go:9 +0x2"]))
    return f"panic: runtime error: index\n\ngoroutine 1 [running]:{frames}{made}{other}\nexit status 2"


@st.composite
def dotnet(draw) -> str:
    frames = "".join(f"\n   at A.B.{draw(NAMES)}() in /src/B.cs:line {n}" for n in range(1, 1 + draw(_numbers(4))))
    return (
        "Unhandled exception. System.InvalidOperationException: bad\n ---> System.Exception: inner"
        f"{frames}\n   --- End of inner exception stack trace ---{frames}"
        "\n--- End of stack trace from previous location ---\n   at A.B.C()"
    )


EVENTS = st.one_of(
    json_line(), header(), block_below(), traceback(), logged_traceback(), exception_group(), validation(),
    rust_panic(), anyhow(), java(), node(), go(), dotnet(), pretty_json(),
)  # fmt: skip
SEQUENCES = st.lists(st.one_of(json_line(), EVENTS), min_size=1, max_size=12)
