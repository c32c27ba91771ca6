"""SML: from the bytes of a telegram to finished values, against pysml and C libsml on the same telegrams.

Ours includes the transport (finding the frame, its checksum, escapes) and the checksums of all messages.
libsml and pysml are given the frame cut out and in memory; libsml runs as a program of its own (it is GPL),
measures itself, makes doubles of the values as its users do, and checks no sum (Debian's of 2018 accepts
a message with a wrong one; the benchmark says so if another does). That is the form that the goal is about.
A real reader of libsml goes through `sml_transport_read`, which asks select() before every few bytes: it is
shown beside it, out of a pipe, and is no goal, because the kernel's time in it is not libsml's.

A recording of one telegram, five of the corpus's 17, is repeated as it is, so that its counters stand still.
Each meter has a decoder of its own that has seen it before, as in a reader that runs for
more than a second; it reads 4 KiB at a time, as a program that is behind does, or telegram by telegram.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter

from harness import ROOT, Contender, Skipped, Target, corpus, main, race, report, timed

from consumerapp.h1.decoder import NEED_DATA, Telegram
from consumerapp.h1.sml import SmlDecoder
from consumerapp.h1.sml_layout import layout_of
from consumerapp.h1.sml_transport import Frame, FrameReader

PASSES = 60
READ_BYTES = 4096
LEARNED, SINGLE, GENERIC = "learned path", "learned path, one telegram per read", "general path"
PYSML, LIBSML, LIBSML_PIPE = "pysml", "C libsml -O2", "C libsml -O2, sml_transport_read from a pipe"

LIBSML_PROGRAM = r"""
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sml/sml_file.h>
#include <sml/sml_transport.h>
#include <sml/sml_value.h>

static double decode(unsigned char *frame, size_t length) {
    double sum = 0;
    sml_file *file = sml_file_parse(frame + 8, length - 16);
    for (int i = 0; i < file->messages_len; i++) {
        sml_message *message = file->messages[i];
        if (*message->message_body->tag != SML_MESSAGE_GET_LIST_RESPONSE) continue;
        sml_get_list_response *body = (sml_get_list_response *) message->message_body->data;
        for (sml_list *entry = body->val_list; entry != NULL; entry = entry->next) {
            if (!entry->value) continue;
            int kind = entry->value->type & 0x70;
            if (kind != 0x50 && kind != 0x60) continue;
            sum += sml_value_to_double(entry->value) * pow(10, entry->scaler ? *entry->scaler : 0);
        }
    }
    sml_file_free(file);
    return sum;
}

int main(int argc, char **argv) {
    static unsigned char frames[4096][4096];
    static size_t lengths[4096];
    int count = 0, passes = atoi(argv[2]);
    FILE *in = fopen(argv[1], "rb");
    unsigned char head[2];
    while (count < 4096 && fread(head, 1, 2, in) == 2) {
        lengths[count] = head[0] << 8 | head[1];
        if (fread(frames[count], 1, lengths[count], in) != lengths[count]) return 2;
        count++;
    }
    double sum = 0;
    struct timespec start, end;
    int ends[2], piped = !strcmp(argv[3], "pipe");
    if (piped) {
        if (pipe(ends)) return 2;
        if (!fork()) {
            for (int pass = 0; pass < passes; pass++)
                for (int i = 0; i < count; i++)
                    if (write(ends[1], frames[i], lengths[i]) < 0) _exit(2);
            _exit(0);
        }
    }
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
    for (int pass = 0; pass < passes; pass++)
        for (int i = 0; i < count; i++) {
            if (piped) {
                static unsigned char frame[8192];
                sum += decode(frame, sml_transport_read(ends[0], frame, sizeof frame));
            } else {
                sum += decode(frames[i], lengths[i]);
            }
        }
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
    double us = (end.tv_sec - start.tv_sec) * 1e6 + (end.tv_nsec - start.tv_nsec) / 1e3;
    printf("%.4f %g\n", us / (count * (double) passes), sum);
    return 0;
}
"""


def meters_of(folder: Path) -> list[list[bytes]]:
    """The whole frames of every recording, without those that are refused."""
    meters = []
    for recording in sorted(folder.glob("*/*.bin")):
        reader, decoder, frames = FrameReader(), SmlDecoder(), []
        reader.receive_data(recording.read_bytes())
        while (frame := reader.next_frame()) is not None:
            if isinstance(frame, Frame):
                decoder.receive_data(frame.octets)
                if isinstance(decoder.next_event(), Telegram):
                    frames.append(frame.octets)
                reader.accept(frame)
        if frames:
            meters.append(frames)
    return meters


def ours(meters: list[list[bytes]], *, learned: bool, single: bool) -> Callable[[], float]:
    """Our decoder, one per meter, over all telegrams `PASSES` times."""
    # A recording may hold one telegram only: repeated, it is what the meter sends in the next seconds.
    chunks = [frames if single else [b"".join(frames) * _repeats(frames)] for frames in meters]
    decoders = [SmlDecoder() if learned else SmlDecoder(max_learned=0) for _ in meters]
    passes = [PASSES if single else PASSES // _repeats(frames) for frames in meters]
    telegrams = sum(
        count * len(frames) * (1 if single else _repeats(frames))
        for count, frames in zip(passes, meters, strict=True)
    )

    def work() -> None:
        for decoder, stream, count in zip(decoders, chunks, passes, strict=True):
            next_event = decoder.next_event
            for _ in range(count):
                for chunk in stream:
                    decoder.receive_data(chunk)
                    while next_event() is not NEED_DATA:
                        pass

    return lambda: timed(work, telegrams)


def _repeats(frames: list[bytes]) -> int:
    """How often the frames of a recording fit into what is read at once, as a divisor of the passes."""
    fitting = max(READ_BYTES // sum(map(len, frames)), 1)
    return max(count for count in (1, 2, 3, 4, 5, 6, 10, 12) if count <= fitting)


def pysml(meters: list[list[bytes]]) -> list[Contender]:
    """The pure Python peer."""
    try:
        from sml import SmlBase
    except ImportError as error:
        raise Skipped("pysml is not installed") from error
    frames = [frame for meter in meters for frame in meter]

    def work() -> None:
        for frame in frames:
            SmlBase.parse_frame(frame)

    return [Contender(PYSML, lambda: timed(work, len(frames)))]


def libsml(meters: list[list[bytes]], folder: Path) -> list[Contender]:
    """The C peer in its two forms, compiled here against the installed library."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None or not Path("/usr/include/sml/sml_file.h").exists():
        raise Skipped("no C compiler, or no libsml-dev")
    source, program, frames = folder / "libsml.c", folder / "libsml", folder / "frames"
    source.write_text(LIBSML_PROGRAM)
    command = [compiler, "-O2", str(source), "-o", str(program), "-lsml", "-luuid", "-lm"]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        raise Skipped("libsml does not link here")

    def measured(told: list[bytes], passes: int, form: str) -> tuple[float, float]:
        """µs per telegram, and the sum of all values."""
        frames.write_bytes(b"".join(len(frame).to_bytes(2) + frame for frame in told))
        command = [str(program), str(frames), str(passes), form]
        answer = subprocess.run(command, capture_output=True, text=True, check=True)
        spent, total = map(float, answer.stdout.split())
        return spent, total

    all_frames = [frame for meter in meters for frame in meter]
    # A wrong sum of the list: values that come all the same were not checked.
    wrong = bytearray(meters[0][0])
    wrong[layout_of(bytes(wrong), bytes(len(wrong))).messages[1].sum_at + 1] ^= 0xFF
    checks_sums = measured([bytes(wrong)], 1, "memory")[1] != measured([meters[0][0]], 1, "memory")[1]
    print(f"this libsml {'checks' if checks_sums else 'does not check'} the sums of messages")
    return [
        Contender(LIBSML, lambda: measured(all_frames, 400, "memory")[0]),
        Contender(LIBSML_PIPE, lambda: measured(all_frames, 10, "pipe")[0]),
    ]


