"""Files that do something to the process that reads them, as a fault in a native library would.

Loaded by every Python process that is started with the folder on its path.
"""

from __future__ import annotations

import time
from pathlib import Path

_HOOK = """
import os, sys, time

TROUBLE = {
    "dies.png": lambda: os._exit(9),
    "eats.png": lambda: [(bytearray(b"x") * 50_000_000, time.sleep(0.01)) for _ in range(100)],
    "sleeps.png": lambda: time.sleep(60),
    "slow.png": lambda: time.sleep(2),
    "once.png": lambda: time.sleep(300),  # for whoever is the first to read it
}
seen = set()

def hook(event, args):
    name = event == "open" and os.path.basename(str(args[0]))
    if name not in TROUBLE or name in seen:
        return
    frame = sys._getframe()
    while frame and frame.f_code.co_name != "read_pages":
        frame = frame.f_back
    if frame:
        seen.add(name)
        mark = os.path.join(os.path.dirname(__file__), name + ".begun")
        first = not os.path.exists(mark)
        with open(mark + ".part", "w") as stream:
            stream.write(str(os.getpid()))
        os.replace(mark + ".part", mark)
        if first or name != "once.png":
            TROUBLE[name]()

sys.addaudithook(hook)
"""


def make_trouble(folder: Path) -> str:
    """Write what makes the trouble into ``folder``; its path, for PYTHONPATH."""
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(_HOOK, encoding="utf-8")
    return str(folder)


def wait_for(folder: str, name: str, seconds: float = 60.0) -> int:
    """Until a process has begun to read such a file; its id."""
    mark = Path(folder) / f"{name}.begun"
    deadline = time.monotonic() + seconds
    while not mark.exists():
        if time.monotonic() > deadline:
            raise TimeoutError(f"nobody read {name}")
        time.sleep(0.05)
    return int(mark.read_text())
