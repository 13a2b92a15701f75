"""A stream that is encrypted and whole, or refused: AES-256-GCM in the STREAM construction.

The text is cut into chunks of one megabyte, each sealed under a nonce of a random prefix, the chunk's number
and whether it is the last one (Hoang, Reyhanitabar, Rogaway, Vizár: Online Authenticated-Encryption and its
Nonce-Reuse Misuse-Resistance, CRYPTO 2015). So a chunk that is changed, moved, left out or cut off at the end
is noticed, and no more than two chunks are in memory. The key comes from the passphrase by scrypt
(RFC 7914), anew for each file.

The header, 64 bytes, is authenticated with every chunk:

    magic 8, log2 n 1, r 1, p 1, log2 chunk 1, salt 16, nonce prefix 7, zero 1, check 16, digest 12

``check`` tells a wrong passphrase from a damaged file; ``digest`` begins the SHA-256 of what stands before it.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import struct
import unicodedata
from collections.abc import Iterator
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from pipeline.upkeep.faults import BackupError, cut_short, damaged

_KIND = b"SBDBAK"
MAGIC = _KIND + b"01"
LOG2_N = 17
"""scrypt's cost for new files: 128 MB and about half a second."""

CHUNK = 1 << 20
TAG = 16

_R, _P = 8, 1
_COSTLIEST = 20  # a damaged or hostile header must not ask for more memory than 1 GB
_HEADER = struct.Struct(">8s4B16s7sx16s")
_DIGEST = 12
HEADER_SIZE = _HEADER.size + _DIGEST


class EncryptingWriter:
    """Encrypts what is written to it into ``stream``; nothing is whole before :meth:`close`."""

    def __init__(self, stream: BinaryIO, passphrase: str) -> None:
        salt, self._prefix = os.urandom(16), os.urandom(7)
        key, check = _derive(passphrase, salt, LOG2_N)
        fields = _HEADER.pack(MAGIC, LOG2_N, _R, _P, CHUNK.bit_length() - 1, salt, self._prefix, check)
        self._header = fields + hashlib.sha256(fields).digest()[:_DIGEST]
        self._cipher = AESGCM(key)
        self._stream = stream
        self._buffer = bytearray()
        self._number = 0
        stream.write(self._header)

    def write(self, data: bytes) -> int:
        self._buffer += data
        while len(self._buffer) > CHUNK:  # a full buffer is kept: it may be the last
            self._seal(bytes(self._buffer[:CHUNK]), last=False)
            del self._buffer[:CHUNK]
        return len(data)

    def close(self) -> None:
        """Seal the last chunk. The stream underneath stays open."""
        self._seal(bytes(self._buffer), last=True)

    def _seal(self, chunk: bytes, *, last: bool) -> None:
        nonce = _nonce(self._prefix, self._number, last=last)
        self._stream.write(self._cipher.encrypt(nonce, chunk, self._header))
        self._number += 1


class DecryptingReader:
    """The text of an encrypted ``stream``, piece by piece; each piece is authentic when it is given out.

    Raises :class:`BackupError` where the passphrase is wrong or the stream is not what was written.
    """

    def __init__(self, stream: BinaryIO, passphrase: str) -> None:
        self._header = _read(stream, HEADER_SIZE)
        log2_n, salt, prefix, check = _parse(self._header)
        key, expected = _derive(passphrase, salt, log2_n)
        if not hmac.compare_digest(check, expected):
            raise BackupError(
                "口令不对，无法打开备份。请核对口令（大小写、空格、中英文符号）。", code="wrong_passphrase"
            )
        self._chunks = _chunks(stream, AESGCM(key), prefix, self._header)
        self._buffer = b""
        self._at = 0

    def read(self, size: int) -> bytes:
        """Up to ``size`` bytes, fewer at the end only."""
        pieces = []
        while size > 0:
            if self._at == len(self._buffer):
                self._buffer, self._at = next(self._chunks, b""), 0
                if not self._buffer:
                    break
            piece = self._buffer[self._at : self._at + size]
            self._at += len(piece)
            size -= len(piece)
            pieces.append(piece)
        return b"".join(pieces)

    def finish(self) -> None:
        """Read what is left, so that a stream without its end does not pass for whole."""
        while self.read(CHUNK):
            pass


def _chunks(stream: BinaryIO, cipher: AESGCM, prefix: bytes, header: bytes) -> Iterator[bytes]:
    """The decrypted chunks in order."""
    sealed = _read(stream, CHUNK + TAG)
    number = 0
    while True:
        following = _read(stream, CHUNK + TAG)
        last = not following
        try:
            chunk = cipher.decrypt(_nonce(prefix, number, last=last), sealed, header)
        except (InvalidTag, ValueError) as error:
            if last and (not sealed or _opens(cipher, _nonce(prefix, number, last=False), sealed, header)):
                raise cut_short() from error
            raise damaged(f"第 {number + 1} MB 附近") from error
        if chunk:
            yield chunk
        if last:
            return
        sealed = following
        number += 1


def _read(stream: BinaryIO, size: int) -> bytes:
    try:
        return stream.read(size)
    except OSError as error:
        raise BackupError(
            f"读取备份文件时出错：{error.strerror}。请检查磁盘，或把备份复制到本机后重试。", code="no_backup"
        ) from error


def _opens(cipher: AESGCM, nonce: bytes, sealed: bytes, header: bytes) -> bool:
    try:
        cipher.decrypt(nonce, sealed, header)
    except (InvalidTag, ValueError):
        return False
    return True


def _nonce(prefix: bytes, number: int, *, last: bool) -> bytes:
    return prefix + struct.pack(">IB", number, last)


def _parse(header: bytes) -> tuple[int, bytes, bytes, bytes]:
    """The cost, salt, nonce prefix and check of a header; what is no whole header of ours is refused."""
    if not header.startswith(_KIND):
        raise BackupError("这不是本程序的备份文件。请检查选的是不是备份。", code="not_a_backup")
    if len(header) < HEADER_SIZE:
        raise cut_short()
    fields, digest = header[: _HEADER.size], header[_HEADER.size :]
    if hashlib.sha256(fields).digest()[:_DIGEST] != digest:
        raise damaged("文件头")
    if not header.startswith(MAGIC):
        raise BackupError("备份由更新版本的程序建立，本程序读不了。请升级本程序后再恢复。", code="newer_backup")
    _, log2_n, r, p, log2_chunk, salt, prefix, check = _HEADER.unpack(fields)
    if log2_n > _COSTLIEST or (r, p, 1 << log2_chunk) != (_R, _P, CHUNK):
        raise damaged("文件头")
    return log2_n, salt, prefix, check


def _derive(passphrase: str, salt: bytes, log2_n: int) -> tuple[bytes, bytes]:
    """The key, and what shows that the passphrase is right without telling it."""
    # The same characters may be typed in different ways: é as one or as two.
    secret = unicodedata.normalize("NFC", passphrase).encode("utf-8")
    derived = Scrypt(salt=salt, length=48, n=1 << log2_n, r=_R, p=_P).derive(secret)
    return derived[:32], derived[32:]
