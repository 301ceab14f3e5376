"""Keep small copies of the test images that show a finalist's mistakes."""

import hashlib

import msgspec

from training.data.prepare import PreparedData
from training.data.thumbnails import jpeg, small
from training.records import Example, Predictions, StudyFolder, examples_wanted, write_bytes


def with_examples(record: Predictions, data: PreparedData, folder: StudyFolder) -> Predictions:
    """Write the images that `examples_wanted` names, and name their files in the record.

    A file is named after its image's place in the test split and after its content, so that
    finalists share it and a changed data set never finds another one's.
    """
    pixels = data.pixels(data.record.image_size)
    examples = []
    for index in examples_wanted(record):
        picture = small(pixels[data.splits["test"][index]])
        content = jpeg(picture)
        digest = hashlib.blake2b(content, digest_size=4).hexdigest()
        file = f"thumbnails/test/{index:04d}-{digest}.jpg"
        if not (folder.path / file).is_file():
            write_bytes(folder.path / file, content)
        examples.append(Example(index, file, *picture.size))
    return msgspec.structs.replace(record, examples=examples)
