"""Links lead somewhere, paths exist, and nothing of anybody's machine stands in a page."""

from __future__ import annotations

import re

LINK = re.compile(r"\]\(([^()\s]+)\)")
CODE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
FENCED = re.compile(r"^(`{3,}).*?^\1$", re.DOTALL | re.MULTILINE)
PATH = re.compile(r"(?:newsletter|tests|templates|docs|benchmarks|\.github|\.ci)/[\w./-]*")
MACHINE = re.compile(r"(?<![\w.])/(?:home|root|Users|tmp|mnt|work|opt)/")


def anchors(page):
    """What a heading is called in a link to it."""
    titles = re.findall(r"^#+ (.+)$", FENCED.sub("", page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def test_relative_links_resolve(pages, repository):
    seen = 0
    for name, page in pages.items():
        for target in LINK.findall(CODE.sub("", FENCED.sub("", page))):
            if re.match(r"[a-z]+:", target):
                continue
            seen += 1
            file, _, anchor = target.partition("#")
            path = (repository / name).parent / file if file else repository / name
            assert path.exists(), f"{name}: {target}"
            if anchor:
                assert anchor in anchors(path.read_text(encoding="utf-8")), f"{name}: {target}"
    assert seen > 20


def test_every_path_a_page_names_is_in_the_repository(pages, repository):
    for name, page in pages.items():
        for span in CODE.findall(FENCED.sub("", page)):
            if PATH.fullmatch(span):
                assert (repository / span).exists(), f"{name}: {span}"


def test_no_page_names_a_place_on_a_machine(pages):
    for name, page in pages.items():
        assert not MACHINE.search(page), f"{name}: {MACHINE.search(page)}"


def test_every_page_begins_with_its_title_and_says_for_whom_it_is(pages):
    readers = ("For the editor.", "For the operator.", "For contributors.", "For whoever")
    for name, page in pages.items():
        if name.startswith("docs/"):
            title, blank, first, *_ = page.split("\n")
            assert title.startswith("# ")
            assert not blank
            assert first.startswith(readers), name
