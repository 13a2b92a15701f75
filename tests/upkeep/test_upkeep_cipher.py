"""The encrypted stream: what was written comes back, and anything else is refused."""

from __future__ import annotations

import hashlib
import io
import os
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.upkeep import cipher
from pipeline.upkeep.cipher import HEADER_SIZE, TAG, DecryptingReader, EncryptingWriter
from pipeline.upkeep.faults import BackupError

SMALL = 64
SEALED = SMALL + TAG
SECRET = "口令 passphrase"


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cipher, "CHUNK", SMALL)
    monkeypatch.setattr(cipher, "LOG2_N", 1)


def sealed(text: bytes, *, piece: int = 1000) -> bytes:
    out = io.BytesIO()
    writer = EncryptingWriter(out, SECRET)
    for start in range(0, len(text), piece):
        writer.write(text[start : start + piece])
    writer.close()
    return out.getvalue()


def opened(data: bytes, secret: str = SECRET, *, piece: int = 50) -> bytes:
    reader = DecryptingReader(io.BytesIO(data), secret)
    pieces = []
    while got := reader.read(piece):
        pieces.append(got)
    return b"".join(pieces)


def refusal(data: bytes, secret: str = SECRET) -> str:
    with pytest.raises(BackupError) as caught:
        opened(data, secret)
    return caught.value.code


TEXT = bytes(range(200))  # three chunks and a bit
FILE_SIZE = HEADER_SIZE + len(TEXT) + 4 * TAG


@given(size=st.integers(0, 5 * SMALL), piece=st.integers(1, 3 * SMALL), read=st.integers(1, 3 * SMALL))
def test_what_was_written_comes_back_in_pieces_of_any_size(size: int, piece: int, read: int) -> None:
    text = os.urandom(size)
    assert opened(sealed(text, piece=piece), piece=read) == text


@pytest.mark.parametrize("size", [0, 1, SMALL - 1, SMALL, SMALL + 1, 2 * SMALL])
def test_the_length_is_that_of_the_text_and_a_tag_a_chunk(size: int) -> None:
    chunks = max(1, -(-size // SMALL))
    assert len(sealed(bytes(size))) == HEADER_SIZE + size + chunks * TAG


def test_the_same_text_is_never_the_same_twice_and_never_in_the_clear() -> None:
    first, second = sealed(TEXT), sealed(TEXT)
    assert first[HEADER_SIZE:] != second[HEADER_SIZE:]
    assert TEXT[:16] not in first


def test_any_flipped_bit_is_noticed() -> None:
    whole = sealed(TEXT)
    assert len(whole) == FILE_SIZE
    for position in range(len(whole)):
        broken = bytearray(whole)
        broken[position] ^= 1 << (position % 8)
        expected = "not_a_backup" if position < 6 else "backup_damaged"
        assert refusal(bytes(broken)) == expected, position


def test_any_missing_end_is_noticed() -> None:
    whole = sealed(TEXT)
    for length in range(len(whole)):
        code = refusal(whole[:length])
        at_border = length >= HEADER_SIZE and (length - HEADER_SIZE) % SEALED == 0
        if length < 6:
            assert code == "not_a_backup"
        elif length < HEADER_SIZE or at_border:
            assert code == "backup_cut_short", length
        else:
            assert code in ("backup_damaged", "backup_cut_short")


def chunks_of(whole: bytes) -> tuple[bytes, list[bytes]]:
    body = whole[HEADER_SIZE:]
    return whole[:HEADER_SIZE], [body[i : i + SEALED] for i in range(0, len(body), SEALED)]


def test_chunks_that_moved_are_noticed() -> None:
    header, parts = chunks_of(sealed(TEXT))
    other_header, others = chunks_of(sealed(TEXT))
    arrangements = {
        "swapped": [parts[1], parts[0], *parts[2:]],
        "twice": [parts[0], parts[0], *parts[1:]],
        "left out": [parts[0], *parts[2:]],
        "more after the end": [*parts, parts[0]],
        "rubbish after the end": [*parts, b"x"],
        "of another file": [parts[0], others[1], *parts[2:]],
    }
    for name, arrangement in arrangements.items():
        assert refusal(header + b"".join(arrangement)) == "backup_damaged", name
    assert refusal(other_header + b"".join(parts)) == "backup_damaged"
    assert opened(header + b"".join(parts)) == TEXT


def test_a_wrong_passphrase_is_told_from_damage() -> None:
    whole = sealed(TEXT)
    for wrong in ("", SECRET + " ", SECRET.upper()):
        assert refusal(whole, wrong) == "wrong_passphrase"


def test_the_same_characters_typed_otherwise_are_the_same_passphrase() -> None:
    out = io.BytesIO()
    writer = EncryptingWriter(out, "caf\u00e9")
    writer.close()
    assert opened(out.getvalue(), "cafe\u0301") == b""


def test_other_files_and_other_versions_are_named_as_such() -> None:
    whole = sealed(TEXT)
    assert refusal(b"PK\x03\x04" + bytes(100)) == "not_a_backup"
    assert refusal(b"") == "not_a_backup"
    newer = bytearray(whole)
    newer[6:8] = b"02"
    newer[cipher._HEADER.size : HEADER_SIZE] = _digest(bytes(newer[: cipher._HEADER.size]))
    assert refusal(bytes(newer)) == "newer_backup"


def test_a_header_that_asks_for_too_much_memory_is_refused() -> None:
    greedy = bytearray(sealed(TEXT))
    greedy[8] = 40  # log2 n
    greedy[cipher._HEADER.size : HEADER_SIZE] = _digest(bytes(greedy[: cipher._HEADER.size]))
    assert refusal(bytes(greedy)) == "backup_damaged"


def _digest(fields: bytes) -> bytes:
    return hashlib.sha256(fields).digest()[:12]


def test_a_disk_that_cannot_be_read_is_no_damage() -> None:
    class Failing(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell() > HEADER_SIZE:
                raise OSError(5, "Input/output error")
            return super().read(size)

    with pytest.raises(BackupError, match="Input/output") as caught:
        DecryptingReader(Failing(sealed(TEXT)), SECRET).finish()
    assert caught.value.code == "no_backup"


def test_memory_stays_flat_however_long_the_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    monkeypatch.setattr(cipher, "LOG2_N", 1)

    class Pipe(io.RawIOBase):
        """Takes everything and keeps nothing."""

        size = 0

        def writable(self) -> bool:
            return True

        def write(self, data: bytes) -> int:  # type: ignore[override]
            self.size += len(data)
            return len(data)

    pipe = Pipe()
    piece = os.urandom(1 << 20)
    tracemalloc.start()
    try:
        writer = EncryptingWriter(pipe, SECRET)  # type: ignore[arg-type]
        for _ in range(200):
            writer.write(piece)
        writer.close()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert pipe.size > 200 << 20
    assert peak < 16 << 20
