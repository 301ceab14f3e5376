"""Keep small copies of what a run's transforms make of a train picture."""

import hashlib

import torch
from msgspec import UNSET, UnsetType

from training.data.picture_transforms import PictureTransforms
from training.data.thumbnails import jpeg, small
from training.records import Spec, Thumbnail, write_bytes
from training.run.workspace import Workspace

N_ALTERED = 4


def altered_examples(spec: Spec, workspace: Workspace) -> tuple[Thumbnail, ...] | UnsetType:
    """Write a train picture and what transforms of torchvision make of it in some draws.

    Returns:
        The files; nothing for a run without such transforms.
    """
    if isinstance(spec.augmentation, str):
        return UNSET
    data = workspace.data
    rows = data.splits["train"]
    picture = torch.from_numpy(data.pixels(spec.image_size)[rows[len(rows) // 3]].copy())
    alike = picture[None].repeat(N_ALTERED, 1, 1, 1)
    generator = torch.Generator().manual_seed(spec.seed + 1)
    transforms = PictureTransforms(
        spec.augmentation, spec.image_size, workspace.options.code_folders
    )
    altered = transforms(alike, generator)
    kept = []
    for label, shown in [("original", picture), *(("altered", some) for some in altered)]:
        image = small(shown.numpy())
        content = jpeg(image)
        file = f"thumbnails/altered/{hashlib.blake2b(content, digest_size=8).hexdigest()}.jpg"
        if not (workspace.folder.path / file).is_file():
            write_bytes(workspace.folder.path / file, content)
        kept.append(Thumbnail(file, "augmentation", label, *image.size))
    return tuple(kept)
