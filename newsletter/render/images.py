"""An editor's picture made fit for mail: decoded, turned upright, sized, and written anew.

What comes out holds nothing but pixels: no camera's notes, no scripts, nothing that merely looked
like a picture. The same bytes in give the same bytes out. Called in a child process (isolation).
"""

from __future__ import annotations

import hashlib
import io
import warnings
from typing import TYPE_CHECKING

from PIL import Image, ImageCms, ImageOps, ImageSequence, UnidentifiedImageError

from newsletter.domain.picture import Picture
from newsletter.errors import RenderError

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

LARGEST_FILE = 20 * 1024**2
"""Bytes of a picture as an editor has it."""

LARGEST_ANIMATION = 1024**2
"""Bytes of an animated picture as readers get it."""

MOST_PIXELS = 50_000_000
RETINA = 2
"""Pixels of the file for one pixel of the page, where the picture has so many."""

_FORMATS = ("PNG", "JPEG", "GIF", "WEBP")
_ENDINGS = {"PNG": "png", "JPEG": "jpg", "GIF": "gif"}
_QUALITY = 82


def prepare(data: bytes, column: int) -> tuple[Picture, bytes]:
    """The picture for a column so many CSS pixels wide, and the bytes of its file.

    It is never blown up. RenderError for what is no PNG, JPEG, GIF or WebP, is cut short, or would
    fill the memory.
    """
    if len(data) > LARGEST_FILE:
        raise RenderError(f"the picture is larger than {LARGEST_FILE // 1024**2} MB; shrink it")
    source = _opened(data)
    try:
        kind, content, size = _written(source, column)
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise RenderError("the picture is damaged; export it again") from error
    width = min(column, size[0])
    name = f"{hashlib.sha256(content).hexdigest()[:20]}.{_ENDINGS[kind]}"
    height = max(1, round(size[1] * width / size[0]))
    return Picture(name, width, height, len(content)), content


def _opened(data: bytes) -> ImageFile:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # Pillow only warns of a picture too large
            source = Image.open(io.BytesIO(data), formats=_FORMATS)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError):
        raise RenderError("is no PNG, JPEG, GIF or WebP picture; export it as one") from None
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise _too_many_pixels() from None
    if source.width * source.height > MOST_PIXELS:
        raise _too_many_pixels()
    return source


def _too_many_pixels() -> RenderError:
    return RenderError(f"the picture has more than {MOST_PIXELS:,} pixels; shrink it")


def _written(source: ImageFile, column: int) -> tuple[str, bytes, tuple[int, int]]:
    """Format, bytes, and width and height of the upright original."""
    if source.format in {"GIF", "WEBP"} and getattr(source, "n_frames", 1) > 1:
        return "GIF", _animation(source, column), source.size
    upright = ImageOps.exif_transpose(_in_srgb(source))
    picture = _sized(upright, column)
    if _is_photograph(source, picture):
        return "JPEG", _saved(picture.convert("RGB"), "JPEG", quality=_QUALITY), upright.size
    return "PNG", _saved(picture, "PNG", optimize=True), upright.size


def _is_photograph(source: ImageFile, picture: Image.Image) -> bool:
    """JPEG shows photographs; it has no transparency, and smears letters and lines."""
    if picture.mode == "RGBA" and picture.getchannel("A").getextrema() != (255, 255):
        return False
    return source.format in {"JPEG", "MPO", "WEBP"}  # MPO: a phone's JPEG of several


def _in_srgb(source: Image.Image) -> Image.Image:
    """Colours as every screen understands them; without a profile they are taken for sRGB."""
    profile = source.info.get("icc_profile")
    mode = "RGBA" if source.mode in {"RGBA", "LA", "PA"} or "transparency" in source.info else "RGB"
    if profile and source.mode in {"RGB", "RGBA", "CMYK", "L"}:
        try:
            converted = ImageCms.profileToProfile(
                source if source.mode != "L" else source.convert("RGB"),
                ImageCms.ImageCmsProfile(io.BytesIO(profile)),
                ImageCms.createProfile("sRGB"),
                outputMode=mode if source.mode == "RGBA" else "RGB",
            )
        except ImageCms.PyCMSError:
            return source.convert(mode)
        if converted is not None:
            converted.info["exif"] = source.info.get("exif", b"")
            return converted
    return source.convert(mode)


def _sized(picture: Image.Image, column: int) -> Image.Image:
    most = column * RETINA
    if picture.width <= most:
        return picture
    height = max(1, round(picture.height * most / picture.width))
    return picture.resize((most, height), Image.Resampling.LANCZOS)


def _animation(source: ImageFile, column: int) -> bytes:
    """Every frame, at the width of the column: twice that would be four times the bytes."""
    frames, durations = [], []
    for frame in ImageSequence.Iterator(source):
        durations.append(frame.info.get("duration", 100))
        frames.append(_narrow(frame.convert("RGBA"), column))
    content = _saved(
        frames[0],
        "GIF",
        save_all=True,
        append_images=frames[1:],
        duration=durations,
        loop=0,
        disposal=2,
    )
    if len(content) > LARGEST_ANIMATION:
        raise RenderError(
            f"the animated picture would weigh {len(content) // 1024:,} kB; readers on a phone "
            f"wait for more than {LARGEST_ANIMATION // 1024:,} kB; make it shorter or smaller"
        )
    return content


def _narrow(frame: Image.Image, column: int) -> Image.Image:
    if frame.width <= column:
        return frame
    return frame.resize((column, max(1, round(frame.height * column / frame.width))))


def _saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    """The file, without anything the original carried beside its pixels."""
    clean = picture.copy()
    clean.info = {}
    file = io.BytesIO()
    clean.save(file, kind, **options)
    return file.getvalue()
