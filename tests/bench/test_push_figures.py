"""The arithmetic of pushing: frames, percentiles, what is expected of whom, and what is said of memory and of fine times."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest
from bench.machine import Noise
from bench.processes import cpu_seconds, fine_seconds, memory
from bench.push.contents import Agent, announcement, call, reminder
from bench.push.fanout import Sample, details_of
from bench.push.frames import PING, TEXT, BadFrame, close_code, frame, handshake, opened, split
from bench.push.ledger import Ledger
from bench.push.questions import ANNOUNCEMENTS, CALLS, REMINDERS
from bench.push.times import part, spread

from crm.core.clock import now
from crm.core.ids import new_id
from crm.core.kinds import Kind

AGENT = Agent(0, new_id(Kind.USER), "somebody", "token")


def of_server(payload: bytes, opcode: int = TEXT) -> bytes:
    """The same frame without its mask, as a server sends it."""
    sent = frame(opcode, payload)
    head = len(sent) - len(payload) - 4
    return bytes((sent[0], sent[1] & 0x7F)) + sent[2:head] + payload


@pytest.mark.parametrize("length", [0, 1, 125, 126, 65_535, 65_536, 200_000])
def test_frames_of_every_length_are_read_however_they_are_cut(length):
    data = of_server(b"x" * length) + of_server(b"ping", PING)
    assert split(data) == ([(TEXT, b"x" * length), (PING, b"ping")], b"")
    for cut in {1, 2, 3, 9, length // 2, len(data) - 1}:
        first, rest = split(data[:cut])
        second, left = split(rest + data[cut:])
        assert [*first, *second] == [(TEXT, b"x" * length), (PING, b"ping")]
        assert left == b""


def test_what_a_server_must_not_send_is_refused():
    with pytest.raises(BadFrame):
        split(frame(TEXT, b"masked"))
    with pytest.raises(BadFrame):
        split(bytes((TEXT, 1)) + b"x")  # a fragment
    with pytest.raises(BadFrame):
        split(bytes((0xC1, 1)) + b"x")  # compressed
    assert close_code(b"\x11\x3dno") == 4413
    assert close_code(b"") == 1005


def test_a_socket_is_open_only_with_the_right_proof_and_protocol():
    request, proof = handshake("127.0.0.1:1", "/graphql")
    assert b"Sec-WebSocket-Protocol: graphql-transport-ws" in request
    answer = b"HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: %s\r\nSec-WebSocket-Protocol: %s"
    assert opened(answer % (proof, b"graphql-transport-ws"), proof)
    assert not opened(answer % (b"another", b"graphql-transport-ws"), proof)
    assert not opened(answer % (proof, b"graphql-ws"), proof)
    assert not opened(b"HTTP/1.1 403 Forbidden", proof)


def test_percentiles_are_values_that_were_measured():
    values = [float(number) for number in range(1, 101)]
    assert spread(values[::-1]) == {"count": 100, "first": 1, "p50": 50, "p90": 90, "p99": 99, "last": 100}
    assert part([1.0, 2.0, 3.0], 0.5) == 2
    assert part([7.0], 0.99) == 7


def test_each_kind_of_news_is_known_by_its_record_and_expected_of_its_people():
    due = now()
    items = [announcement(1, [AGENT]), call(2, AGENT), reminder(3, AGENT, due)]
    assert [item.field for item in items] == [ANNOUNCEMENTS, CALLS, REMINDERS]
    assert len({item.key for item in items}) == 3
    ledger = Ledger()
    for item in items:
        ledger.expect(*item.news)
    assert ledger.expected == 3
    verdict = ledger.check([])
    assert (verdict.lost, verdict.faults, verdict.expected) == (3, 3, 3)
    assert ledger.check([]).faults == 0  # each check begins anew


def test_a_message_costs_what_server_and_database_took():
    samples = [Sample(10.0, 5.0, 2.0, 70.0, {"first": 1.0, "p50": 2.0}, 100, Noise(0, 0, 1)) for _ in range(3)]
    assert samples[0].cost == 15
    assert details_of(samples)["messages"] == 300
    assert details_of(samples)["postgresql_us"] == 5


def test_fine_times_agree_with_the_coarse_ones():
    work = "import time\nwhile time.process_time() < 0.3: pass\nprint(flush=True)\ninput()"
    with subprocess.Popen([sys.executable, "-c", work], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        assert fine_seconds([process.pid]) == pytest.approx(cpu_seconds([process.pid]), abs=0.05)
        process.communicate(b"\n")


def test_memory_of_a_process_grows_by_what_it_takes():
    grow = "input()\nkept = bytearray(b'x' * 50_000_000)\nprint(flush=True)\ninput()"
    with subprocess.Popen([sys.executable, "-c", grow], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin
        assert process.stdout
        time.sleep(0.2)
        before = memory([process.pid])
        process.stdin.write(b"\n")
        process.stdin.flush()
        process.stdout.readline()
        after = memory([process.pid])
        assert 45e6 < after.unique - before.unique < 110e6
        assert after.proportional >= after.unique
        process.communicate(b"\n")
