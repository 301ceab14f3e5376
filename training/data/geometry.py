"""How an image of any size becomes a square: shorter side to a length, then a centre crop."""


def resize_size(image_size: int) -> int:
    """Return the shorter side before the centre crop: 256 for 224, in proportion for others."""
    return round(image_size * 256 / 224)


def resized(size: tuple[int, int], shorter: int) -> tuple[int, int]:
    """Return (width, height) after resizing the shorter side, as torchvision's `Resize` does."""
    width, height = size
    if width <= height:
        return shorter, max(shorter, int(shorter * height / width))
    return max(shorter, int(shorter * width / height)), shorter


def centre_box(size: tuple[int, int], side: int) -> tuple[int, int, int, int]:
    """Return (left, top, right, bottom) of the centre square, as torchvision's `CenterCrop`."""
    width, height = size
    left, top = round((width - side) / 2), round((height - side) / 2)
    return left, top, left + side, top + side
