from __future__ import annotations

import contextlib

import pytest

from newsletter.errors import RenderError
from newsletter.render.environment import (
    FILTER_NAMES,
    ThemeLoader,
    environment,
    fill,
    refuse_old_jinja,
)


@pytest.fixture
def theme(tmp_path):
    folder = tmp_path / "plain"
    folder.mkdir()
    return folder


@pytest.fixture
def run(theme):
    def written(source, **context):
        (theme / "issue.mjml.j2").write_text(source, encoding="utf-8")
        return fill(environment(theme, escaping=True), "issue.mjml.j2", context)

    return written


@pytest.mark.parametrize(
    "attack",
    [
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
        "{{ ('a{0.__class__.__mro__}')|attr('format')(1) }}",
        "{{ 'a{0.__class__.__mro__}'.format(1) }}",
        "{{ lipsum(n=200000) }}",
        "{{ range(3) }}",
        "{{ env('SENDGRID_API_KEY') }}",
        "{{ names.append('x') }}",
        "{{ words|safe }}",
        "{{ ''|pprint }}",
    ],
)
def test_a_template_cannot_leave_the_sandbox(run, attack):
    with pytest.raises(RenderError) as caught:
        run(f"fine\n{attack}", names=[], words="<b>")
    assert (caught.value.file, caught.value.line) == ("plain/issue.mjml.j2", 2)


def test_what_templates_may_call_is_known(theme):
    made = environment(theme, escaping=True)
    assert made.globals == {}
    assert sorted(made.filters) == [
        "capitalize", "default", "e", "escape", "fallback", "first", "groupby", "join", "last",
        "length", "lower", "reject", "rejectattr", "select", "selectattr", "trim", "upper", "wrap",
    ]  # fmt: skip
    assert sorted(made.tests) == [
        "defined", "divisibleby", "eq", "even", "in", "ne", "none", "odd", "undefined",
    ]  # fmt: skip


@pytest.mark.parametrize("name", [*FILTER_NAMES, "fallback", "wrap"])
def test_no_filter_calls_what_it_is_given(run, name):
    called = []

    class Callable:
        def __call__(self, *values):
            called.append(values)
            return "called"

    with contextlib.suppress(RenderError):
        run(f"{{{{ value | {name} }}}}", value=Callable())
    assert called == []


@pytest.mark.parametrize("name", ["issue.mjml.j2", "issue.html", "x.txt", "issue.mjml"])
def test_every_name_is_escaped(theme, name):
    made = environment(theme, escaping=True)
    assert made.autoescape is True
    assert made.from_string("{{ x }}").render(x='<b>"') == "&lt;b&gt;&#34;"


def test_plain_text_is_not_escaped_and_loads_plain_text_only(theme):
    (theme / "issue.txt.j2").write_text("{{ x }}", encoding="utf-8")
    (theme / "issue.mjml.j2").write_text("{{ x }}", encoding="utf-8")
    plain = environment(theme, escaping=False)
    assert fill(plain, "issue.txt.j2", {"x": "a & b"}) == "a & b"
    with pytest.raises(RenderError):
        fill(plain, "issue.mjml.j2", {"x": "a & b"})


def test_a_changed_template_is_read_anew(run):
    assert run("first") == "first"
    assert run("second") == "second"


def test_a_missing_value_is_a_mistake_with_its_line(run):
    with pytest.raises(RenderError, match="nobody") as caught:
        run("\n\n{{ nobody }}")
    assert caught.value.line == 3


@pytest.mark.parametrize(
    ("source", "line"), [("a\n{% if %}", 2), ("{{ 1 / 0 }}", 1), ("{{ 'a' + 1 }}", 1)]
)
def test_a_broken_template_is_named_with_its_line(run, source, line):
    with pytest.raises(RenderError) as caught:
        run(source)
    assert (caught.value.file, caught.value.line) == ("plain/issue.mjml.j2", line)


def test_a_mistake_in_an_included_file_names_that_file(run, theme):
    (theme / "part.mjml.j2").write_text("x\n{{ nobody }}", encoding="utf-8")
    with pytest.raises(RenderError) as caught:
        run("{% include 'part.mjml.j2' %}")
    assert (caught.value.file, caught.value.line) == ("plain/part.mjml.j2", 2)


def test_endless_recursion_is_a_mistake_in_the_template(run):
    with pytest.raises(RenderError):
        run("{% include 'issue.mjml.j2' %}")


@pytest.mark.parametrize(
    "name",
    [
        "{__import__('os').system('id')}.mjml.j2",
        "../secret.mjml.j2",
        "a/../../secret.mjml.j2",
        "/etc/passwd",
        "..%252f..%252fetc/passwd.mjml.j2",
        "\\\\host\\share.mjml.j2",
        "C:\\x.mjml.j2",
        "a\0b.mjml.j2",
        "a" * 65 + ".mjml.j2",
        "LOGO.mjml.j2",
        "issue.html",
        ".mjml.j2",
        "missing.mjml.j2",
        "link.mjml.j2",
        "folder/inside.mjml.j2",
    ],
)
def test_files_that_are_no_template_of_the_theme_are_refused_alike(theme, tmp_path, name):
    (tmp_path / "secret.mjml.j2").write_text("secret", encoding="utf-8")
    (theme / "link.mjml.j2").symlink_to(tmp_path / "secret.mjml.j2")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "inside.mjml.j2").write_text("secret", encoding="utf-8")
    (theme / "folder").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(RenderError) as caught:
        fill(environment(theme, escaping=True), name, {})
    assert str(caught.value) == f"the theme has no usable template “{name}”"


def test_a_template_in_a_folder_of_the_theme_is_found(theme):
    (theme / "parts").mkdir()
    (theme / "parts" / "a-b_1.mjml.j2").write_text("here", encoding="utf-8")
    loader = ThemeLoader(theme, ".mjml.j2")
    assert loader.get_source(environment(theme, escaping=True), "parts/a-b_1.mjml.j2")[0] == "here"


def test_a_template_in_another_encoding_is_named(theme):
    (theme / "issue.mjml.j2").write_bytes(b"\xe9t\xe9")
    with pytest.raises(RenderError, match="UTF-8") as caught:
        fill(environment(theme, escaping=True), "issue.mjml.j2", {})
    assert caught.value.file == "plain/issue.mjml.j2"


@pytest.mark.parametrize("version", ["3.1.5", "2.11", "3.0.99"])
def test_a_jinja_with_a_hole_is_refused(version):
    with pytest.raises(RenderError, match=version):
        refuse_old_jinja(version)


@pytest.mark.parametrize("version", ["3.1.6", "3.2", "4.0.0rc1"])
def test_a_sound_jinja_is_taken(version):
    assert refuse_old_jinja(version) is None
