"""What the first bytes of a file that is no TensorFlow or Keras model say it is.

What it is: one table, bytes at an offset → kebab-case name and words. What it is not: a parser of any of them.
Sources: each format's own specification; the list of what people really hand to loaders is failures/FAULTS.md's.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Signature:
    """`magic` at byte `at` means the format `name`; `words` complete the sentence "this file is ...".

    `also` is a second (offset, bytes) that must hold, where the magic alone is too short to be sure.
    """

    at: int
    magic: bytes
    name: str
    words: str
    also: tuple[int, bytes] = (0, b"")


def _at_start(*rows: tuple[bytes, str, str]) -> tuple[Signature, ...]:
    return tuple(Signature(0, magic, name, words) for magic, name, words in rows)


_TEXT_MODE = ", as text-mode transfers and git's line-end conversion do; fetch the original again, in binary mode"

SIGNATURES: tuple[Signature, ...] = (
    *_at_start(
        (b"GGUF", "gguf", "a GGUF file of llama.cpp"),
        (b"\x93NUMPY", "numpy", "a NumPy array (.npy)"),
        (b"\x89HDF\r\r\n\x1a", "reencoded-binary", f"an HDF5 file in which \\n became \\r\\n{_TEXT_MODE}"),
        (b"\x89HDF\n\x1a", "reencoded-binary", f"an HDF5 file in which \\r\\n became \\n{_TEXT_MODE}"),
        (b"CNTK", "cntk", "a Microsoft CNTK model"),
        (b"\x89PNG\r\n\x1a\n", "image", "a PNG picture"),
        (b"\xff\xd8\xff", "image", "a JPEG picture"),
        (b"GIF8", "image", "a GIF picture"),
        (b"II*\x00", "image", "a TIFF picture"),
        (b"MM\x00*", "image", "a TIFF picture"),
        (b"%PDF-", "pdf", "a PDF document"),
        (b"%!PS", "postscript", "a PostScript document"),
        (b"\x7fELF", "executable", "a Linux program or library (ELF)"),
        (b"\xcf\xfa\xed\xfe", "executable", "a macOS program or library (Mach-O)"),
        (b"\xca\xfe\xba\xbe", "executable", "a Java class or a macOS program"),
        (b"7z\xbc\xaf\x27\x1c", "7z", "a 7-Zip archive"),
        (b"Rar!\x1a\x07", "rar", "a RAR archive"),
        (b"\x28\xb5\x2f\xfd", "zstandard", "compressed with Zstandard"),
        (b"\x04\x22\x4d\x18", "lz4", "compressed with LZ4"),
        (b"\x1f\x9d", "compress", "compressed with Unix compress"),
        (b"SQLite format 3\x00", "sqlite", "an SQLite database"),
        (b"PAR1", "parquet", "an Apache Parquet table"),
        (b"ARROW1", "arrow", "an Apache Arrow table"),
        (b"CDF\x01", "netcdf", "a NetCDF file"),
        (b"CDF\x02", "netcdf", "a NetCDF file"),
        (b"\x0e\x03\x13\x01", "hdf4", "an HDF4 file; Keras writes HDF5"),
        (b"MATLAB 5.0 MAT-file", "matlab", "a MATLAB data file"),
        (b"RIFF", "media", "a RIFF file (WebP, WAV or AVI)"),
        (b"OggS", "media", "an Ogg sound or video"),
        (b"ID3", "media", "an MP3 sound"),
        (b"\x00\x00\x00\x01Bud1", "ds-store", "a macOS Finder note (.DS_Store), which is no part of a model"),
        (b"ftrt", "tensorrt", "a TensorRT engine"),
        (b"ptrt", "tensorrt", "a TensorRT engine"),
        (b"DEX\n", "executable", "an Android program"),
        (b"bplist00", "plist", "an Apple property list"),
        (b"\x06\x00\x06\x00MXNET", "mxnet", "an MXNet model"),
    ),
    Signature(0, b"BM", "image", "a BMP picture", also=(14, b"\x28\x00\x00\x00")),
    Signature(0, b"MZ", "executable", "a Windows program or library (PE)", also=(24, b"@\x00\x00\x00")),
    Signature(0, b"MZ\x90\x00", "executable", "a Windows program or library (PE)"),
    Signature(0, (0x112).to_bytes(16, "little"), "mxnet", "weights of an MXNet model"),
    Signature(4, b"ftyp", "media", "a video or picture (MPEG-4 family)"),
    Signature(257, b"ustar", "archive", "a tar archive"),
    Signature(4, b"MNN", "mnn", "an MNN model"),
    Signature(0, (7767517).to_bytes(4, "little"), "ncnn", "an ncnn model in binary form"),
)


def signed(head: bytes) -> Signature | None:
    """Return the first signature that the bytes carry, or None."""
    return next((row for row in SIGNATURES if _carries(head, row)), None)


def _carries(head: bytes, row: Signature) -> bool:
    return head.startswith(row.magic, row.at) and head.startswith(row.also[1], row.also[0])
