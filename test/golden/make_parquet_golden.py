"""Writes Parquet files as pyarrow makes them, and what is in them: `python test/golden/make_parquet_golden.py`."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

OUT = Path(__file__).parent / "data" / "parquet"

# Rows of every type that is read, with nulls wherever one may be; in three row groups.
TYPES = pa.schema(
    [
        ("text", pa.string()),
        ("again", pa.string()),
        ("integer", pa.int64()),
        ("small", pa.int8()),
        ("unsigned", pa.uint32()),
        ("double", pa.float64()),
        ("float", pa.float32()),
        ("flag", pa.bool_()),
        ("words", pa.list_(pa.string())),
        ("numbers", pa.list_(pa.int32())),
        ("nested", pa.list_(pa.list_(pa.int64()))),
        ("struct", pa.struct([("name", pa.string()), ("count", pa.int64())])),
        ("spans", pa.list_(pa.struct([("start", pa.int32()), ("label", pa.string())]))),
    ]
)
ROWS = [
    {
        "text": None if row == 3 else f"a text, number {row}: é 😀 \u2028",
        "again": ["x", "y", None][row % 3],
        "integer": None if row == 5 else 2**40 * (row - 2),
        "small": row - 3,
        "unsigned": 2**32 - 1 - row,
        "double": None if row == 1 else row / 3,
        "float": row / 4,
        "flag": [True, False, None][row % 3],
        "words": [None, [], ["one"], ["Anna", None, ""]][row % 4],
        "numbers": list(range(row)),
        "nested": [[[1, 2], []], None, [[], [3]], []][row % 4],
        "struct": None if row == 2 else {"name": None if row == 4 else f"n{row}", "count": row},
        "spans": [[], [{"start": row, "label": "A"}, {"start": None, "label": "B"}], None][row % 3],
    }
    for row in range(7)
]

COMPRESSED = ["text", "again", "numbers"]
FILES = {
    "types": {"compression": "none"},
    "second-form": {"compression": "zstd", "data_page_version": "2.0"},
    "encodings": {
        "compression": "snappy",
        "use_dictionary": False,
        "column_encoding": {
            "text": "DELTA_BYTE_ARRAY",
            "again": "DELTA_LENGTH_BYTE_ARRAY",
            "integer": "DELTA_BINARY_PACKED",
            "small": "DELTA_BINARY_PACKED",
            "double": "BYTE_STREAM_SPLIT",
        },
    },
}


def class_label(*names):
    return {"names": list(names), "_type": "ClassLabel"}


# What the library datasets writes beside a table, in its own form of metadata.
STRING = {"dtype": "string", "_type": "Value"}
FEATURES = {
    "text": STRING,
    "label": class_label("World", "Sports", "Business"),
    "tokens": {"feature": STRING, "_type": "Sequence"},
    "ner_tags": {"feature": class_label("O", "B-PER", "I-PER"), "_type": "Sequence"},
    "pos_tags": {"feature": class_label("NOUN", "VERB"), "_type": "List"},
    "old": [class_label("no", "yes")],
    "spans": {"feature": {"start": {"dtype": "int32", "_type": "Value"}, "kind": class_label("A", "B")}, "_type": "Sequence"},
    "struct": {"kind": class_label("C", "D")},
}
LABELLED = pa.schema(
    [
        ("text", pa.string()),
        ("label", pa.int64()),
        ("tokens", pa.list_(pa.string())),
        ("ner_tags", pa.list_(pa.int64())),
        ("pos_tags", pa.list_(pa.int64())),
        ("old", pa.list_(pa.int64())),
        ("spans", pa.struct([("start", pa.list_(pa.int32())), ("kind", pa.list_(pa.int64()))])),
        ("struct", pa.struct([("kind", pa.int64())])),
    ],
    metadata={"huggingface": json.dumps({"info": {"features": FEATURES}})},
)
LABELLED_ROWS = [
    {
        "text": text,
        "label": label,
        "tokens": text.split(),
        "ner_tags": [index % 3 for index, _ in enumerate(text.split())],
        "pos_tags": [index % 2 for index, _ in enumerate(text.split())],
        "old": [label % 2],
        "spans": {"start": [0, 1], "kind": [1, 0]},
        "struct": {"kind": 1},
    }
    for text, label in [("Anna Smith left", 0), ("two all", 1), ("shares fell", 2), ("not known", -1)]
]

REVIEWS = pa.schema(
    [("text", pa.string()), ("label", pa.int64())],
    metadata={
        "huggingface": json.dumps({"info": {"features": {"text": STRING, "label": class_label("negative", "positive")}}})
    },
)
TEXTS = ["a good film", "a bad film", "the movie is fine", "it was not good"]
REVIEWS_ROWS = [{"text": text, "label": (row + 1) % 2} for row, text in enumerate(TEXTS)]

SQUAD = pa.schema(
    [
        ("id", pa.string()),
        ("context", pa.string()),
        ("question", pa.string()),
        ("answers", pa.struct([("text", pa.list_(pa.string())), ("answer_start", pa.list_(pa.int32()))])),
    ]
)
SQUAD_ROWS = [
    {
        "id": "1",
        "context": "😀 Ada wrote it in 1843.",
        "question": "Who?",
        "answers": {"text": ["Ada", "Ada wrote"], "answer_start": [2, 2]},
    },
    {"id": "2", "context": "Ada wrote it.", "question": "Where?", "answers": {"text": [], "answer_start": []}},
]


def write(name, rows, schema, **settings):
    rows = [{field: row[field] for field in schema.names} for row in rows]
    table = pa.Table.from_pylist(rows, schema=schema)
    pq.write_table(table, OUT / f"{name}.parquet", write_statistics=False, **settings)


OUT.mkdir(exist_ok=True)
for name, settings in FILES.items():
    write(name, ROWS, TYPES, row_group_size=3, store_schema=False, **settings)
few = pa.schema([TYPES.field(name) for name in COMPRESSED])
for codec in ["none", "snappy", "gzip", "brotli", "zstd", "lz4"]:
    write(codec, ROWS, few, row_group_size=3, store_schema=False, compression=codec)
write("class-labels", LABELLED_ROWS, LABELLED, compression="snappy")
write("reviews", REVIEWS_ROWS, REVIEWS, compression="snappy")
write("squad", SQUAD_ROWS, SQUAD, compression="zstd", store_schema=False)
expected = {"versions": {"pyarrow": pa.__version__}, "types": ROWS, "classLabels": LABELLED_ROWS, "squad": SQUAD_ROWS}
(OUT / "rows.json").write_text(json.dumps(expected, ensure_ascii=False, indent=1) + "\n")
