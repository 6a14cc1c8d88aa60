"""Pictures of answers and plots, written anew: what a page shows was made here, not handed in."""

import base64
import binascii
import hashlib
import io
import warnings
from typing import NamedTuple

KINDS = ("image/png", "image/jpeg", "image/gif", "image/webp")
MOST_BYTES = 30_000_000          # of a picture as it came
MOST_PIXELS = 50_000_000         # a larger one takes more memory than it is worth
SIDE = 1_800                     # pixels of the longer side that are kept
_LARGE = 400_000                 # bytes of a PNG that may be a photograph
_QUALITY = 88
_TOO_LARGE = f"it has more than {MOST_PIXELS:,} pixels"


class Unreadable(Exception):
    """A picture cannot be shown; the message is a clause that says why."""


class Picture(NamedTuple):
    """A file below typst's root, and its size in the pixels that it came with."""

    name: str
    width: int
    height: int


def decoded(text):
    """Return the bytes of a picture in base64; "" stands for one in another form. Raises Unreadable."""
    if not text:
        raise Unreadable("it is neither PNG nor JPEG")
    if len(text) > MOST_BYTES * 1.4:
        raise Unreadable(f"it has more than {MOST_BYTES // 1_000_000} MB")
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise Unreadable("it is damaged") from None


def write(content, folder):
    """Write a picture, PNG, JPEG, GIF or WebP, into a folder; returns the Picture. Raises Unreadable."""
    from PIL import Image, ImageOps

    if len(content) > MOST_BYTES:
        raise Unreadable(f"it has more than {MOST_BYTES // 1_000_000} MB")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image = Image.open(io.BytesIO(content), formats=("PNG", "JPEG", "GIF", "WEBP"))
            if image.width * image.height > MOST_PIXELS:
                raise Unreadable(_TOO_LARGE)
            size, is_photo = image.size, image.format == "JPEG"
            image.draft("RGB", (SIDE, SIDE))                           # a JPEG is made small while it is read
            image.thumbnail((SIDE, SIDE))
            upright = ImageOps.exif_transpose(image)
            size = size if (size[0] > size[1]) == (upright.width > upright.height) else size[::-1]
            made = _encoded(_flat(upright), is_photo)
    except Unreadable:
        raise
    except Image.DecompressionBombError:
        raise Unreadable(_TOO_LARGE) from None
    except Exception as error:           # of a reader of files that anyone made
        raise Unreadable(f"it is damaged ({type(error).__name__})") from None
    ending = "png" if made.startswith(b"\x89PNG") else "jpg"
    name = f"{hashlib.sha256(made).hexdigest()[:24]}.{ending}"
    (folder / name).write_bytes(made)
    return Picture(name, *size)


def _flat(image):
    """A picture without anything that shows through."""
    from PIL import Image

    if "A" in image.getbands() or "transparency" in image.info:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image.convert("RGB")


def _encoded(image, is_photo):
    made = {}
    for kind, how in (("PNG", {"compress_level": 6}), ("JPEG", {"quality": _QUALITY})):
        if kind == "JPEG" and (is_photo or len(made["PNG"]) > _LARGE) or kind == "PNG" and not is_photo:
            file = io.BytesIO()
            image.save(file, kind, **how)
            made[kind] = file.getvalue()
    return min(made.values(), key=len)
