"""Twelve kinds of visit and more, one after another, through the real command over the demo directory."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

VISITS = (
    ("Hi, I'm Ada Lovelace from Analytical Engines, I have an appointment with Grace Hopper", "met"),
    ("hello\nCharles Babbage", "met"),
    ("I'm here to see Emma Fischer\nAnna Kowalska", "host_comes_later"),
    ("I don't have an appointment\nRosa Parks\nJonas Fischer", "met"),
    ("my code is PN-1400", "met"),
    ("I have a parcel for Li Na", "delivered"),
    ("I'm leaving\nAda Lovelace", "checked_out"),
    ("hello\nI need to talk to a human", "sent_to_human"),
    ("there is a fire", "sent_to_human"),
    ("we are two\nTomás Novák\nZoë Schröder", "met"),
    ("Guten Tag, ich bin Maria Garcia", "host_comes_later"),
    ("您好，我叫王小明", "met"),
    ("where is the toilet?\ndo you have wifi?\ngoodbye", "nothing_needed"),
    ("I'm Samuel Okafor", "refused"),
    ("hello\nhelp\nnever mind", "called_off"),
)


def test_every_kind_of_visit_comes_to_its_ending(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "receptionist", "run", "--text", "--seed", "1"],
        input="\n".join(said for said, _ in VISITS) + "\n",
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        env={**os.environ, "MIRON_HOME": str(tmp_path)},
    )
    assert ran.returncode == 0, ran.stderr
    endings = [line.split()[3] for line in ran.stdout.splitlines() if line.startswith("-- visit ended")]
    assert endings == [ending for _, ending in VISITS], ran.stdout
    assert "Emma Fischer kommt in ein paar Minuten zu Ihnen" in ran.stdout
    assert "王小明" in ran.stdout
