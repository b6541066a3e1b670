"""An issue's own pictures, and those fetched from other sites."""

from __future__ import annotations

import io
import re
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from PIL import Image
from starlette.testclient import TestClient

from newsletter.errors import RenderError
from newsletter.usecases.building import build
from newsletter.usecases.editing import read_issue
from newsletter.usecases.pictures import image_file, images_folder, issue_pictures, rehost
from newsletter.usecases.rendering import render_issue
from newsletter.web.public import public_app

SLUG = "2026-11-20"


def a_picture(size=(1300, 650), kind="JPEG"):
    made = io.BytesIO()
    Image.new("RGB", size, (120, 40, 60)).save(made, kind)
    return made.getvalue()


@pytest.fixture
def issue(sample):
    """Adds a line to the sample's issue, and pictures to its folder."""
    folder = sample / "issues" / SLUG

    def add(line="", **pictures):
        for name, data in pictures.items():
            (folder / "images").mkdir(exist_ok=True)
            (folder / "images" / f"{name}.jpg").write_bytes(data)
        path = folder / "issue.md"
        path.write_text(path.read_text(encoding="utf-8") + line, encoding="utf-8")
        return path

    return add


def test_a_picture_of_the_issue_is_prepared_and_kept(workspace, issue):
    issue("\n![A ring](images/ring.jpg)\n", ring=a_picture())
    pictures = issue_pictures(workspace, read_issue(workspace, SLUG), 568)
    picture = pictures["images/ring.jpg"]
    assert (picture.width, picture.height) == (568, 284)
    assert image_file(workspace, picture.name).read_bytes()[:2] == b"\xff\xd8"
    assert issue_pictures(workspace, read_issue(workspace, SLUG), 568) == pictures


def test_a_picture_already_prepared_is_not_prepared_again(workspace, issue):
    issue("\n![A ring](images/ring.jpg)\n", ring=a_picture())
    (picture,) = issue_pictures(workspace, read_issue(workspace, SLUG), 568).values()
    path = image_file(workspace, picture.name)
    before = path.stat().st_mtime_ns
    issue_pictures(workspace, read_issue(workspace, SLUG), 568)
    assert path.stat().st_mtime_ns == before
    path.unlink()
    issue_pictures(workspace, read_issue(workspace, SLUG), 568)
    assert path.exists()


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("images/none.jpg", "no such file; put it into"),
        ("images/bad.jpg", "no PNG, JPEG, GIF or WebP"),
        ("images/../../../config.yaml", "not in the issue's images/"),
        ("/etc/hostname", "not in the issue's images/"),
        ("issue.md", "not in the issue's images/"),
    ],
)
def test_what_cannot_be_shown_names_file_and_line(workspace, issue, address, says):
    path = issue(f"\n![A ring]({address})\n", bad=b"<html><script>")
    with pytest.raises(RenderError, match=says) as caught:
        issue_pictures(workspace, read_issue(workspace, SLUG), 568)
    assert caught.value.file == f"issues/{SLUG}/issue.md"
    lines = path.read_text(encoding="utf-8").splitlines()
    assert address in lines[caught.value.line - 1]


def test_a_link_out_of_the_folder_is_refused(workspace, issue, sample):
    issue("\n![A ring](images/link.jpg)\n", ring=a_picture())
    (sample / "issues" / SLUG / "images" / "link.jpg").symlink_to(sample / "config.yaml")
    with pytest.raises(RenderError, match="not in the issue's images/"):
        issue_pictures(workspace, read_issue(workspace, SLUG), 568)


def test_readers_get_the_picture_and_nothing_else(workspace, issue):
    issue("\n![A ring](images/ring.jpg)\n", ring=a_picture())
    (picture,) = issue_pictures(workspace, read_issue(workspace, SLUG), 568).values()
    (note,) = images_folder(workspace).glob("*.json")
    with TestClient(public_app(workspace, webhook_key=None)) as client:
        answer = client.get(f"/images/{picture.name}")
        assert answer.headers["content-type"] == "image/jpeg"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "immutable" in answer.headers["cache-control"]
        assert len(answer.content) == picture.size
        for name in (note.name, "..%2fnewsletter.db", "x.jpg", picture.name.upper()):
            assert client.get(f"/images/{name}").status_code == 404


def test_a_logo_among_the_theme_s_files_is_published_like_a_picture(workspace, sample, tmp_path):
    theme = sample / "templates" / "digest"
    (theme / "logo.png").write_bytes(a_picture((800, 200), "PNG"))
    values = theme / "theme.yaml"
    text = re.sub(r"(?m)^  light: .*$", "  light: logo.png", values.read_text(encoding="utf-8"))
    values.write_text(text, encoding="utf-8")
    *_, image = build(workspace, SLUG, tmp_path / "build")
    assert image.parent == tmp_path / "build" / "images"
    html = (tmp_path / "build" / f"{SLUG}-all.html").read_text(encoding="utf-8")
    assert f"https://news.loupe.example.com/images/{image.name}" in html


def test_a_logo_that_is_missing_is_told_with_its_file(workspace, sample):
    values = sample / "templates" / "digest" / "theme.yaml"
    text = re.sub(r"(?m)^  light: .*$", "  light: logo.png", values.read_text(encoding="utf-8"))
    values.write_text(text, encoding="utf-8")
    with pytest.raises(RenderError, match="No such file") as caught:
        render_issue(workspace, SLUG)
    assert caught.value.file == "digest/logo.png"


def test_the_picture_of_an_issue_reaches_its_mail_at_its_width(workspace, issue):
    issue("\n![A ring](images/ring.jpg)\n", ring=a_picture((200, 100)))
    rendered = render_issue(workspace, SLUG)
    (tag,) = re.findall(r"<img[^>]*>", rendered.renditions[0].html)
    assert 'width="200"' in tag
    assert 'alt="A ring"' in tag
    assert not {"image-local", "image-remote"} & {found.code for found in rendered.findings}


@pytest.fixture
def site(tmp_path):
    """A web site with one picture and one page."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "ring.webp").write_bytes(a_picture((700, 300), "WEBP"))
    (tmp_path / "site" / "page.png").write_text("<html>", encoding="utf-8")

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path / "site")))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_pictures_of_other_sites_move_into_the_issue(open_workspace, issue, sample, site):
    with (sample / "config.yaml").open("a", encoding="utf-8") as config:
        config.write("\ngathering: {allow_private: [127.0.0.1]}\n")
    workspace = open_workspace()
    before = f"\n![A ring]({site}/ring.webp)\n\n[A link]({site}/ring.webp)\n"
    path = issue(f"{before}![Gone]({site}/gone.png) ![Page]({site}/page.png)\n")
    text = path.read_text(encoding="utf-8")
    moved, failed = rehost(workspace, SLUG)
    (new,) = moved.values()
    assert (path.parent / new).read_bytes()[:2] == b"\xff\xd8"
    assert path.read_text(encoding="utf-8") == text.replace(
        f"![A ring]({site}/ring.webp)", f"![A ring]({new})"
    )
    assert set(failed) == {f"{site}/gone.png", f"{site}/page.png"}
