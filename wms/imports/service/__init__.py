"""The verbs of imports: take a file in, say what its columns mean, judge, answer, apply."""

from wms.imports.service.runs import (
    Judging,
    Upload,
    answer,
    apply_part,
    apply_whole,
    begin,
    drop,
    fail,
    finish,
    judge,
    map_columns,
    read_anew,
    take_in,
)

__all__ = [
    "Judging", "Upload", "answer", "apply_part", "apply_whole", "begin", "drop", "fail", "finish", "judge", "map_columns",
    "read_anew", "take_in",
]  # fmt: skip
