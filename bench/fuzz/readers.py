"""Everything that reads what comes from outside, each with whole examples to damage.

A reader gets a folder of its own with the damaged content in it. It may return, or raise one of the
project's own errors.
"""

import atexit
import contextlib
import functools
import gzip
import hashlib
import io
import json
import os
import shutil
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).parent.parent.parent
EXAMPLE = REPOSITORY / "runs" / "example"
STUDY_FILE = REPOSITORY / "docs" / "examples" / "efficientnet_lite0.toml"
STUDY_FILES = (REPOSITORY / "docs" / "examples" / "efficientnet_lite0.toml",)


@dataclass(frozen=True)
class Reader:
    """A reader under test.

    Attributes:
        seeds: Makes whole examples; called once.
        read: Reads a damaged one; given its bytes and an empty folder.
        tokens: What is put into the bytes now and then.
    """

    seeds: Callable[[], list[bytes]]
    read: Callable[[bytes, Path], object]
    tokens: tuple[bytes, ...] = ()


def _put(content: bytes, file: Path) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    return file


def _study_seeds() -> list[bytes]:
    made = b"""name = "mine"
title = "A title"
author = "N. N."
preset = "quick"
data = "sample"
[settings]
epochs = 3
batch_size = 16
learning_rates = [0.1, 0.01]
width = 0.25
[experiments."scratch/baseline"]
epochs = 5
optimizer = "adam"
[experiments."beyond/mine"]
model = "torchvision:resnet18"
[report]
sections = ["introduction", "data"]
leave_out = ["references"]
[[report.extra]]
after = "data"
title = "My section"
markdown = "Some **text** with [a link](https://example.org) and `code`."
"""
    return [made, STUDY_FILE.read_bytes()]


def _read_study(content: bytes, folder: Path) -> object:
    from training.study import build_study, read_study_file

    file = read_study_file(_put(content, folder / "study.toml"))
    return build_study(None, file, {}, None, None)


def _list_seeds() -> list[bytes]:
    return [
        b"".join(b"%s/%d.jpg\n" % (name, i) for name in (b"ant", b"bee") for i in range(6)),
        "\ufeffant/0.jpg\r\n./bee/1.jpg\r\nbee\\2.jpg\r\n\r\nBACKGROUND_Google/x.jpg\r\n".encode(),
    ]


def _read_lists(content: bytes, folder: Path) -> object:
    from training.data.index import Index
    from training.data.splits import split

    names = [f"{name}/{i}.jpg" for name in ("ant", "bee") for i in range(9)]
    lists = (_put(content, folder / "train.txt"),
             _put(b"ant/6.jpg\nant/7.jpg\nbee/6.jpg\n", folder / "test.txt"))  # fmt: skip
    index = Index(folder, ("ant", "bee"), tuple(names), tuple([0] * 9 + [1] * 9), lists, (), 0, ())
    return split(index, None, 0)


RUN = "transfer/best/seed-0"
RECORD_FILES = {
    b'"experiments"': "study.json",
    b'"classes"': "dataset.json",
    b'"train_loss"': f"{RUN}/curves.json",
    b'"predicted"': f"{RUN}/predictions.json",
    b'"spec"': f"{RUN}/metrics.json",
}
"""What tells a record, damaged as it may be, to its file in the example."""


def _record_seeds() -> list[bytes]:
    return [(EXAMPLE / name).read_bytes() for name in RECORD_FILES.values()]


def _file_of(content: bytes) -> str:
    return next((name for key, name in RECORD_FILES.items() if key in content), "study.json")


def _read_record(content: bytes, folder: Path) -> object:
    from training.records import RECORD_TYPES, read

    name = _file_of(content).rpartition("/")[2]
    return read(_put(content, folder / name), RECORD_TYPES[name])


def _scores() -> tuple[bytes, Any]:
    import numpy as np

    from training.records import encode_scores

    even = np.array([0, 1, 2]), np.log(np.full((3, 3), 1 / 3))
    found = encode_scores(even, even)
    assert found is not None
    return found


def _scores_seeds() -> list[bytes]:
    return [_scores()[0]]


def _read_scores(content: bytes, folder: Path) -> object:
    """Read a file of scores whose record vouches for it, damaged as it is."""
    import hashlib

    import msgspec

    from training.records import read_scores

    digest = hashlib.sha256(content).hexdigest()
    kept = msgspec.structs.replace(_scores()[1], sha256=digest)
    return read_scores(_put(content, folder / "scores.npy"), kept)


