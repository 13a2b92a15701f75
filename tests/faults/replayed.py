"""``run_pipeline.py`` with recorded readings for a reader, and with what else a trial needs put in its place.

Worker processes are spawned and import the main module of the process that started them; where that is
this module, they replay as well.
"""

from __future__ import annotations

import os
import sys

from pipeline.cli import main
from tests.faults import hooks, readings


def run(arguments: list[str]) -> int:
    """The command in this process, which is to be given up afterwards: its modules are changed."""
    sys.modules["__main__"] = sys.modules["tests.faults.replayed"]  # what the workers are to import
    install()
    return main(arguments)


def install() -> None:
    if os.environ.get(readings.READINGS):
        hooks.replace("pipeline.batch.reader", "Reader", lambda usual: readings.Replayer)
        # The pages of what was recorded need not be counted in one more process.
        hooks.replace("pipeline.batch.run", "count_all", lambda usual: lambda paths, settings: dict.fromkeys(paths, 1))
    hooks.install()


if __name__ == "__mp_main__":
    install()