START_TARGET_MS = 12.0
BARE, FIRST_TELEGRAM, PYSML_IMPORT = "bare interpreter", "import and first telegram", "import of pysml"


def start_up(frame: bytes) -> bool:
    """How long a process takes to its first telegram, over an interpreter that does nothing."""
    decode = (
        "from consumerapp.h1.sml import SmlDecoder; decoder = SmlDecoder();"
        f"decoder.receive_data(bytes.fromhex('{frame.hex()}')); decoder.next_event().raw"
    )
    with tempfile.TemporaryDirectory() as cache:
        # Compiled modules are kept, as in any installation.
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": cache, "PYTHONDONTWRITEBYTECODE": ""}

        def run(program: str) -> Callable[[], float]:
            def measure() -> float:
                start = perf_counter()
                subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=environment, check=False)
                return (perf_counter() - start) * 1e6

            return measure

        contenders = [Contender(BARE, run("pass")), Contender(FIRST_TELEGRAM, run(decode))]
        if find_spec("sml"):
            contenders.append(Contender(PYSML_IMPORT, run("import sml")))
        timings = race(contenders, rounds=11)
    report("SML: start-up, on the clock on the wall", timings)
    over_ms = (min(timings[FIRST_TELEGRAM].rounds_us) - min(timings[BARE].rounds_us)) / 1000
    reached = over_ms <= START_TARGET_MS
    verdict = "reached" if reached else "MISSED"
    print(f"first telegram over a bare interpreter: {over_ms:.1f} ms (target {START_TARGET_MS:g}: {verdict})")
    return reached


def bench() -> bool:
    """Decoding speed and start-up."""
    meters = meters_of(corpus("sml"))
    contenders = [
        Contender(LEARNED, ours(meters, learned=True, single=False)),
        Contender(SINGLE, ours(meters, learned=True, single=True)),
        Contender(GENERIC, ours(meters, learned=False, single=False)),
    ]
    with tempfile.TemporaryDirectory() as folder:
        peers: list[Callable[[], list[Contender]]] = [
            lambda: libsml(meters, Path(folder)),
            lambda: pysml(meters),
        ]
        for peer in peers:
            try:
                contenders += peer()
            except Skipped as reason:
                print(f"skipped: {reason}")
        timings = race(contenders)
    count, octets = sum(map(len, meters)), sum(len(frame) for meter in meters for frame in meter)
    title = f"SML: {count} telegrams of {len(meters)} meters, {octets / count:.0f} bytes on average"
    targets = [Target(PYSML, LEARNED, 400), Target(LIBSML, LEARNED, 1.3), Target(PYSML, GENERIC, 80)]
    decoded_in_time = report(title, timings, targets)
    return start_up(meters[0][0]) and decoded_in_time


if __name__ == "__main__":
    sys.exit(main(bench))
