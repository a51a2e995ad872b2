"""What is asked for, what people read and what scripts read."""

from __future__ import annotations

import json

import pytest
from bench.results import Result, show, write
from bench.run import choose, main

KNOWN = ("P1", "P2", "P12a")
FIGURES = [
    Result("P1", "Q1, against one", 0.5, "ms CPU", 5, "so", 1.0, 0.5, "", {"ours": {"p50_ms": 1.5}, "one": {"p50_ms": 3}}),
    Result("P5", "Q1", 1.0, "statements", 200, "otherwise", noisy="noisy: 30% others"),
    Result("P6", "told", 14.0, "µs CPU", 5, "pushing", 28.0, 0.5, "", {"ours": {"last_ms": 77.7}, "one": {"first_ms": 8.8}}),
]


@pytest.mark.parametrize(
    ("wanted", "chosen", "strange"),
    [
        ("", {"P1", "P2", "P12a"}, []),
        ("P2", {"P2"}, []),
        (" p1 ,P12,", {"P1", "P12a"}, []),
        ("P12a", {"P12a"}, []),
        ("P2,P99", {"P2"}, ["P99"]),
    ],
)
def test_figures_are_asked_for_by_name(wanted, chosen, strange):
    assert choose(wanted, KNOWN) == (chosen, strange)


def test_a_name_that_nothing_has_measures_nothing(capsys):
    assert main("P1,P99") == 2
    assert "P99: there is no such measurement; there are P1, P2" in capsys.readouterr().out


def test_scripts_find_every_figure_with_its_setup(tmp_path):
    write(FIGURES, tmp_path / "results.json")
    read = json.loads((tmp_path / "results.json").read_text())
    assert read["cores"] > 0
    for figure in read["results"]:
        assert set(figure) >= {"id", "ours", "peer", "ratio", "unit", "runs", "setup", "noisy", "details"}
    assert read["results"][0]["ratio"] == 0.5
    assert read["results"][1]["peer"] is None


def test_people_see_ratio_noise_and_details(capsys):
    show(FIGURES)
    said = capsys.readouterr().out
    for part in ("0.50", "quiet", "noisy: 30%", "p50_ms", "last_ms", "77.7", "8.8", "P1: so", "P5: otherwise"):
        assert part in said
