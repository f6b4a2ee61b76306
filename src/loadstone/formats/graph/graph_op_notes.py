"""What a person should know of a graph's operations before running it: those that reach out of the graph.

What it is: names. Most graphs compute and nothing else; an operation that opens files, the network or Python is said.
What it is not: a judgement. Savers (`SaveV2`, `RestoreV2`) and tables filled from assets are in most SavedModels and
are not told. Which operations touch what: tensorflow/core/kernels.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from loadstone.formats.graph.graph_ops import Ops

READS = frozenset(
    {
        *("ReadFile", "MatchingFiles", "ImmutableConst"),
        *("WholeFileReader", "WholeFileReaderV2", "TextLineReader", "TextLineReaderV2", "TFRecordReader"),
        *("TFRecordReaderV2", "FixedLengthRecordReader", "FixedLengthRecordReaderV2", "LMDBReader"),
        *("TFRecordDataset", "TFRecordDatasetV2", "TextLineDataset", "FixedLengthRecordDataset"),
        *("FixedLengthRecordDatasetV2", "CSVDataset", "CSVDatasetV2", "MatchingFilesDataset", "SqlDataset"),
        *("ExperimentalSqlDataset", "LMDBDataset", "ExperimentalLMDBDataset", "LoadDataset", "LoadDatasetV2"),
        *("SSTableReader", "LoadAndRemapMatrix", "GenerateVocabRemapping"),
        *("ExperimentalCSVDataset", "ExperimentalMatchingFilesDataset", "SnapshotChunkDataset"),
        *("ListSnapshotChunksDataset", "SnapshotDatasetReader", "SnapshotNestedDatasetReader"),
    }
)
WRITES = frozenset(
    {
        *("WriteFile", "SaveDataset", "SaveDatasetV2", "SnapshotDataset", "SnapshotDatasetV2"),
        *("DatasetToTFRecord", "ExperimentalDatasetToTFRecord", "CreateSummaryFileWriter"),
        *("CreateSummaryDbWriter", "DumpTensor", "DebugIdentity", "DebugIdentityV2", "DebugIdentityV3"),
        *("DistributedSave", "DebugNumericSummary", "DebugNanCount"),
    }
)
NETWORK = frozenset(
    {
        *("RpcCall", "RpcClient", "RpcServer", "RpcServerStart", "DataServiceDataset", "DataServiceDatasetV2"),
        *("DataServiceDatasetV3", "DataServiceDatasetV4", "RegisterDataset", "RegisterDatasetV2"),
        *("BigQueryReader", "GenerateBigQueryReaderPartitions", "FileSystemSetConfiguration"),
        *("CollectiveInitializeCommunicator", "WorkerHeartbeat"),
    }
)
PYTHON = frozenset({"PyFunc", "PyFuncStateless", "EagerPyFunc"})

KINDS = (
    (READS, "this graph can read files when it runs"),
    (WRITES, "this graph can write files when it runs"),
    (NETWORK, "this graph can open network connections when it runs"),
    (PYTHON, "this graph calls Python functions, which the file does not hold"),
)


def op_notes(ops: Ops) -> list[str]:
    """Return the notes on a graph's operations: those that reach out of it, and graphs inside constants."""
    return [*reach_notes(ops.counts), *_nested(ops)]


def reach_notes(counts: Mapping[str, int]) -> Iterator[str]:
    """Yield a note for each kind of thing outside the graph that its operations can touch, naming them."""
    for kind, words in KINDS:
        if found := sorted(kind & counts.keys()):
            yield f"{words}: {', '.join(found)}"


def _nested(ops: Ops) -> Iterator[str]:
    if ops.hosts:
        verb = "constant holds" if len(ops.hosts) == 1 else "constants hold"
        yield f"{len(ops.hosts)} {verb} a whole graph as a string; its operations are counted, too"
