"""``python -m receptionist`` is the command ``miron``."""

from receptionist.cli import main

main()
