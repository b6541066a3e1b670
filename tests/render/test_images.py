"""Pictures: only pixels come out, upright, no wider than needed; all else is refused."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from PIL import Image, ImageDraw
from PIL.PngImagePlugin import PngInfo

from newsletter.errors import RenderError
from newsletter.render import images
from newsletter.render.images import prepare

COLUMN = 568


def file(kind, size=(40, 30), mode="RGB", colour=(120, 40, 60), **options):
    made = io.BytesIO()
    Image.new(mode, size, colour).save(made, kind, **options)
    return made.getvalue()


def shown(content):
    return Image.open(io.BytesIO(content))


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (file("PNG"), "PNG"),
        (file("JPEG"), "JPEG"),
        (file("WEBP"), "JPEG"),
        (file("WEBP", mode="RGBA", colour=(1, 2, 3, 90)), "PNG"),
        (file("GIF", mode="P", colour=3), "PNG"),
        (file("PNG", mode="L", colour=90), "PNG"),
        (file("PNG", mode="1", colour=1), "PNG"),
        (file("JPEG", mode="CMYK", colour=(0, 90, 90, 0)), "JPEG"),
    ],
)
def test_safe_formats_come_out(data, kind):
    picture, content = prepare(data, COLUMN)
    assert shown(content).format == kind
    assert picture.size == len(content)
    assert (picture.width, picture.height) == (40, 30)


@pytest.mark.parametrize(
    ("size", "in_file", "shown_at"),
    [
        ((4000, 2000), (1136, 568), (568, 284)),
        ((1136, 568), (1136, 568), (568, 284)),
        ((800, 400), (800, 400), (568, 284)),
        ((300, 100), (300, 100), (300, 100)),
        ((6000, 1), (1136, 1), (568, 1)),
    ],
)
def test_twice_the_column_at_most_and_never_blown_up(size, in_file, shown_at):
    picture, content = prepare(file("PNG", size), COLUMN)
    assert shown(content).size == in_file
    assert (picture.width, picture.height) == shown_at


def test_the_same_bytes_give_the_same_name_and_other_bytes_another():
    first, content = prepare(file("JPEG"), COLUMN)
    assert prepare(file("JPEG"), COLUMN) == (first, content)
    assert prepare(file("JPEG", colour=(0, 0, 0)), COLUMN)[0].name != first.name
    assert first.name.endswith(".jpg")


def test_a_camera_held_sideways_gives_an_upright_picture_and_no_notes():
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees
    exif[0x010F] = "Camera of a person"
    picture, content = prepare(file("JPEG", (60, 20), exif=exif.tobytes()), COLUMN)
    assert (picture.width, picture.height) == (20, 60)
    assert b"Camera" not in content
    assert not shown(content).getexif()


def test_comments_of_a_picture_are_gone():
    made = io.BytesIO()
    notes = PngInfo()
    notes.add_text("Comment", "<script>alert(1)</script>")
    Image.new("RGB", (4, 4)).save(made, "PNG", pnginfo=notes)
    assert b"script" not in prepare(made.getvalue(), COLUMN)[1]


def test_what_hangs_behind_a_picture_is_gone():
    polyglot = file("PNG") + b"<html><script>alert(1)</script></html>"
    assert b"script" not in prepare(polyglot, COLUMN)[1]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<html><script>alert(1)</script></html>",
        b"\x89PNG\r\n\x1a\n" + b"<script>",
        b"%PDF-1.7",
        b"GIF89a<script>alert(1)</script>",
    ],
)
def test_what_is_no_picture_is_refused(data):
    with pytest.raises(RenderError, match=r"no PNG, JPEG, GIF or WebP|damaged"):
        prepare(data, COLUMN)


def test_a_bmp_is_refused_although_it_could_be_read():
    with pytest.raises(RenderError, match="no PNG"):
        prepare(file("BMP"), COLUMN)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_picture_cut_short_is_refused(kind):
    noisy = Image.effect_noise((300, 300), 90).convert("RGB")
    made = io.BytesIO()
    noisy.save(made, kind)
    with pytest.raises(RenderError, match=r"damaged|no PNG"):
        prepare(made.getvalue()[:-4000], COLUMN)


def test_a_bomb_is_refused_before_it_is_unpacked():
    def chunk(name, body):
        return (
            struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        )

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"0" * 9))
    with pytest.raises(RenderError, match="more than 50,000,000 pixels"):
        prepare(data, COLUMN)


def test_a_file_too_large_is_refused(monkeypatch):
    monkeypatch.setattr(images, "LARGEST_FILE", 1000)
    with pytest.raises(RenderError, match="shrink it"):
        prepare(file("PNG") + b"0" * 1000, COLUMN)


def animation(frames, size):
    pictures = []
    for number in range(frames):
        picture = Image.new("RGB", size, (200, 200, 190))
        ImageDraw.Draw(picture).rectangle((number, 0, number + 9, 9), fill=(90, 10, 20))
        pictures.append(picture)
    made = io.BytesIO()
    pictures[0].save(made, "GIF", save_all=True, append_images=pictures[1:], duration=80, loop=0)
    return made.getvalue()


def test_an_animation_keeps_its_frames_at_the_width_of_the_column():
    picture, content = prepare(animation(5, (900, 30)), COLUMN)
    assert (shown(content).format, shown(content).n_frames) == ("GIF", 5)
    assert shown(content).width == picture.width == COLUMN


def test_a_camera_that_keeps_a_second_picture_in_its_file_gives_one():
    made = io.BytesIO()
    pictures = [Image.new("RGB", (40, 30), (number, 0, 0)) for number in (10, 200)]
    pictures[0].save(made, "MPO", save_all=True, append_images=pictures[1:])
    assert shown(prepare(made.getvalue(), COLUMN)[1]).format == "JPEG"


def test_a_heavy_animation_is_refused(monkeypatch):
    monkeypatch.setattr(images, "LARGEST_ANIMATION", 300)
    with pytest.raises(RenderError, match="make it shorter"):
        prepare(animation(5, (90, 30)), COLUMN)
