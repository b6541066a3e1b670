"""What an editor sees of a rendering: as a reader, through a mail program, in its sources."""

from __future__ import annotations

import pytest

from newsletter.config import Settings
from newsletter.errors import AudienceError, IssueError
from newsletter.usecases import looking
from newsletter.usecases.looking import Lens
from newsletter.usecases.rendering import render_issue

SLUG = "2026-11-20"


@pytest.fixture
def addressed(workspace, subscribe):
    """The sample with three readers, a version for retailers, and a name in subject and intro."""
    subscribe(3)
    file = workspace.issues / SLUG / "issue.md"
    text = file.read_text(encoding="utf-8")
    text = text.replace(
        'subject: "Gold', """subject: "{{ reader.first_name | fallback('Reader') }}, gold"""
    ).replace("## The figure\n", "## The figure\n<!-- audience: traders -->\n")
    file.write_text(text, encoding="utf-8")
    return workspace


@pytest.fixture
def workspace(open_workspace):
    opened = open_workspace()
    told = opened.settings.model_dump(by_alias=True) | {
        "segments": {"traders": "first_name = 'R2'"}
    }
    object.__setattr__(opened, "settings", Settings(**told))
    return opened


@pytest.fixture
def rendered(addressed):
    return render_issue(addressed, SLUG)


def test_nobody_known_reads_the_fallbacks(addressed, rendered):
    shown = looking.show(addressed, rendered, Lens())
    assert shown.subject.startswith("Reader, gold")
    assert "thank you for reading" in shown.text


def test_a_subscriber_reads_their_own_name_and_their_own_version(addressed, rendered):
    number = looking.find_reader(addressed, " Reader2@example.com")
    shown = looking.show(addressed, rendered, Lens(reader=str(number)))
    assert shown.subject.startswith("R2, gold")
    assert shown.rendition.version == "traders"
    other = looking.find_reader(addressed, "reader1@example.com")
    assert looking.show(addressed, rendered, Lens(reader=str(other))).rendition.version == "others"


def test_a_subscribers_links_open_nothing_of_theirs(addressed, rendered):
    number = str(looking.find_reader(addressed, "reader1@example.com"))
    links = [looking.show(addressed, rendered, Lens(reader=one)).recipient for one in (number, "")]
    assert links[0].unsubscribe_url == links[1].unsubscribe_url
    assert {link.address for link in links} == {"reader@example.com"}


def test_the_worst_case_is_the_longest_value_anybody_has(addressed, rendered, subscribe):
    subscribe(1, start=1_000_000)
    shown = looking.show(addressed, rendered, Lens(reader=looking.LONGEST))
    assert shown.subject.startswith("R1000000, gold")


def test_a_reader_or_version_that_is_not_there_is_told(addressed, rendered):
    for reader in ("999", "nobody"):
        with pytest.raises(AudienceError, match="no such subscriber"):
            looking.show(addressed, rendered, Lens(version="others", reader=reader))
    with pytest.raises(AudienceError, match="no subscriber has this address") as told:
        looking.find_reader(addressed, "someone@example.com")
    assert "someone" not in str(told.value)
    with pytest.raises(IssueError, match="traders"):
        looking.show(addressed, rendered, Lens(version="press"))


def test_each_version_with_how_many_read_it(addressed, rendered):
    assert looking.readers_of_versions(addressed, rendered.issue) == {"traders": 1, "others": 2}


def test_an_issue_of_no_list_has_no_readers_to_count(addressed, rendered):
    file = addressed.issues / SLUG / "issue.md"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("list: weekly\n", ""), encoding="utf-8")
    assert looking.readers_of_versions(addressed, render_issue(addressed, SLUG).issue) is None


def test_the_sources_are_what_is_mailed(addressed, rendered):
    sources = {
        part: looking.source(addressed, rendered, Lens(), part)
        for part in ("text", "html", "mjml", "eml", "file")
    }
    assert sources["text"].startswith("THE LOUPE") or "The Loupe" in sources["text"]
    assert sources["html"].startswith("<!DOCTYPE html>")
    assert sources["mjml"].lstrip().startswith("<mjml")
    assert "Subject: Reader, gold" in sources["eml"]
    assert sources["file"].startswith("---\nsubject:")


def test_the_size_is_the_one_the_check_counts(addressed, rendered):
    bare, rewritten = looking.weights(addressed, rendered)["others"]
    assert bare == len(rendered.renditions[-1].html.encode())
    assert bare < rewritten < looking.LIMIT


def test_a_frame_shows_the_issues_own_pictures_from_the_studio(addressed):
    from PIL import Image

    home = addressed.issues / SLUG
    (home / "images").mkdir()
    Image.new("RGB", (40, 30), "#b08d57").save(home / "images" / "tray.png")
    text = (home / "issue.md").read_text(encoding="utf-8")
    (home / "issue.md").write_text(
        text.replace("The mood is calm", "![Tray](images/tray.png)\n\nThe mood is calm"),
        encoding="utf-8",
    )
    rendered = render_issue(addressed, SLUG)
    (picture,) = rendered.pictures.values()
    assert f'src="/images/{picture.name}"' in looking.frame(addressed, rendered, Lens())