def _read_study_records(content: bytes, folder: Path) -> object:
    """Load a whole study, one of whose records is damaged, and describe it as a report does."""
    from report.evidence.load import load_study
    from report.sections import SECTIONS, section_view

    for name in RECORD_FILES.values():
        _put((EXAMPLE / name).read_bytes(), folder / "study" / name)
    _put(content, folder / "study" / _file_of(content))
    view = load_study(folder / "study")
    return [section_view(slug, view) for slug in SECTIONS]


def _table_seeds() -> list[bytes]:
    rows = [f"{name}/{i}.jpg,{name}" for name in ("ant", "bee") for i in range(4)]
    divided = [f"{row},{split}" for row, split in zip(rows, ("train", "val") * 4, strict=True)]
    quoted = [row.replace(",", '","') for row in rows]
    return [
        "\n".join(["path,label", *rows]).encode(),
        "\r\n".join(["File,Class,Set", *divided, ""]).encode(),
        "\n".join(["\ufefflabel,path,note", *(f'bee,bee/{i}.jpg,"a ""b"""' for i in range(2)),
                   *(f"ant,ant/{i}.jpg," for i in range(2))]).encode(),
        "\n".join(["path,label", *(f'"{row}"' for row in quoted)]).encode(),
    ]  # fmt: skip


def _read_table(content: bytes, folder: Path) -> object:
    from training.data.layouts import index_pictures
    from training.data.splits import split

    for name in ("ant", "bee"):
        for i in range(4):
            _put(b"", folder / name / f"{i}.jpg")
    return split(index_pictures(_put(content, folder / "pictures.csv")), None, 0)


def _tree_seeds() -> list[bytes]:
    """Lists of paths that a data folder is made of."""
    plain = [f"{name}/{i}.jpg" for name in ("ant", "bee") for i in range(3)]
    whole = [f"{place}/{path}" for place in ("train", "val", "test") for path in plain]
    more = [*whole, "Train/ant/9.jpg", "notes/x.txt", "train/.hidden/1.jpg"]
    return ["\n".join(lines).encode() for lines in (whole, plain, more)]


def _read_tree(content: bytes, folder: Path) -> object:
    from training.data.layouts import index_pictures
    from training.data.splits import split

    root = folder / "pictures"
    root.mkdir()
    for line in content.split(b"\n"):
        path = Path(os.fsdecode(line.replace(b"\0", b"")))
        if not path.is_absolute() and ".." not in path.parts and len(path.parts) < 50:
            with contextlib.suppress(OSError):  # what the file system itself refuses
                _put(b"", root / path)
    return split(index_pictures(root), None, 0)


def _kept_seeds() -> list[bytes]:
    spec = {
        "model": "resnet18", "head": [4], "width": 0.0625, "weights": "none", "weights_digest": "",
        "freeze": "none", "augmentation": "none", "normalisation": "dataset", "mean": None,
        "std": None, "image_size": 32, "resize_size": 36, "optimizer": "sgd", "learning_rate": 0.1,
        "momentum": 0.9, "weight_decay": 0.0, "step_size": 1, "gamma": 0.1, "epochs": 1,
        "batch_size": 2, "seed": 0,
    }  # fmt: skip
    about = {
        "format": 1, "id": "beyond/resnet18", "seed": 0, "spec": spec, "classes": ["ant", "bee"],
        "mean": [0.5, 0.5, 0.5], "std": [0.2, 0.2, 0.2], "dataset_fingerprint": "0" * 32,
    }  # fmt: skip
    return [json.dumps(about).encode()]


@functools.cache
def _kept_tensors() -> dict[str, Any]:
    from training.networks.build import build

    return dict(build("resnet18", 2, (4,), 0.0625).module.state_dict())


def _read_kept(content: bytes, folder: Path) -> object:
    """Load a network whose description is damaged, behind a checksum that is right, and use it."""
    from PIL import Image

    from training.engine.tensor_files import save_tensors
    from training.weights.saved_network import classify, load_kept

    file = folder / "model.pt"
    about = content.decode(errors="replace")
    save_tensors(file, {"about": about, "tensors": _kept_tensors()})
    kept = load_kept(file)
    Image.new("RGB", (40, 30)).save(folder / "picture.png")
    return list(classify(kept, [folder / "picture.png"]))


