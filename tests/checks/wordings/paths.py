"""Messages about paths, each after its fault."""

from __future__ import annotations

WORDINGS = [
    ("path-wrong-or-missing", "OSError: No file or directory found at model.h5"),
    (
        "path-wrong-or-missing",
        (
            "FileNotFoundError: [Errno 2] Unable to open file (unable to open file: name = 'w.h5', er"
            "rno = 2, error message = 'No such file or directory', flags = 0, o_flags = 0)"
        ),
    ),
    (
        "path-wrong-or-missing",
        ("OSError: SavedModel file does not exist at: my_model.h5/{saved_model.pbtxt|saved_model.pb}"),
    ),
    (
        "path-wrong-or-missing",
        (
            "tensorflow.python.framework.errors_impl.NotFoundError: NewRandomAccessFile failed to Cre"
            "ate/Open: training/pipeline.config : The system cannot find the file specified."
        ),
    ),
    (
        "ckpt-path-is-shard-file",
        (
            "DataLossError: Unable to open table file ckpt/model.ckpt-3.data-00000-of-00001: DATA_LOS"
            "S: not an sstable (bad magic number): perhaps your file is in a different file format"
        ),
    ),
    (
        "ckpt-path-is-state-file",
        (
            "W tensorflow/core/util/tensor_slice_reader.cc:95] Could not open m/checkpoint: DATA_LOSS"
            ": not an sstable (bad magic number)"
        ),
    ),
    (
        "ckpt-prefix-not-found",
        (
            "NotFoundError: Unsuccessful TensorSliceReader constructor: Failed to find any matching f"
            "iles for m/model.ckpt"
        ),
    ),
    ("ckpt-prefix-not-found", "ValueError: The passed save_path is not a valid checkpoint: ./model/m.ckpt"),
    ("ckpt-prefix-not-found", "ValueError: Can't load save_path when it is None."),
    (
        "path-is-directory",
        (
            "OSError: Unable to open file (unable to open file: name = 'mymodel', errno = 21, error m"
            "essage = 'Is a directory', flags = 0, o_flags = 0)"
        ),
    ),
    ("path-is-directory", "IsADirectoryError: [Errno 21] Is a directory: 'x/model'"),
    ("path-is-directory", "FailedPreconditionError: training/; Is a directory"),
    (
        "path-missing-masked-unicode",
        ("UnicodeDecodeError: 'utf-8' codec can't decode byte 0xd5 in position 99: invalid continuation byte"),
    ),
    (
        "ckpt-path-is-shard-file",
        (
            "Could not open ./checkpoints/V.ckpt.data-00000-of-00001: Data loss: not an sstable (bad "
            "magic number): perhaps your file is in a different file format and you need to use a dif"
            "ferent restore operator?"
        ),
    ),
    ("path-wrong-or-missing", "IOError: [Errno 2] No such file or directory: 'data/mscoco_label_map.pbtxt'"),
]
