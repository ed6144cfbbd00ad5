"""Every text is translated into every language, and the files are up to date."""

from __future__ import annotations

import re
from pathlib import Path

import octoprint
import pytest
from babel.messages.pofile import read_po
from dev import languages

from octoprint_aiwatch.adapters import wizard
from octoprint_aiwatch.adapters.tongue import Home
from octoprint_aiwatch.core import labels, words

TEMPLATES = sorted((languages.PACKAGE / "templates").rglob("*.jinja2"))
SCRIPTS = sorted((languages.PACKAGE / "static" / "js").glob("*.js"))
LANGUAGES = ["de", "es", "fr", "it", "zh"]
UNTRANSLATED = {"AI Watch", "MB", "MQTT", "s", "mm", "°C"}
"""Names and units that are the same everywhere."""


@pytest.fixture(scope="module")
def files() -> dict[Path, bytes]:
    return languages.files()


def test_the_five_languages_are_there() -> None:
    assert languages.languages() == LANGUAGES


def test_every_file_is_what_the_tool_would_write(files: dict[Path, bytes]) -> None:
    old = [path for path, content in files.items() if path.read_bytes() != content]
    assert old == [], "run: make languages"


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_missing_unsure_or_filled_wrongly(language: str) -> None:
    catalog = languages.updated(language, languages.template())
    assert languages.problems_of(language, catalog) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_translated_that_nobody_says(language: str) -> None:
    wanted = {message.id for message in languages.template()}
    assert {message.id for message in languages.read(language)} - wanted == set()


def test_what_is_missing_unsure_or_filled_wrongly_is_found() -> None:
    catalog = languages.Catalog(locale="de")
    catalog.add("Missing", "")
    catalog.add("Unsure", "Unsicher", flags={"fuzzy"})
    catalog.add("{n:.2f} of %(all)s", "{n:.0f} von %(all)s")
    catalog.add("Half", "50 %")
    found = [line.split(":")[1].strip() for line in languages.problems_of("de", catalog)]
    assert found == ["missing", "fuzzy", "marks differ", "a bare percent sign"]


@pytest.mark.parametrize("text", sorted(set(words.for_pages().values())))
def test_no_text_of_the_page_has_a_percent_sign(text: str) -> None:
    assert "%" not in text  # templates would take it for a mark


def test_words_that_octoprint_uses_too_mean_the_same() -> None:
    """Of one text there is one translation in all of OctoPrint: ours would be its own."""
    path = Path(octoprint.__file__).parent / "translations/de/LC_MESSAGES/messages.po"
    with path.open("rb") as file:
        theirs = {str(one.id): one.string for one in read_po(file, locale="de")}
    ours = {str(one.id): one.string for one in languages.read("de") if one.id}
    others = {text for text in ours if theirs.get(text) not in (None, "", ours[text])}
    assert others == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pages_of_the_wizard_keep_their_order(language: str) -> None:
    """OctoPrint sorts them by their names, as they are in the page's language."""
    names = [str(page["name"]) for page in wizard.pages()]
    catalog = languages.read(language)
    theirs = [str(catalog.get(name).string) for name in names]
    assert len(names) == 3
    assert (names, theirs) == (sorted(names), sorted(theirs))


# -- the language of people elsewhere --------------------------------------------------


def test_people_elsewhere_are_told_in_octoprints_language() -> None:
    text = words.say("grace", {"grace_s": 5.0}, Home(lambda: "de"))
    assert text == "Schaut noch 5 s nur zu, dann wird wieder gewarnt und pausiert."


@pytest.mark.parametrize("language", ["_default", None, "tlh", "../..", "en", ""])
def test_without_a_language_of_ours_it_is_english(language: object) -> None:
    assert words.say("idle", {}, Home(lambda: language)) == "No print is running."


def test_a_dialect_is_told_in_its_language() -> None:
    assert words.say("idle", {}, Home(lambda: "zh_Hans_CN")) == "没有正在进行的打印。"


def test_a_sentence_in_a_sentence_is_translated_too() -> None:
    why = words.nested("no_webcam", {})
    text = words.say("hold_paused_by_us", {"why": why}, Home(lambda: "fr"))
    assert text.startswith("AI Watch a mis l’impression en pause : OctoPrint n’a aucune")
    assert text.endswith("dans les réglages webcam d’OctoPrint.")


# -- texts that would stay English ------------------------------------------------------


def bare_texts(source: str) -> list[str]:
    """Words between tags, and in the attributes that people see, outside of ``_()``."""
    source = re.sub(
        r"(?s)\{#.*?#\}|\{%.*?%\}|<!--.*?-->|<script.*?</script>", " ", source
    )
    source = re.sub(r"(?s)\{\{.*?\}\}", "", source)
    seen = re.findall(r'(?:title|alt|aria-label)="([^"{]*[A-Za-z]{2}[^"{]*)"', source)
    # Attributes may have > in them.
    tags = re.sub(r"""<(?:[^<>"']|"[^"]*"|'[^']*')*>""", "\n", source)
    texts = [line.strip() for line in tags.split("\n")]
    plain = [re.sub(r"^[\s,.:/()]+|[\s,.:/()]+$", "", text) for text in texts]
    return [text for text in plain + seen if re.search("[A-Za-z]", text)]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_template_has_a_text_that_is_not_translated(path: Path) -> None:
    found = bare_texts(path.read_text(encoding="utf-8"))
    assert set(found) <= UNTRANSLATED


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("<p>Hello</p>", ["Hello"]),
        ('<p>{{ _("Hello") }}</p>', []),
        ('<a title="Go on" data-bind="visible: a() > 1">{{ x }}</a>', ["Go on"]),
        ("{# a note #}<!-- ko if: x --><i></i>", []),
    ],
)
def test_texts_that_are_not_translated_are_found(source: str, found: list[str]) -> None:
    assert bare_texts(source) == found


def test_templates_translate_on_the_server() -> None:
    """A gettext in a binding is found by no extraction."""
    assert [path.name for path in TEMPLATES if "gettext(" in path.read_text()] == []


def sentences_in(source: str) -> list[str]:
    """Texts of a script that look like words for people and are not translated."""
    source = re.sub(r"(?s)/\*.*?\*/|(?m:^\s*//.*$)", "", source)
    source = re.sub(r"(?s)gettext\(\s*\"[^\"]*\"", "", source)
    return re.findall(r'"([A-Z][a-z]+(?: [a-z]+)*[.:!?]?)"', source)


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_no_script_has_a_text_that_is_not_translated(path: Path) -> None:
    keys = {"Home", "End"}
    found = set(sentences_in(path.read_text(encoding="utf-8")))
    assert found - keys - {"PageUp", "PageDown"} == set()


def test_every_label_is_used() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in SCRIPTS)
    built = set(re.findall(r'"([a-z]+_)"', source))
    unused = {
        code
        for code in labels.LABELS
        if f'"{code}"' not in source
        and not any(code.startswith(prefix) for prefix in built)
    }
    assert unused == set()


def test_no_code_means_two_things() -> None:
    tables = (labels.LABELS, words.SHOWN, words.ANSWERED, words.LOGGED)
    codes = [code for table in tables for code in table]
    assert len(codes) == len(set(codes))