def _weights_seeds() -> list[bytes]:
    import torch

    state = {"features.0.weight": torch.ones(2, 3, 3, 3), "classifier.bias": torch.zeros(4)}
    found = []
    for content in (state, {"state_dict": state, "epoch": 3}):
        for old in (False, True):
            file = io.BytesIO()
            torch.save(content, file, _use_new_zipfile_serialization=not old)
            found.append(file.getvalue())
    header = json.dumps({"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}).encode()
    found.append(len(header).to_bytes(8, "little") + header + bytes(8))
    return found


def _read_weights(content: bytes, folder: Path) -> object:
    from training.weights.load import read_state

    suffix = ".safetensors" if b'"dtype"' in content[:60] else ".pth"
    return read_state(_put(content, folder / f"weights{suffix}"))


def _checkpoint_seeds() -> list[bytes]:
    import torch

    file = io.BytesIO()
    torch.save({"module": {"weight": torch.ones(3)}, "order": [1, 2], "totals": 0.5}, file)
    return [file.getvalue()]


def _read_checkpoint(content: bytes, folder: Path) -> object:
    """Read with a checksum that is right half of the time, so that what lies behind it is met."""
    from training.engine.tensor_files import MAGIC, load_tensors

    right = len(content) % 2 == 0
    digest = hashlib.sha256(content).digest() if right else bytes(32)
    return load_tensors(_put(MAGIC + digest + content, folder / "checkpoint"))


def _archive_seeds() -> list[bytes]:
    from training.data.index import CALTECH_FOLDER

    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as tar:
        for name in ("ant/1.jpg", "bee/1.jpg"):
            entry = tarfile.TarInfo(f"{CALTECH_FOLDER}/{name}")
            entry.size = 40
            tar.addfile(entry, io.BytesIO(bytes(40)))
    packed = gzip.compress(plain.getvalue(), mtime=0)
    outer = io.BytesIO()
    with zipfile.ZipFile(outer, "w") as archive:
        archive.writestr(f"caltech-101/{CALTECH_FOLDER}.tar.gz", packed)
    return [plain.getvalue(), packed, outer.getvalue()]


def _read_archive(content: bytes, folder: Path) -> object:
    from training.data.download import _unpack_download
    from training.errors import DataError

    archive, target = _put(content, folder / "archive"), folder / "unpacked"
    try:
        return _unpack_download(archive, target, "its address", None)
    except DataError:
        left = sorted(path.name for path in folder.iterdir() if path != archive)
        if left:
            raise AssertionError(f"left behind: {left}") from None
        raise


def _packed_data_seeds() -> list[bytes]:
    """Archives of a folder of classes: a zip, packed and stored, and a tar, plain and packed."""
    names = ("a/ant/1.jpg", "a/bee/1.jpg")
    found = []
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w", method) as archive:
            for name in names:
                archive.writestr(name, bytes(40))
        found.append(content.getvalue())
    for mode in ("w", "w:gz", "w:xz"):
        content = io.BytesIO()
        with tarfile.open(fileobj=content, mode=mode) as tar:  # type: ignore[call-overload]
            for name in names:
                entry = tarfile.TarInfo(name)
                entry.size = 40
                tar.addfile(entry, io.BytesIO(bytes(40)))
        found.append(content.getvalue())
    return found


def _read_packed_data(content: bytes, folder: Path) -> object:
    """Unpack a data set's archive; nothing may lie outside the folder it is unpacked into."""
    from training.errors import DataError
    from training.records.archives import ArchiveError, unpack

    archive, target = _put(content, folder / "archive"), folder / "unpacked"
    target.mkdir()
    try:
        unpack(archive, target)
    except ArchiveError as error:
        raise DataError(str(error)) from error
    finally:
        if {path.name for path in folder.iterdir()} != {"archive", "unpacked"}:
            raise AssertionError("something lies outside")
    return target


def _picture_seeds() -> list[bytes]:
    from PIL import Image

    found = []
    kinds = (
        ("JPEG", "RGB"), ("JPEG", "CMYK"), ("PNG", "RGBA"), ("PNG", "P"), ("PNG", "I;16"),
        ("GIF", "P"), ("BMP", "RGB"), ("WEBP", "RGB"), ("TIFF", "L"), ("PPM", "RGB"),
    )  # fmt: skip
    for name, mode in kinds:
        file = io.BytesIO()
        grey = Image.linear_gradient("L").resize((24, 16))
        picture = Image.new(mode, grey.size) if mode == "I;16" else grey.convert(mode)
        picture.save(file, name)
        found.append(file.getvalue())
    return found


def _read_picture(content: bytes, folder: Path) -> object:
    from training.data.decode import UnreadableError, crop, open_picture, resize
    from training.errors import DataError

    try:
        opened = open_picture(_put(content, folder / "picture.jpg"))
        return crop(resize(opened.image, 16), 16).size
    except UnreadableError as error:  # what `homework data check` lists
        raise DataError(str(error)) from error


def _html_seeds() -> list[bytes]:
    page = (
        b'<!doctype html><html lang="en"><head><meta name="homework-records" '
        b'content="{&quot;study.json&quot;: &quot;0123456789abcdef&quot;}"></head><body>'
        b'<section id="transfer"><p class="finding">It is <data value="0.5" '
        b'data-source="transfer/best/seed-0/metrics.json#/test/accuracy">50.0 %</data> of '
        b'<data value="412" data-source="dataset.json#/n_images/test">412</data>.</p></section>'
        b"</body></html>"
    )
    return [page]


def _read_report(content: bytes, folder: Path) -> object:
    from report.verify.report import verify_report

    return verify_report(_put(content, folder / "report.html"), lambda _: _small_study())


@functools.cache
def _small_study() -> Path:
    """Return a study of one run: the page that a report is held against is made soon."""
    place = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    for name in RECORD_FILES.values():
        _put((EXAMPLE / name).read_bytes(), Path(place) / "example" / name)
    return Path(place) / "example"


def _manifest_seeds() -> list[bytes]:
    from report.audit.manifest import make_manifest
    from report.audit.rendering import Rendering
    from training import __version__

    rendering = Rendering(homework=__version__, study="example")
    return [make_manifest(_html_seeds()[0].decode(), "example", rendering)]


def _read_manifest(content: bytes, folder: Path) -> object:
    from report.audit.manifest import read_manifest

    return read_manifest(content)


def _packed_seeds() -> list[bytes]:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("study.json", "transfer/best/seed-0/metrics.json"):
            archive.writestr(f"example/{name}", (EXAMPLE / name).read_bytes())
    return [packed.getvalue()]


def _read_packed(content: bytes, folder: Path) -> object:
    from report.audit.manifest import unpack_records

    return unpack_records(content, folder)


def _pdf_seeds() -> list[bytes]:
    from pypdf import PdfWriter

    writer = PdfWriter()
    writer.add_blank_page(200, 200)
    writer.add_attachment("manifest.json", _manifest_seeds()[0])
    writer.add_attachment("records.zip", _packed_seeds()[0])
    file = io.BytesIO()
    writer.write(file)
    return [file.getvalue()]


def _read_pdf(content: bytes, folder: Path) -> object:
    from report.audit.read_pdf import read_pdf

    return read_pdf(_put(content, folder / "report.pdf"))


READERS: dict[str, Reader] = {
    "study file": Reader(_study_seeds, _read_study, (b"[", b"[[", b'"""', b"\xff", b" = ", b"inf")),
    "picture lists": Reader(_list_seeds, _read_lists, (b"\n", b"../", b"ant/0.jpg\n", b"\xff")),
    "record": Reader(_record_seeds, _read_record, (b"null", b"1e999", b'"', b"}")),
    "scores": Reader(_scores_seeds, _read_scores, (b"|O", b"\x00\x7c", b"\x00\xfe", b"\x93NUMPY")),
    "study of records": Reader(_record_seeds, _read_study_records, (b"null", b"1e999", b"0")),
    "weights": Reader(_weights_seeds, _read_weights, (b"cos\nsystem\n", b"R", b".", b"PK\x03\x04")),
    "checkpoint": Reader(_checkpoint_seeds, _read_checkpoint, (b"cos\nsystem\n", b"R", b".")),
    "table": Reader(_table_seeds, _read_table, (b",", b'"', b"\n", b"../", b"\xff", b"\0")),
    "folders": Reader(_tree_seeds, _read_tree, (b"\n", b"/", b"train/", b"test/", b"\xff")),
    "kept network": Reader(_kept_seeds, _read_kept, (b"null", b"1e999", b"timm:", b"1000000")),
    "archive": Reader(_archive_seeds, _read_archive, (b"../", b"/", b"\x00", b"PK\x01\x02")),
    "packed data": Reader(_packed_data_seeds, _read_packed_data, (b"../", b"/", b"\0", b"PK\1\2")),
    "picture": Reader(_picture_seeds, _read_picture, (b"\xff\xd8", b"\xff\xc0", b"IHDR", b"GIF8")),
    "report, HTML": Reader(_html_seeds, _read_report, (b"<data", b"</", b"#/", b"1e999")),
    "manifest": Reader(_manifest_seeds, _read_manifest, (b"null", b"[", b"{")),
    "attached records": Reader(_packed_seeds, _read_packed, (b"../", b"PK\x05\x06", b"\x00")),
    "report, PDF": Reader(_pdf_seeds, _read_pdf, (b"obj", b"endobj", b"stream", b"<<", b"/Kids")),
}  # fmt: skip
"""By name."""
