"""A serial source at the pace of 9600 baud: CPU per telegram, and last byte on the pty to delivery.

Each reader is a process of its own, and so is the meter that pushes to it, 16 bytes at a time as a USB
adapter hands them on. One reader sleeps while a known telegram is being said, the other wakes for every
chunk; both run at the same time. In the burst the line is always full, as far as the source lets it.

    python tests/benchmarks/bench_serial_source.py
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import statistics
import subprocess
import sys
import time
import tty

from harness import Target, Timing, main, report

from consumerapp.readings import Obis
from consumerapp.simulator.push import paced
from consumerapp.simulator.sml import ListEntry, telegram
from consumerapp.sources import _pace, open_source
from consumerapp.sources.link import Delivery, TelegramArrived

SECONDS = 24
LEARNING = 8
"""Telegrams at the start that do not count: the decoder and the pace are being learned."""
BURST_SECONDS = 4
BAUDRATE = 9600
HELD, WOKEN, BURST = "sleeps while it is said", "wakes for every chunk", "burst, line always full"
SERVER_ID = bytes.fromhex("0a014d545300000012ab")


def frame(number: int) -> bytes:
    """A made telegram of 240 bytes whose net power is its number."""
    powers = [
        ListEntry(obis=Obis.parse(code), value=number, unit=27, scaler=0, width=4)
        for code in ("16.7.0", "36.7.0", "56.7.0", "76.7.0")
    ]
    energies = [
        ListEntry(obis=Obis.parse(code), value=10**7 + number, unit=30, scaler=-1)
        for code in ("1.8.0", "2.8.0")
    ]
    return telegram(SERVER_ID, powers + energies)


def push(line: int) -> None:
    """A meter: one telegram a second, each chunk when a UART would have it."""
    begun_s = time.monotonic()
    for number in range(SECONDS):
        for after_s, chunk in paced(frame(number), BAUDRATE):
            time.sleep(max(0.0, begun_s + number + after_s - time.monotonic()))
            os.write(line, chunk)
        sys.stdout.write(f"{number} {time.time()}\n")
    sys.stdout.flush()


def burst(line: int) -> None:
    """A meter that has no speed."""
    octets = frame(1) * 16
    end_s = time.monotonic() + BURST_SECONDS
    while time.monotonic() < end_s:
        with contextlib.suppress(BlockingIOError):
            os.write(line, octets)


async def read(kind: str) -> dict[str, object]:
    """Read what a meter in another process pushes; CPU per telegram and latencies, in µs."""
    if kind == "woken":
        _pace.KNOWN_TELEGRAMS = 10**9
    ours, theirs = os.openpty()
    tty.setraw(theirs)
    delivered_at: dict[int, float] = {}
    cpu_s: list[float] = []

    def deliver(delivery: Delivery) -> None:
        if isinstance(delivery, TelegramArrived):
            cpu_s.append(time.process_time())
            delivered_at[int(delivery.telegram.raw[0])] = time.time()

    source = open_source("serial", {"name": "bench", "url": os.ttyname(theirs), "protocol": "sml"})
    task = asyncio.create_task(source.run(deliver))
    await asyncio.sleep(1)
    meter = await asyncio.create_subprocess_exec(
        sys.executable,
        __file__,
        "burst" if kind == "burst" else "push",
        str(ours),
        pass_fds=(ours,),
        stdout=subprocess.PIPE,
    )
    printed, _ = await meter.communicate()
    await asyncio.sleep(0.5)
    task.cancel()
    await asyncio.wait((task,))
    sent = [line.split() for line in printed.decode().splitlines()]
    latencies_us = [
        (delivered_at[int(number)] - float(at)) * 1e6 for number, at in sent if int(number) in delivered_at
    ]
    counted = cpu_s[LEARNING:]
    return {
        "cpu_us": (counted[-1] - counted[0]) * 1e6 / (len(counted) - 1),
        "telegrams": len(cpu_s),
        "latencies_us": latencies_us[LEARNING:],
    }


def benchmark() -> bool:
    """Run the readers beside each other, then the burst alone."""

    def reader(kind: str) -> subprocess.Popen[str]:
        command = [sys.executable, __file__, "read", kind]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    running = {HELD: reader("held"), WOKEN: reader("woken")}
    answers = {name: json.loads(process.communicate()[0]) for name, process in running.items()}
    answers[BURST] = json.loads(reader("burst").communicate()[0])
    timings = {name: Timing(name, (answer["cpu_us"],)) for name, answer in answers.items()}
    reached = report(
        "Serial source on a pty: CPU per telegram", timings, (Target(slow=WOKEN, quick=HELD, at_least=1.5),)
    )
    for name in (HELD, WOKEN):
        late = sorted(answers[name]["latencies_us"])
        print(f"{name}: last byte to delivery p50 {statistics.median(late):.0f} µs, max {late[-1]:.0f} µs")
    print(f"{BURST}: {answers[BURST]['telegrams']} telegrams in {BURST_SECONDS} s")
    return reached


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["push", line]:
            push(int(line))
        case ["burst", line]:
            burst(int(line))
        case ["read", kind]:
            print(json.dumps(asyncio.run(read(kind))))
        case _:
            sys.exit(main(benchmark))
