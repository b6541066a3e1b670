"""Both themes in a real browser: as pictures kept in tests/pictures, and as axe-core reads them."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image, ImageChops, ImageDraw

PICTURES = Path(__file__).parents[1] / "pictures"
WIDTHS = (320, 414, 700)
SCHEMES = ("light", "dark")
# Another version of Chromium may draw edges otherwise; it may not move, drop or recolour a thing.
BLUR, NEAR, MOST_APART = 4, 24, 0.01


def _drawn(address):
    """A picture for an address of the sample: a ring on a plain ground."""
    grounds = {"workshop": ("#8c6f5a", (1360, 700)), "window": ("#4a4a66", (680, 460))}
    ground, size = grounds.get(Path(address).stem, ("#6f8a7d", (680, 460)))
    picture = Image.new("RGB", size, ground)
    across, down = size
    box = (across // 2 - down // 4, down // 4, across // 2 + down // 4, down * 3 // 4)
    ImageDraw.Draw(picture).ellipse(box, outline="#f4ead8", width=14)
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def shown(browser):
    """The page a rendition makes, at a width, in light or dark, with pictures or without."""
    pages = []

    def show(rendition, width=700, scheme="light", *, pictures=True):
        page = browser.new_page(
            viewport={"width": width, "height": 600}, color_scheme=scheme, device_scale_factor=1
        )
        pages.append(page)
        if pictures:
            page.route(
                "**/*",
                lambda route: route.fulfill(
                    body=_drawn(route.request.url), content_type="image/png"
                ),
            )
        else:
            page.route("**/*", lambda route: route.abort())
        html = rendition.html
        for token in rendition.tokens:
            value = token.fallback or "https://news.loupe.example.com/u/x"
            html = html.replace(token.placeholder, value)
        page.set_content(html, wait_until="load")
        return page

    yield show
    for page in pages:
        page.close()


@pytest.fixture
def looks_as_before(request, tmp_path):
    """Whether a page is its kept picture; `--snapshot-update` keeps a new one."""

    def compare(page, name):
        now = Image.open(io.BytesIO(page.screenshot(full_page=True))).convert("RGB")
        kept = PICTURES / f"{name}.png"
        if request.config.getoption("update_snapshots"):
            PICTURES.mkdir(exist_ok=True)
            now.quantize(64, dither=Image.Dither.NONE).save(kept, optimize=True)
        alike = _alike(now, Image.open(kept).convert("RGB"))
        if not alike:
            now.save(tmp_path / f"{name}.png")
        return alike

    return compare


def _alike(now, before):
    if now.width != before.width or abs(now.height - before.height) > BLUR:
        return False
    area = (0, 0, now.width, min(now.height, before.height))
    apart = ImageChops.difference(now.crop(area).reduce(BLUR), before.crop(area).reduce(BLUR))
    worst = apart.convert("RGB").split()
    strongest = ImageChops.lighter(ImageChops.lighter(worst[0], worst[1]), worst[2])
    far = sum(strongest.histogram()[NEAR:])
    return far <= MOST_APART * strongest.width * strongest.height


def test_it_looks_as_it_was_approved(
    each_theme, written, rendered, shown, looks_as_before, tmp_path
):
    page = shown(rendered(written("compact")))
    apart = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 600})
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            name = f"{each_theme.name}-{width}-{scheme}"
            apart += [] if looks_as_before(page, name) else [name]
    assert apart == [], f"compare {tmp_path} with {PICTURES}"


def test_it_looks_as_it_was_approved_from_right_to_left(
    each_theme, written, rendered, hebrew, shown, looks_as_before, tmp_path
):
    page = shown(rendered(written("hebrew"), **hebrew), 414)
    assert looks_as_before(page, f"{each_theme.name}-414-hebrew"), f"look at {tmp_path}"


def test_a_picture_that_differs_is_told_apart():
    white = Image.new("RGB", (400, 400), "white")
    with_a_line = white.copy()
    ImageDraw.Draw(with_a_line).rectangle((0, 100, 400, 112), fill="black")
    nudged = white.copy()
    nudged.putpixel((7, 7), (0, 0, 0))
    assert not _alike(with_a_line, white)
    assert not _alike(Image.new("RGB", (400, 420), "white"), white)
    assert _alike(nudged, white)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_axe_finds_nothing_serious(each_theme, scheme, written, rendered, shown):
    page = shown(rendered(written("rich")), 414, scheme)
    found = Axe().run(page).response["violations"]
    serious = [one for one in found if one["impact"] in {"serious", "critical"}]
    assert [(one["id"], node["html"]) for one in serious for node in one["nodes"]] == []


@pytest.mark.parametrize("name", ["rich", "hebrew"])
def test_nothing_sticks_out_at_the_side(each_theme, name, written, rendered, hebrew, shown):
    page = shown(rendered(written(name), **(hebrew if name == "hebrew" else {})))
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 600})
        assert page.evaluate("document.documentElement.scrollWidth") == width


def test_without_pictures_their_words_are_read(each_theme, written, rendered, shown):
    page = shown(rendered(written("compact")), 414, pictures=False)
    picture = page.get_by_alt_text("A narrow shop front at dusk")
    assert picture.evaluate("one => one.naturalWidth") == 0
    box = picture.bounding_box()
    assert box["height"] >= 13
    assert picture.evaluate("one => getComputedStyle(one).fontSize") == "13px"


def test_dark_reaches_every_ground(each_theme, written, rendered, shown):
    light = """() => [...document.querySelectorAll('body, table, td, div')].filter(one => {
        const ground = getComputedStyle(one).backgroundColor.match(/[\\d.]+/g).map(Number);
        return ground[3] !== 0 && ground[0] + ground[1] + ground[2] > 600;
    }).filter(one => !one.closest('.button')).map(one => one.outerHTML.slice(0, 120))"""
    assert shown(rendered(written("rich")), 700, "dark").evaluate(light) == []


def test_on_paper_the_screen_s_own_links_are_gone(each_theme, written, rendered, shown):
    page = shown(rendered(written("compact")))
    assert page.locator(".screen").is_visible()
    page.emulate_media(media="print")
    assert not page.locator(".screen").is_visible()
    ground = page.locator(".tint").first.evaluate("one => getComputedStyle(one).backgroundColor")
    assert ground == "rgb(255, 255, 255)"


def test_cards_begin_at_the_side_where_reading_begins(each_theme, written, rendered, hebrew, shown):
    def left(page, words):
        return page.get_by_role("img", name=words).bounding_box()["x"]

    latin = shown(rendered(written("compact")))
    assert left(latin, "A narrow shop") < left(latin, "A hand holding")
    turned = shown(rendered(written("hebrew"), **hebrew))
    assert left(turned, "חזית חנות") > left(turned, "יד מחזיקה")
