"""Messages about damaged files, each after its fault."""

from __future__ import annotations

WORDINGS = [
    (
        "h5-truncated",
        ("OSError: Unable to open file (truncated file: eof = 40, sblock->base_addr = 0, stored_eof = 100)"),
    ),
    (
        "h5-truncated",
        (
            "OSError: Unable to synchronously open file (truncated file: eof = 40, sblock->base_addr "
            "= 0, stored_eof = 100)"
        ),
    ),
    ("h5-signature-not-found", "OSError: Unable to synchronously open file (file signature not found)"),
    ("h5-corrupt-content", "OSError: Unable to open file (bad object header version number)"),
    ("h5-corrupt-content", "KeyError: 'Unable to open object (wrong B-tree signature)'"),
    ("h5-corrupt-content", "OSError: Can't read data (inflate() failed)"),
    ("h5-corrupt-content", "RuntimeError: Unable to get link info (bad local heap signature)"),
    ("zip-corrupt-or-html", "zipfile.BadZipFile: Bad CRC-32 for file 'model.weights.h5'"),
    ("zip-corrupt-or-html", "zipfile.BadZipFile: File is not a zip file"),
    ("archive-truncated", "EOFError: Compressed file ended before the end-of-stream marker was reached"),
    ("archive-truncated", "tarfile.ReadError: unexpected end of data"),
    ("archive-truncated", "gzip: stdin: unexpected end of file\ntar: Unexpected EOF in archive"),
    ("html-instead-of-file", "tarfile.ReadError: not a gzip file"),
    ("html-instead-of-file", "gzip.BadGzipFile: Not a gzipped file (b'<!')"),
    ("html-instead-of-file", "gzip: stdin: not in gzip format"),
    (
        "ckpt-data-corrupt",
        ("DataLossError: Checksum does not match: stored 12 vs. calculated on the restored bytes 99 [Op:RestoreV2]"),
    ),
    (
        "ckpt-data-zero-filled",
        ("DataLossError: Checksum does not match: stored 12 vs. calculated on the restored bytes 1925235876"),
    ),
    ("ckpt-snappy", "Data loss: corrupted compressed block contents"),
    (
        "ckpt-shard-renamed-or-missing",
        ("NotFoundError: m/variables/variables.data-00000-of-00001; No such file or directory"),
    ),
    (
        "tfhub-cache-incomplete",
        (
            "ValueError: Trying to load a model of incompatible/unknown type. '/tmp/tfhub_modules/x' "
            "contains neither 'saved_model.pb' nor 'saved_model.pbtxt'."
        ),
    ),
    (
        "cache-hash-mismatch",
        (
            "A local file was found, but it seems to be incomplete or outdated because the auto file "
            "hash does not match the original value of abc so we will re-download the data."
        ),
    ),
    (
        "cache-hash-mismatch",
        (
            "ValueError: Incomplete or corrupted file detected. The md5 file hash does not match the "
            "provided value of abc."
        ),
    ),
    (
        "h5-truncated",
        ("OSError: Unable to open file (truncated file: eof = 94208, sblock->base_addr = 0, stored_eoa = 553482496)"),
    ),
    ("get-file-no-postcheck", "the file_hash is only checked for a cached file and never verified after download"),
]
