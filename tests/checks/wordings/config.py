"""Messages about pipeline.config and label maps, each after its fault."""

from __future__ import annotations

WORDINGS = [
    (
        "config-smart-quotes",
        ("google.protobuf.text_format.ParseError: 5:9 : ' name: ”person”': Expected string but found: '”'"),
    ),
    (
        "config-bom-or-encoding",
        (
            'google.protobuf.text_format.ParseError: 1:1 : Message type "object_detection.protos.Stri'
            'ngIntLabelMap" has no field named "\ufeffitem".'
        ),
    ),
    (
        "config-unbalanced-brace",
        (
            'google.protobuf.text_format.ParseError: 99:1 : Message type "object_detection.protos.Tra'
            'inConfig" has no field named "train_input_reader".'
        ),
    ),
    ("labelmap-id-zero", "ValueError: Label map id 0 is reserved for the background label"),
    ("labelmap-id-quoted", "google.protobuf.text_format.ParseError: 2:7 : Couldn't parse integer: '1'"),
    (
        "config-unquoted-or-bad-path",
        ("google.protobuf.text_format.ParseError: 3:21 : Expected string but found: 'D'"),
    ),
    ("config-ckpt-version-missing", "ValueError: Checkpoint version should be V2"),
    (
        "config-wrong-file-kind",
        (
            'google.protobuf.text_format.ParseError: 1:1 : Message type "object_detection.protos.Trai'
            'nEvalPipelineConfig" has no field named "item".'
        ),
    ),
]
