"""Where the files shipped with the program lie."""

from __future__ import annotations

from pathlib import Path


def assets_path() -> Path:
    """The folder of dialogues and other assets: in the package when installed, beside it in a checkout."""
    here = Path(__file__).resolve().parent
    installed = here / "assets"
    return installed if installed.is_dir() else here.parent / "assets"
