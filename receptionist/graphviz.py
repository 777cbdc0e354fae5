"""Drawing with Graphviz, a program of its own."""

from __future__ import annotations

import shutil
import subprocess

SECONDS = 120


class CannotDraw(Exception):
    """There is no picture; says why and what helps."""


def svg(dot: str) -> str:
    """A picture of a graph in Graphviz' language.

    Raises:
        CannotDraw: Graphviz is not installed, or did not come to an end.
    """
    program = shutil.which("dot")
    if program is None:
        raise CannotDraw(
            "SVG is drawn by Graphviz, whose program 'dot' is not here (Debian: apt install graphviz);"
            " --format mermaid, dot and graphml need nothing"
        )
    try:
        done = subprocess.run(
            [program, "-Tsvg"], input=dot.encode(), capture_output=True, check=False, timeout=SECONDS
        )
    except subprocess.TimeoutExpired as error:
        message = f"Graphviz was not done within {SECONDS} s; draw less of it with --rule or --without"
        raise CannotDraw(message) from error
    if done.returncode:
        raise CannotDraw(f"Graphviz: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout.decode()
