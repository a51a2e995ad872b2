"""What a request is said to have cost, and when a figure is not to be trusted."""

from __future__ import annotations

import os
import subprocess
import sys

from bench.machine import Clock, Noise, look, spin, typical
from bench.processes import cpu_seconds, tree

WORK = "import time\nwhile time.process_time() < 0.3: pass\n"
PARENT = (
    f"import subprocess, sys\nfor _ in range(2): subprocess.run([sys.executable, '-c', {WORK!r}])\nprint(flush=True)\ninput()"
)


def test_the_work_of_processes_below_counts_also_after_they_have_ended():
    with subprocess.Popen([sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        before = cpu_seconds([process.pid])
        assert process.stdout
        process.stdout.readline()
        spent = cpu_seconds([process.pid]) - before
        process.communicate(b"\n")
    assert 0.5 <= spent < 3


def test_whoever_descends_from_a_process_is_in_its_tree():
    with subprocess.Popen(["sleep", "60"]) as process:
        assert process.pid in tree(os.getpid())
        assert tree(process.pid) == {process.pid}
        process.terminate()


def test_what_nobody_measured_spent_is_noise():
    cores = os.cpu_count() or 1
    before, after = Clock(0, 0, 0), Clock(10, 5 * cores, 1 * cores)
    assert Noise.between(before, after, 5 * cores, 1.0).foreign == 0
    noise = Noise.between(before, after, 2 * cores, 1.0)
    assert (round(noise.foreign, 2), round(noise.stolen, 2)) == (0.3, 0.1)
    assert str(noise) == "noisy: 30% others, 10% stolen"


def test_a_slow_loop_is_noise_and_one_bad_round_of_five_is_none():
    quiet, slow = Noise(0, 0, 1.0), Noise(0, 0, 1.5)
    assert str(slow) == "noisy: loop ×1.50"
    assert str(typical([quiet, slow, quiet, quiet, quiet])) == ""
    assert str(typical([quiet, slow, slow])) != ""


def test_the_machine_can_be_looked_at():
    before = look()
    assert spin() > 0
    after = look()
    assert after.wall > before.wall
    assert after.busy >= before.busy
