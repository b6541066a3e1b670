"""The body of an answer, decompressed no further than the cap allows."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from newsletter.errors import GatherError

if TYPE_CHECKING:
    from collections.abc import Iterable

LARGEST_BODY = 5 * 2**20
_GZIP = b"\x1f\x8b"
_EITHER_HEADER = zlib.MAX_WBITS | 32  # zlib tells gzip and deflate apart by itself


def read_body(chunks: Iterable[bytes], *, coding: str, host: str) -> bytes:
    """The bytes of a body of at most 5 MiB, plain or packed once.

    Decompressing here, a bounded piece at a time, is what stops a small answer from becoming
    400 MiB in memory. Raises GatherError naming `host`.
    """
    coding = coding.strip().lower()
    if coding not in ("identity", "", "gzip", "x-gzip", "deflate"):
        raise GatherError(f"{host} packs its answer as “{coding[:40]}”, which is not read here")
    packed = coding not in ("identity", "")
    try:
        return _unpacked(chunks, host) if packed else _plain(chunks, host)
    except zlib.error as error:
        raise GatherError(f"{host} sent a damaged {coding} answer; try again later") from error


def _plain(chunks: Iterable[bytes], host: str) -> bytes:
    body = bytearray()
    for chunk in chunks:
        body += chunk
        _limit(body, host)
    return bytes(body)


def _unpacked(chunks: Iterable[bytes], host: str) -> bytes:
    """A gzip file is one member or several, each after the other (RFC 1952, 2.2)."""
    body = bytearray()
    unpacker = zlib.decompressobj(_EITHER_HEADER)
    for chunk in chunks:
        rest = chunk
        while rest:
            if unpacker.eof:
                if not rest.startswith(_GZIP):
                    return bytes(body)  # padding
                unpacker = zlib.decompressobj(_EITHER_HEADER)
            body += unpacker.decompress(rest, LARGEST_BODY + 1 - len(body))
            _limit(body, host)
            rest = unpacker.unused_data
    if not unpacker.eof:
        raise zlib.error("the data ends too early")
    return bytes(body)


def _limit(body: bytearray, host: str) -> None:
    if len(body) > LARGEST_BODY:
        raise GatherError(f"{host} sent more than {LARGEST_BODY >> 20} MiB; give a smaller page")
