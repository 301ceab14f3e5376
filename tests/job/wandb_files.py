"""What the files of Weights & Biases hold, read by their format: LevelDB's log of protobuf records.

github.com/google/leveldb/blob/main/doc/log_format.md
"""

import json
import struct
import time

BLOCK_BYTES = 32768
FILE_HEADER_BYTES, HEADER_BYTES = 7, 7
FULL, FIRST, MIDDLE, LAST = 1, 2, 3, 4


def parts(content):
    """Yield the records of a log, whole ones only."""
    at, record = FILE_HEADER_BYTES, b""
    while at + HEADER_BYTES <= len(content):
        left = BLOCK_BYTES - at % BLOCK_BYTES
        if left < HEADER_BYTES:
            at += left
            continue
        _, length, kind = struct.unpack("<IHB", content[at : at + HEADER_BYTES])
        at += HEADER_BYTES
        if at + length > len(content):
            return  # what is being written
        record += content[at : at + length]
        at += length
        if kind in (FULL, LAST):
            yield record
            record = b""


SECONDS_TO_END = 30
"""In which its service, a process of its own, writes the end of a run that is over."""


def read_file(file):
    """Return what the file of a run that is over says, as soon as its end is there."""
    begun = time.monotonic()
    while (found := read_now(file))["exit_code"] is None:
        assert time.monotonic() - begun < SECONDS_TO_END, f"{file} has no end"
        time.sleep(0.05)
    return found


def read_now(file):
    """Return a run's name and settings, its epochs, its summary, and how it ended."""
    from wandb.proto.wandb_internal_pb2 import Record

    found = {"config": {}, "history": [], "summary": {}, "exit_code": None, "others": set()}
    for each in parts(file.read_bytes()):
        record = Record()
        record.ParseFromString(each)
        kind = record.WhichOneof("record_type")
        if kind == "run":
            found |= {key: getattr(record.run, key) for key in ("project", "run_group", "run_id",
                                                               "display_name", "host")}  # fmt: skip
            found["config"] |= _values(record.run.config.update)
        elif kind == "history":
            found["history"].append(_values(record.history.item))
        elif kind == "summary":
            found["summary"] |= _values(record.summary.update)
        elif kind == "exit":
            found["exit_code"] = record.exit.exit_code
        else:
            found["others"].add(kind)
    return found


def _values(items):
    return {"/".join(item.nested_key) or item.key: json.loads(item.value_json) for item in items}
