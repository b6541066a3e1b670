"""config.yaml: every mistake is told with its line and the nearest right name."""

import os
from pathlib import Path

import pytest

from newsletter import config
from newsletter.errors import ConfigError

SAMPLE = Path(__file__).parents[2] / "config.yaml"


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    for name in list(os.environ):
        if name.startswith("NEWSLETTER_"):
            monkeypatch.delenv(name)
    (tmp_path / "config.yaml").write_text(SAMPLE.read_text(encoding="utf-8"), encoding="utf-8")
    return tmp_path


def test_the_sample_is_right(workspace):
    settings = config.load(workspace)
    assert settings.publication.sender.email == "editor@loupe.example.com"
    assert settings.sending.batch_size == 500
    assert settings.publication.zone.key == "America/New_York"


@pytest.mark.parametrize(
    ("right", "wrong", "says"),
    [
        ("website:", "websit:", "unknown setting “publication.websit”; did you mean “website”?"),
        ("feed: https://trade", "fed: https://trade", "did you mean “feed”?"),
        ("batch_size: 500", "batch_size: 5000", "“sending.batch_size” Input should be less"),
        ("  weekly: {title", "  weekly: {tittle", "did you mean “title”?"),
        ("timezone: America/New_York", "timezone: Mars/Base", "time zone such as America/New_York"),
        ("email: editor@", "email: editor", "“publication.from.email”"),
        ("name: The Loupe, email", 'name: "A, B", email', "must not hold"),
        ("website: https:", "website: ftp:", "web address such as https://example.com"),
        ("{name: Desk, folder: inbox}", "{name: Desk}", "exactly one of feed, page, listing"),
        ("{key: latest", "{key: lead", "two entries of sections are called “lead”"),
        ("publication:\n", "publication: [}\n", "broken YAML"),
        ("web: {base_url", "web: {bas_url", "did you mean “base_url”?"),
        ("provider: outbox", "provider: pigeon", "'outbox', 'sendgrid' or 'smtp'"),
    ],
)
def test_a_mistake_names_the_line_and_the_remedy(workspace, right, wrong, says):
    path = workspace / "config.yaml"
    text = path.read_text(encoding="utf-8")
    assert right in text
    path.write_text(text.replace(right, wrong, 1), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        config.load(workspace)
    assert says in str(caught.value)
    line = text[: text.index(right)].count("\n") + 1
    whole = "sections are called" in says
    assert caught.value.line in ((None,) if whole else (line, line + 1))


def test_a_folder_that_is_no_workspace_says_how_to_make_one(tmp_path):
    with pytest.raises(ConfigError, match="newsletter init"):
        config.load(tmp_path)


@pytest.mark.parametrize("text", ["", "- a\n", "just words", "\x00", "a: &a [*a]"])
def test_a_file_that_is_no_settings_is_refused(tmp_path, text):
    (tmp_path / "config.yaml").write_text(text)
    with pytest.raises(ConfigError):
        config.load(tmp_path)


def test_the_environment_wins_over_the_file(workspace, monkeypatch):
    monkeypatch.setenv("NEWSLETTER_SENDING__SENDGRID__HOST", "http://127.0.0.1:8025")
    monkeypatch.setenv("NEWSLETTER_SENDING__PROVIDER", "sendgrid")
    sending = config.load(workspace).sending
    assert (sending.provider, sending.sendgrid.host) == ("sendgrid", "http://127.0.0.1:8025")
    assert sending.batch_size == 500


def test_a_mistake_in_the_environment_names_the_variable(workspace, monkeypatch):
    monkeypatch.setenv("NEWSLETTER_SENDING__BATCH_SIZE", "0")
    with pytest.raises(ConfigError, match="NEWSLETTER_SENDING__BATCH_SIZE"):
        config.load(workspace)


@pytest.mark.parametrize(
    ("variable", "value"),
    [("NEWSLETTER_SENDING__TRACKING", "[opens, clicks]"), ("NEWSLETTER_SOURCES", "Desk")],
)
def test_a_list_in_the_environment_that_is_no_json_is_named(
    workspace, monkeypatch, variable, value
):
    monkeypatch.setenv(variable, value)
    with pytest.raises(ConfigError, match=f"{variable} holds no JSON; a list is written as"):
        config.load(workspace)


def test_secrets_come_only_from_the_environment(workspace):
    path = workspace / "config.yaml"
    path.write_text(path.read_text() + "secret_key: 0123456789abcdef0123\n")
    with pytest.raises(ConfigError, match="unknown setting “secret_key”"):
        config.load(workspace)
    with pytest.raises(ConfigError, match="openssl rand -hex 32"):
        config.secret_key({"NEWSLETTER_SECRET_KEY": "short"})
    with pytest.raises(ConfigError, match="SENDGRID_API_KEY"):
        config.sendgrid_key({})
    assert "SG.hidden" not in repr(config.sendgrid_key({"SENDGRID_API_KEY": "SG.hidden"}))
