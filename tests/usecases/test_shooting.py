"""Pictures of an issue: every view has one, by a name that tells which it is."""

from __future__ import annotations

import os
import shutil

import pytest
from PIL import Image

from newsletter.errors import RenderError
from newsletter.render.chromium import PROGRAMS
from newsletter.render.clients import CLIENTS
from newsletter.usecases.shooting import View, shoot, views

SLUG = "2026-11-20"


@pytest.fixture(autouse=True)
def camera():
    if not any(map(shutil.which, PROGRAMS)):
        what = "needs a browser: apt-get install chromium"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(what)


@pytest.fixture
def shot(workspace, tmp_path):
    """Take pictures; the pictures by their names, and what the bar was told."""

    def take(*wanted):
        told = []

        def begin(total):
            told.append(total)
            return told.append

        paths = shoot(workspace, SLUG, tmp_path / "out", wanted, begin=begin)
        return {path.name: Image.open(path).convert("RGB") for path in paths}, told

    return take


def brightness(image):
    return image.convert("L").resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))


def test_each_width_and_mode_has_its_picture(shot):
    pictures, told = shot(*views((390, 768), (), ("apple-mail", "apple-mail-dark")))
    assert list(pictures) == [
        f"{SLUG}-all-{width}-{mode}-{client}.png"
        for client, mode in (("apple-mail", "light"), ("apple-mail-dark", "dark"))
        for width in (390, 768)
    ]
    assert told == [4, 1, 1, 1, 1]
    assert {image.width for image in pictures.values()} == {390, 768}
    assert all(len(image.getcolors(1 << 20)) > 50 for image in pictures.values())


def test_dark_is_darker_and_a_phone_is_taller(shot):
    chosen = (View(390, "light", None), View(390, "dark", None), View(1024, "light", None))
    light, dark, wide = shot(*chosen)[0].values()
    assert brightness(light) > 200
    assert brightness(dark) < 80
    assert light.height > wide.height


def test_an_issues_own_picture_is_in_the_picture(shot, workspace):
    home = workspace.issues / SLUG
    (home / "images").mkdir()
    Image.new("RGB", (1200, 600), (10, 200, 30)).save(home / "images" / "green.png")
    text = (home / "issue.md").read_text(encoding="utf-8")
    first = "Three refiners we asked"
    picture = f"![A green field](images/green.png)\n\n{first}"
    (home / "issue.md").write_text(text.replace(first, picture), encoding="utf-8")
    pictures, _ = shot(View(600, "light", None))
    (image,) = pictures.values()
    green = sum(count for count, (red, g, blue) in image.getcolors(1 << 20) if g - red > 150)
    assert green > 400 * 200


def test_the_same_issue_gives_the_same_pictures(shot):
    first, _ = shot(View(390, "dark", None))
    again, _ = shot(View(390, "dark", None))
    assert {name: one.tobytes() for name, one in first.items()} == {
        name: one.tobytes() for name, one in again.items()
    }


def test_all_views_are_every_width_in_both_modes_and_each_program_in_its_own():
    assert len(views()) == 3 * (2 + len(CLIENTS))
    assert len({view.name(SLUG, "all") for view in views()}) == len(views())


def test_a_program_that_has_no_such_mode_says_so():
    with pytest.raises(RenderError, match="gmail-web shows nothing in dark; leave the mode out"):
        views((), ("dark",), ("gmail-web",))


def test_an_unknown_program_names_those_there_are():
    with pytest.raises(RenderError, match="there is no mail program “pine”; known are gmail-web"):
        views((), (), ("pine",))
