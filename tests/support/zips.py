"""Zip files of the larger kind."""

import struct


def zip64(plain: bytes) -> bytes:
    """A zip file with the records of ZIP64 (PKWARE's APPNOTE, 4.3.14 and 4.3.15), as PyTorch packs even small ones."""
    end = plain.rfind(b"PK\5\6")
    entries, length, start = struct.unpack_from("<HII", plain, end + 10)
    record = struct.pack("<4sQHHIIQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, entries, entries, length, start)
    return plain[:end] + record + struct.pack("<4sIQI", b"PK\6\7", 0, end, 1) + plain[end:]
