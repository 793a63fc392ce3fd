"""The day through a model of the pipeline: lines as a fluid, incidents and messages one by one."""

from __future__ import annotations

import time
from collections import Counter, deque

import msgspec
from day import TICK, Scene, Tick, Town
from decisions import Decider
from points import Points

from logmedic.model import NANOSECONDS

START = 1_767_225_600  # s, 2026-01-01T00:00Z
MANY = 100
WORKFLOW_SHARE = 0.5  # of a core that workflows may take from the reading: both run under one GIL


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """``lag``: seconds between a line and its commit. ``catch_up``: longest time (s) that it ran and was behind by more
    than a minute."""

    seen: Counter[str]
    lines: int
    most_lag: float
    catch_up: float
    worked_off: float  # longest time (s) that it ran and more than ``MANY`` workflows waited
    most_waiting: int  # workflows
    slowest_workflow: float  # s, until it began
    spend: float
    most_model_wait: float
    slowest_message: float
    busy: float  # of the workers' cores, on the mean
    seconds: float  # that the simulation took


def simulate(scene: Scene, points: Points, workers: int) -> Result:
    began = time.monotonic()
    town, decider = Town(scene), Decider((START + scene.begin) * NANOSECONDS)
    waiting: deque[Tick] = deque()
    left = 0.0  # CPU seconds that the oldest waiting tick still takes
    clock = share = 0.0  # seconds that the workers of the engine, and their part of the cores, still have
    used = most_lag = catch_up = most_model = 0.0
    behind = crowded = worked_off = most_waiting = lines = 0
    for tick in town.ticks():
        waiting.append(tick)
        lines += tick.lines
        decider.clock.advance(TICK)
        now = tick.at + TICK
        running = not any(since <= tick.at < until for since, until in scene.down)
        if running:
            cpu = workers * TICK * 1.0
            clock, share = clock + TICK * workers, share + cpu * WORKFLOW_SHARE
            while decider.queue and clock > 0 and share > 0:
                thing = decider.queue.popleft()
                first = thing.generation == 1
                decider.handle(thing)
                taken = points.incident_cpu if first else points.again_cpu
                clock -= points.incident_wall if first else points.again_wall
                cpu, share, used = cpu - taken, share - taken, used + taken
            clock, share = min(clock, 0.0), min(share, 0.0)  # what nobody used is gone; what was borrowed is owed
            while waiting and cpu > 0:
                left = left or cost(waiting[0], points)
                spent = min(cpu, left)
                cpu, left, used = cpu - spent, left - spent, used + spent
                if left <= 1e-12:
                    left = 0.0
                    done = waiting.popleft()
                    for bug, count in done.errors.items():
                        decider.arrive(town.bugs[bug], count, (START + done.at) * NANOSECONDS)
            decider.deliver(decider.clock.monotonic() + TICK)
        lag = float(now - waiting[0].at - TICK) if waiting else 0.0
        most_lag, most_waiting = max(most_lag, lag), max(most_waiting, len(decider.queue))
        most_model = max(most_model, decider.model_wait())
        behind = behind + TICK if running and lag > 60 else 0
        catch_up = max(catch_up, behind)
        crowded = crowded + TICK if running and len(decider.queue) > MANY else 0
        worked_off = max(worked_off, crowded)
        if now % 3600 == 0:
            decider.hour()
    return Result(
        seen=decider.seen,
        lines=lines,
        most_lag=most_lag,
        catch_up=catch_up,
        worked_off=worked_off,
        most_waiting=most_waiting,
        slowest_workflow=decider.slowest_workflow,
        spend=decider.spend(),
        most_model_wait=most_model,
        slowest_message=decider.slowest_message,
        busy=used / (workers * (scene.end - scene.begin)),
        seconds=time.monotonic() - began,
    )


def cost(tick: Tick, points: Points) -> float:
    """CPU seconds of reading, matching and committing a tick."""
    return tick.lines * points.line_bytes / 1e6 * points.read_cpu + tick.errors.total() * points.matched_cpu
