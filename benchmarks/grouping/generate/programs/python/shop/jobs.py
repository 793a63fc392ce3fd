"""Jobs that run beside the requests."""

import asyncio
import sys
import threading
from pathlib import Path


# --- neighbours ---
def sweep(path):
    return Path(path).read_text("utf-8")


def decode(data):
    return data.decode("utf-8")


def walk(node, depth):
    return walk(node, depth + 1)


async def fetch(number):
    await asyncio.sleep(0)
    return {}[f"page-{number}"]


async def gather(number):
    return await asyncio.gather(fetch(number))


def crawl(number):
    return asyncio.run(gather(number))


def run_all(number):
    failures = []
    for job in (mail, archive):
        try:
            job(number)
        except (LookupError, ValueError) as error:
            failures.append(error)
    raise ExceptionGroup(f"2 of 2 jobs of batch {number} failed", failures)  # Python 3.11 and newer


def mail(number):
    raise LookupError(f"no template for letter {number}")


def archive(number):
    raise ValueError(f"archive {number} is full")


def annotated(number):
    try:
        archive(number)
    except ValueError as error:
        if sys.version_info >= (3, 11):  # noqa: UP036  older Pythons run this too
            error.add_note(f"while cleaning shelf {number}")
        raise


def compact(number):
    raise ValueError(f"shelf {number} cannot be compacted")


def in_thread(number):
    thread = threading.Thread(target=compact, args=(number,), name=f"worker-{number % 9}")
    thread.start()
    thread.join()
