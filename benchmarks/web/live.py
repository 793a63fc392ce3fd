"""What open dashboards cost an always-on logmedic: CPU of 200 live pages, and what readers take from ingest.

    python benchmarks/web/live.py [--pages 200] [--seconds 20]

The real ``logmedic serve`` follows a file. First nobody looks, then ``--pages`` connections hold ``/events`` open while
a new incident comes every second; the difference in CPU time of the process is what they cost. Then a burst of errors
is written six times, in turns with nobody and with a reader that asks for the list every 100 ms: how long the burst
takes without readers is the peer. Also measured: the moment at which an open page hears of an incident.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

CONFIG = '[[sources]]\nkind = "file"\nname = "shop"\npaths = ["shop.log"]\n[web]\nlisten = "127.0.0.1:{port}"\n'
LINES = 200_000  # of a burst
WORDS = ("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "omega")


def line(message: str, level: str = "ERROR") -> bytes:
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    fields = {"message": message, "service": "shop"}
    return json.dumps({"timestamp": stamp, "level": level, "fields": fields, "target": "shop"}).encode() + b"\n"


def bug(number: int) -> str:
    """A message of its own for each number."""
    return " ".join(WORDS[number // 12**place % 12] for place in range(4)) + " broke"


class Serving:
    """``logmedic serve`` on a folder."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        (folder / "logmedic.toml").write_text(CONFIG.format(port=self.port), "utf-8")
        self.log = folder / "shop.log"
        self.log.touch()
        command = [str(Path(sys.executable).with_name("logmedic")), "serve"]
        self.process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def write(self, data: bytes) -> None:
        with self.log.open("ab") as file:
            file.write(data)

    def cpu(self) -> float:
        """Seconds of CPU time so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text("utf-8").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def get(self, path: str) -> bytes:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=30) as answer:
            body: bytes = answer.read()
            return body

    def until(self, word: str, seconds: float = 60.0) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                if word.encode() in self.get("/api/v1/incidents"):
                    return
            except OSError:
                pass  # it does not listen yet
            time.sleep(0.05)
        raise SystemExit(f"{word!r} never appeared")


def opened(port: int) -> socket.socket:
    page = socket.create_connection(("127.0.0.1", port))
    page.sendall(f"GET /events HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept: text/event-stream\r\n\r\n".encode())
    page.recv(65_536)
    return page


def drained(pages: list[socket.socket], stop: threading.Event) -> None:
    """Read what comes, as browsers do."""
    for page in pages:
        page.setblocking(False)
    while not stop.is_set():
        for page in pages:
            try:
                page.recv(1 << 20)
            except BlockingIOError:
                continue
        stop.wait(0.2)


def share(serving: Serving, seconds: int, first: int) -> float:
    """Of a core, while a new incident comes every second."""
    before, began = serving.cpu(), time.monotonic()
    for number in range(seconds):
        serving.write(line(bug(first + number)))
        time.sleep(max(0.0, began + number + 1 - time.monotonic()))
    return (serving.cpu() - before) / (time.monotonic() - began)


def burst(serving: Serving, name: str, *, readers: bool) -> float:
    """Seconds for a burst of one error, the last line of which is an incident that is waited for."""
    stop = threading.Event()

    def reading() -> None:
        while not stop.wait(0.1):
            serving.get("/")

    reader = threading.Thread(target=reading if readers else stop.wait)
    reader.start()
    data = line("cannot reach the database") * LINES + line(f"{name} came to its end")
    began = time.perf_counter()
    serving.write(data)
    serving.until(f"{name} came to its end")
    took = time.perf_counter() - began
    stop.set()
    reader.join()
    return took


def heard(serving: Serving, first: int) -> list[float]:
    """Milliseconds from the write of a line until an open page is told."""
    page, found = opened(serving.port), []
    page.settimeout(10)
    for number in range(20):
        words = bug(first + number)
        began = time.perf_counter()
        serving.write(line(words))
        got = b""
        while words.encode() not in got:
            got += page.recv(1 << 20)
        found.append((time.perf_counter() - began) * 1e3)
    page.close()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--pages", type=int, default=200)
    parser.add_argument("--seconds", type=int, default=20)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        serving = Serving(Path(name))
        try:
            serving.write(line(bug(0)))
            serving.until(bug(0))
            told = heard(serving, 100)
            alone = share(serving, options.seconds, 1_000)
            pages = [opened(serving.port) for _ in range(options.pages)]
            stop = threading.Event()
            reader = threading.Thread(target=drained, args=(pages, stop))
            reader.start()
            watched = share(serving, options.seconds, 2_000)
            stop.set()
            reader.join()
            for page in pages:
                page.close()
            words = [bug(3_000 + number).removesuffix(" broke") for number in range(6)]
            pairs = [(burst(serving, words[2 * n], readers=False), burst(serving, words[2 * n + 1], readers=True))
                     for n in range(3)]  # fmt: skip
        finally:
            serving.process.terminate()
            serving.process.wait()
    print(f"an open page hears of an incident after {statistics.median(told):.0f} ms, at most {max(told):.0f} ms")
    print(f"{options.pages} live pages: {watched - alone:.1%} of a core ({alone:.1%} without them)")
    alone_s, read_s = (statistics.median(column) for column in zip(*pairs, strict=True))
    print(f"a burst of {LINES:,} errors: {alone_s:.2f} s, {read_s:.2f} s with a reader: {read_s / alone_s:.2f}×")


if __name__ == "__main__":
    main()
