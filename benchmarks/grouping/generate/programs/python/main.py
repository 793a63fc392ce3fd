# ruff: noqa: PLW0108  a lambda each, so that every trace has the same frames above its bug
"""Runs one bug with one number and prints its trace as JSON: ``python main.py BUG NUMBER``."""

import io
import json
import linecache
import sys
import traceback

from shop import billing, jobs, orders

WORDS = ("two", "a dozen", "12 pieces", "열두 개", "0x1f")

BUGS = {
    "price-missing": lambda n: orders.total(["tea", f"sku-{n}"]),
    "row-syntax": lambda n: orders.read_rows(f"[{n}, "),
    "row-number": lambda n: orders.first_quantity([WORDS[n % len(WORDS)]]),
    "row-empty": lambda n: orders.first_quantity([]),
    "order-customer": lambda n: orders.customer_of({"id": n, "customer": None}),
    "invoice-owner": lambda n: billing.owner_of({"id": n, "owner": None}),
    "no-address": lambda n: orders.place({"id": n}),
    "no-warehouse": lambda n: orders.reserve({"id": n}),
    "limit-unit": lambda n: orders.check_limit(n, None),
    "limit-high": lambda n: orders.check_limit(n, "kg"),
    "unpaid": lambda n: orders.close({"id": n, "state": "open"}),
    "charge": lambda n: billing.charge(n),
    "refund": lambda n: billing.refund(n),
    "share": lambda n: billing.share(n, 0),
    "sweep": lambda n: jobs.sweep(f"/var/lib/shop/{n}.txt"),
    "decode": lambda n: jobs.decode(b"a" * (n % 50) + b"\xff"),
    "deep": lambda n: jobs.walk(n, 0),
    "crawl": lambda n: jobs.crawl(n),
    "batch": lambda n: jobs.run_all(n),
    "annotated": lambda n: jobs.annotated(n),
    "thread": lambda n: jobs.in_thread(n),
}


def handle(name, number):
    return BUGS[name](number)


def frames_of(error):
    found = []
    for frame, line in traceback.walk_tb(error.__traceback__):
        code = frame.f_code
        found.append({
            "file": code.co_filename,
            "line": line,
            "name": code.co_name,
            "qualname": getattr(code, "co_qualname", None),  # Python 3.11 and newer
            "module": frame.f_globals["__name__"],
            "code": linecache.getline(code.co_filename, line).strip(),
        })  # fmt: skip
    return found[-50:]


def chain_of(error):
    """Surfacing exception first, then what led to each."""
    chain = []
    while error is not None:
        kind = type(error)
        name = kind.__name__ if kind.__module__ == "builtins" else kind.__module__ + "." + kind.__name__
        chain.append({"type": name, "message": str(error), "frames": frames_of(error)})
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return chain


def main():
    name, number = sys.argv[1], int(sys.argv[2])
    sys.setrecursionlimit(200 + number % 300)
    stderr, sys.stderr = sys.stderr, io.StringIO()
    found = {"trace": "", "frames": None}
    try:
        handle(name, number)
        found["trace"] = sys.stderr.getvalue()
    except Exception as error:  # noqa: BLE001  whatever the bug raises
        sys.setrecursionlimit(2000)
        found = {"trace": traceback.format_exc(), "frames": chain_of(error)}
    sys.stderr = stderr
    print(json.dumps(found))


if __name__ == "__main__":
    main()
