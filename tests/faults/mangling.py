"""Inputs that no batch expects: files mangled by chance, traps, names and entries made to confuse."""

from __future__ import annotations

import contextlib
import os
import random
import socket
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

from tests.faults.documents import Page, encoded
from tests.faults.traps import BOMBS, PDFS, Maker
from tests.intake.intake_samples import noise

LONGEST_NAME = 255  # bytes; what most file systems take


@dataclass(frozen=True, slots=True)
class Mangled:
    """One input: where it lies (relative, as the system spells it), what was done, the code it must come to, if any.

    ``put`` makes it; ``inside`` names what lies in it, where it is a folder.
    """

    path: str
    kind: str
    put: Callable[[Path], object]
    code: str | None = None
    inside: tuple[str, ...] = ()


def mangle(count: int, seed: int, pages: list[Page]) -> list[Mangled]:
    """``count`` inputs, every kind among them where ``count`` allows; ``pages`` are what is mangled."""
    rng = random.Random(seed)
    rare = [*_traps(), *_entries(rng, pages), *_named(rng, pages)]
    if len(rare) > count // 2:
        rng.shuffle(rare)
        rare = rare[: count // 2]
    by_chance = _by_chance(rng, pages)
    return rare + [next(by_chance) for _ in range(count - len(rare))]


def _writing(data: Maker | bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(data if isinstance(data, bytes) else data())


# --- by chance

_HEADS = (
    b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"II*\0\x08\0\0\0", b"MM\0*\0\0\0\x08", b"II+\0\x08\0\0\0",
    b"\0\0\0\x18ftypheic", b"\0\0\0\x18ftypavif", b"\0\0\0\x18ftypmp42", b"RIFF\xff\0\0\0WEBPVP8 ",
    b"%PDF-1.4\n", b"PK\x03\x04", b"GIF89a", b"Rar!\x1a\x07", b"{\\rtf1", b"%!PS-Adobe", b"\xd0\xcf\x11\xe0",
    b"<svg ", "姓名：".encode(),
)  # fmt: skip


def _by_chance(rng: random.Random, pages: list[Page]) -> Iterator[Mangled]:
    """Good files damaged in one way or another, without end."""
    formats = cycle((("JPEG", ".jpg"), ("PNG", ".png"), ("TIFF", ".tif"), ("WEBP", ".webp"), ("BMP", ".bmp"),
                     ("HEIF", ".heic"), ("PDF", ".pdf")))  # fmt: skip
    ways = cycle((_flipped, _cut_short, _flipped, _with_junk, _flipped, _overwritten, _cut_short, _swapped, _renamed,
                  _headed, _short, _flipped_head))  # fmt: skip
    for number in range(1_000_000):
        kind, suffix = next(formats)
        way = next(ways)
        data = way(encoded([rng.choice(pages)], kind, rng.randint(60, 90)), rng)
        if way is _renamed:
            suffix = rng.choice([s for s in (".jpg", ".png", ".tif", ".pdf", ".heic", ".docx", "") if s != suffix])
        yield Mangled(f"损坏{number:04}{suffix}", way.__name__.strip("_").replace("_", " "), _writing(data))


def _flipped(data: bytes, rng: random.Random) -> bytes:
    out = bytearray(data)
    for _ in range(rng.choice((1, 3, 10, 100))):
        out[rng.randrange(len(out))] ^= 1 << rng.randrange(8)
    return bytes(out)


def _flipped_head(data: bytes, rng: random.Random) -> bytes:
    out = bytearray(data)
    for _ in range(rng.choice((1, 3, 10))):
        out[rng.randrange(min(400, len(out)))] ^= 1 << rng.randrange(8)
    return bytes(out)


def _cut_short(data: bytes, rng: random.Random) -> bytes:
    return data[: rng.randrange(1, len(data))]


def _with_junk(data: bytes, rng: random.Random) -> bytes:
    return data + rng.randbytes(rng.choice((1, 100, 50_000)))


def _overwritten(data: bytes, rng: random.Random) -> bytes:
    at, length = rng.randrange(len(data)), rng.choice((16, 512, 4096))
    return data[:at] + (bytes(length) if rng.random() < 0.5 else rng.randbytes(length)) + data[at + length :]


def _swapped(data: bytes, rng: random.Random) -> bytes:
    a, b = sorted(rng.randrange(len(data)) for _ in range(2))
    return data[b:] + data[a:b] + data[:a]


def _renamed(data: bytes, rng: random.Random) -> bytes:
    return data


def _headed(data: bytes, rng: random.Random) -> bytes:
    """Noise under the head of some format, or a type that is not read at all."""
    return rng.choice(_HEADS) + rng.randbytes(rng.choice((30, 3000, 100_000)))


def _short(data: bytes, rng: random.Random) -> bytes:
    return data[: rng.choice((0, 0, 1, 2, 4, 8, 20))]


# --- on purpose


def _traps() -> Iterator[Mangled]:
    for number, (name, (make, code)) in enumerate(BOMBS.items()):
        yield Mangled(f"炸弹{number:02}.{name.split()[0]}", "bomb: " + name, _writing(make), code)
    for number, (name, (make, code)) in enumerate(PDFS.items()):
        yield Mangled(f"陷阱{number:02}.pdf", "pdf: " + name, _writing(make), code)


def _named(rng: random.Random, pages: list[Page]) -> Iterator[Mangled]:
    """Sound files under names that may be taken for something else."""
    names = [
        "换\n行.jpg", "制\t表.jpg", "回\r车.jpg", 'quo"te.jpg', "quo'te.jpg", "`id`.jpg", "$(id).jpg", ";id;.jpg",
        "a|b.jpg", "a&b.jpg", "<b>.jpg", "*.jpg", "?.jpg", "a\\b.jpg", "C:\\scan.jpg", "a:b.jpg", "%s%n%00.jpg",
        "{0}{x}.jpg", "[bold red]x.jpg", "=1+1.jpg", "+1.jpg", "@sum.jpg", "-rf.jpg", "--force.jpg", "--json",
        "-", "\u202egpj.exe", "a\u200bb.jpg", "\u2066x\u2069.jpg", "\u0627\u0644.jpg", "😀👨‍👩‍👧.jpg", "e\u0301.jpg",
        "\u00e9.jpg", "\ufeffx.jpg", "\u2028x.jpg", "\x1b[31m红.jpg", "\x07.jpg", "\x7f.jpg", " 空格 .jpg",
        "尾点.jpg.", "尾格.jpg ", "con.jpg", "NUL", "aux.png", "COM1.jpg", "lpt9.tif", "prn", "conin$.jpg",
        "无后缀", ".jpg.jpg", "..jpg", "a..jpg", "x.JPG", "X.jpg", "x.jpg", "ＡＢ.jpg", "AB.jpg",
        "长" * ((LONGEST_NAME - 4) // 3) + ".jpg", "l" * (LONGEST_NAME - 4) + ".jpg", "x." + "y" * (LONGEST_NAME - 2),
        "'; DROP TABLE documents; --.jpg", "../上.jpg".replace("/", "\u2044"), "record.json", "x.jpg.json",
        os.fsdecode(b"\xff\xfe.jpg"), os.fsdecode("名".encode("gbk") + b".jpg"),
    ]  # fmt: skip
    hidden = {name for name in names if name.startswith(".")}  # such are nobody's scan, and passed over
    for name in dict.fromkeys(n for n in names if n not in hidden):
        code = "bad_name" if not _is_utf8(name) else None
        # The last bytes differ, so that no two are copies of one another.
        data = encoded([rng.choice(pages)], "PNG") + rng.randbytes(8)
        yield Mangled(name, "hostile name", _writing(data), code)


def _is_utf8(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _entries(rng: random.Random, pages: list[Page]) -> Iterator[Mangled]:
    """What is no file, is another's, or may not be read."""

    def link(target: str) -> Callable[[Path], object]:
        return lambda path: path.symlink_to(target)

    for number, target in enumerate(
        ("/etc/hostname", "不存在.jpg", "链接02.jpg", "/dev/zero", "/", "..", "a" * 200, "/proc/self/mem")
    ):
        yield Mangled(f"链接{number:02}.jpg", "link", link(target), "link_refused")
    for number in range(3):
        yield Mangled(f"管道{number}.jpg", "pipe", os.mkfifo, "special_file")
    yield Mangled("套接字.jpg", "socket", _socket, "special_file")
    if os.geteuid() == 0:
        yield Mangled("设备.jpg", "device", lambda path: os.mknod(path, 0o020666, os.makedev(1, 5)), "special_file")
    for name, file in (("文件夹.jpg", "一.png"), ("文件夹.pdf", "二.png"), ("con", "三.png"), ("[b][", "].png")):
        inside = f"{name}/{file}"
        data = encoded([rng.choice(pages)], "PNG") + rng.randbytes(8)
        yield Mangled(name, "folder", _folder(inside, data), inside=(inside,))
    for number in range(3):
        data = encoded([rng.choice(pages)], "PNG") + rng.randbytes(8)
        yield Mangled(f"无权{number}.png", "unreadable", _forbidden(data), "unreadable_file")
    yield Mangled("无权文件夹", "unreadable", lambda path: path.mkdir(mode=0), "unreadable_file")
    same = encoded([noise_page()], "PNG")
    for number in range(4):
        yield Mangled(f"重复{number}.png", "copy", _writing(same))
    yield Mangled("洞.jpg", "hole", _hole, "too_many_bytes")
    yield Mangled("压缩.jpg.gz", "other", _writing(b"\x1f\x8b\x08\0" + zlib.compress(same)), "unsupported_type")


def noise_page() -> Page:
    page = noise()
    page.info["dpi"] = (150, 150)
    return page


def _socket(path: Path) -> None:
    """Bound from its own folder, since the address of a socket is short."""
    before = Path.cwd()
    os.chdir(path.parent)
    try:
        with contextlib.closing(socket.socket(socket.AF_UNIX)) as bound:
            bound.bind(path.name)
    finally:
        os.chdir(before)


def _folder(inside: str, data: bytes) -> Callable[[Path], object]:
    def put(path: Path) -> None:
        path.mkdir()
        (path / inside.rpartition("/")[2]).write_bytes(data)

    return put


def _forbidden(data: bytes) -> Callable[[Path], object]:
    def put(path: Path) -> None:
        path.write_bytes(data)
        path.chmod(0)

    return put


def _hole(path: Path) -> None:
    """A gigabyte that takes no room on the disk."""
    with path.open("wb") as stream:
        stream.write(b"\xff\xd8\xff\xe0")
        stream.truncate(1_000_000_000)
