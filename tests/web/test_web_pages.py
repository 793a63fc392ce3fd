"""The pages beside the incidents."""

from __future__ import annotations

import re
import time
from pathlib import Path
from string import Formatter
from typing import get_args

import msgspec
import pytest

from logmedic import build
from logmedic.redact import PersonalKind
from logmedic.testing.doors import FakeClock
from logmedic.web.pages.settings import effective
from logmedic.web.rates import Rates
from logmedic.web.words import WORDS

TEMPLATES = Path(__file__).resolve().parents[2] / "src/logmedic/web/templates"


@pytest.mark.parametrize(
    "path", ["/", "/incidents/1", "/sources", "/rules", "/usage", "/settings", "/requests/r-1", "/login"]
)
@pytest.mark.parametrize("language", ["en", "ko"])
def test_every_page_renders_in_both_languages(shop, path, language):
    answer = shop.get(path, accept_language=language)
    assert answer.status == 200
    assert f'lang="{language}"' in answer.text
    assert not re.search(r"\{[a-z]+\}", answer.words), "a blank was left open"


def test_texts_exist_in_both_languages_with_the_same_blanks():
    for key, text in WORDS.items():
        blanks = [{name for _, name, _, _ in Formatter().parse(words) if name} for words in (text.en, text.ko)]
        assert text.en, key
        assert text.ko, key
        assert blanks[0] == blanks[1], key


def test_templates_name_only_texts_that_exist_and_every_text_is_used():
    sources = [*TEMPLATES.glob("*.html"), *TEMPLATES.parent.rglob("*.py")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in sources if path.name != "words.py")
    named = set(re.findall(r"""\bt\(\s*["']([a-z_.0-9]+)["'](?!\s*~)""", text))
    assert named <= set(WORDS), named - set(WORDS)
    begun = (*re.findall(r"""["']([a-z_.0-9]+\.)["']\s*~""", text), "error.", "time.")
    unused = [key for key in WORDS if f'"{key}"' not in text and f"'{key}'" not in text and not key.startswith(begun)]
    assert unused == []


def test_rates_are_of_the_last_minute_and_of_nothing_before_two_looks():
    clock, read = FakeClock(), {"app": 1_000}
    rates = Rates(lambda: dict(read), clock)
    rates.look()
    assert rates.per_second("app") is None
    for _ in range(30):
        clock.advance(5.0)
        read["app"] += 50
        rates.look()
    assert rates.per_second("app") == 10.0
    for _ in range(13):
        clock.advance(5.0)
        rates.look()
    assert (rates.per_second("app"), rates.per_second("other")) == (0.0, 0.0)
    rates.look()  # too soon: the first page that is asked for does not make it a rate of a moment
    assert rates.per_second("app") == 0.0


def test_the_page_of_sources_tells_how_fast_they_are_read(project, make_error):
    with project.served() as client:
        client.get("/sources")
        project.write(*(make_error() for _ in range(40)))
        project.scan()
        until = time.monotonic() + 60
        while not (rate := client.ask("GET", "/api/v1/sources").json()[0]["lines_per_s"]):
            assert time.monotonic() < until
            time.sleep(0.2)
        assert rate > 0
        assert "Lines a second" in client.get("/sources").words


def test_sources_tell_how_far_they_were_read(shop):
    words = shop.get("/sources").words
    assert "shop.log" in words
    assert re.search(r"Lines 4 ", words)


def test_rules_tell_what_they_compare_with_and_what_they_matched(shop):
    words = shop.get("/rules").words
    assert "error-level" in words
    assert "over_ms 5000" in words


def test_a_request_is_shown_in_the_order_of_time(shop):
    assert "stock is negative" in shop.get("/requests/r-1?at=1795338000000000000").words
    assert "No line of this request" in shop.get("/requests/unheard-of").words


def test_settings_show_names_of_secrets_and_never_the_secrets(project):
    config = project.folder / "logmedic.toml"
    hook = "https://discord.com/api/webhooks/1400000000000000000/" + "s" * 60
    (project.folder / "hook").write_text(hook)
    config.write_text(
        config.read_text() + '[[channels]]\nkind = "discord"\nname = "team"\nwebhook = { file = "hook" }\n'
    )
    with project.served() as client:
        text = client.get("/settings").text
        assert "hook" in text
        assert "ssss" not in text


def test_settings_say_what_is_taken_out_and_never_the_texts_themselves(project):
    config = project.folder / "logmedic.toml"
    redact = '[redact]\nwords = ["project-heron"]\nkeys = ["nickname"]\nkeep = ["email"]\naddresses = true\n'
    config.write_text(config.read_text() + redact)
    with project.served() as client:
        words = client.get("/settings").words
        assert "Left in e-mail addresses Further fields nickname Further texts 1" in words
        assert "account numbers, IP addresses" in words
        assert "project-heron" not in words
        assert all(f"kind.{kind}" in WORDS for kind in get_args(PersonalKind))


def test_settings_do_not_show_the_password_of_a_database(project):
    loaded = build.load_config(str(project.folder / "logmedic.toml"), project.folder)
    store = msgspec.structs.replace(loaded.config.store, url="postgresql://minji:correct-horse-9@db/logmedic")
    loaded = msgspec.structs.replace(loaded, config=msgspec.structs.replace(loaded.config, store=store))
    text = effective(loaded)
    assert "postgresql://minji:" in text
    assert "correct-horse-9" not in text


def test_a_channel_is_tried_and_what_came_of_it_is_shown(project):
    config = project.folder / "logmedic.toml"
    config.write_text(config.read_text() + '[[channels]]\nkind = "jsonl"\nname = "told"\npath = "told.jsonl"\n')
    with project.served() as client:
        answer = client.post("/settings/test", {"channel": "told"})
        assert "told: sent" in answer.words
        assert (project.folder / "told.jsonl").exists() or Path("told.jsonl").exists()
        assert client.post("/settings/test", {"channel": "nobody"}).status == 422


def test_lines_of_a_request_are_redacted_on_the_page_and_in_the_api(project, make_error):
    project.write(make_error("card 4111 1111 1111 1111 of kim@example.com refused", request_id="r-2"))
    project.scan()
    with project.served() as client:
        for path in ("/requests/r-2?at=1795338000000000000", "/api/v1/requests/r-2?at=1795338000000000000"):
            text = client.get(path).text
            assert "refused" in text
            assert "4111" not in text
            assert "kim@example.com" not in text


@pytest.mark.parametrize(
    ("path", "status"), [("/", 200), ("/healthz", 200), ("/incidents/9999", 404), ("/events", 405)]
)
def test_a_page_can_be_asked_for_its_head_alone(shop, path, status):
    answer = shop.ask("HEAD", path)
    assert (answer.status, answer.body) == (status, b"")
    if status == 200:
        assert answer.headers["content-type"] == shop.get(path).headers["content-type"]
