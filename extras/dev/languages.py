"""The languages: what there is to say, what of it is translated, and the compiled files.

    python extras/dev/languages.py            update and compile; lists what is missing
    python extras/dev/languages.py --check    changes nothing; fails if anything is to do
    python extras/dev/languages.py --add nl   begins a language

The sources are translations/<language>/LC_MESSAGES/messages.po; copies of them and the
compiled files lie in the package, where OctoPrint finds them. Runs in an environment
that has OctoPrint, which brings Babel.
"""

from __future__ import annotations

import argparse
import io
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "octoprint_aiwatch"
SOURCES = ROOT / "translations"
BUNDLED = PACKAGE / "translations"
INSIDE = Path("LC_MESSAGES")
NODE_WORDS = ROOT / "tests" / "js" / "words.json"
MARKS = re.compile(r"%\(\w+\)s|\{\w+(?::[^}]*)?\}")
sys.path.insert(0, str(ROOT))


def tables() -> Iterator[tuple[str, str]]:
    """What stands in Python's tables: file and text."""
    from octoprint_aiwatch import backends, plugin
    from octoprint_aiwatch.core import labels, words

    for text in labels.LABELS.values():
        yield "core/labels.py", text
    for table in (words.SHOWN, words.ANSWERED, words.ADVICE):
        for text in table.values():
            yield "core/words.py", text
    for one in backends.describe():
        texts = [
            one[name] for name in ("label", "note", "needs", "costs", "sees", "sends")
        ]
        for field in one["fields"]:
            texts += [field["label"], field["help"]]
            texts += [choice["label"] for choice in field["choices"]]
        for text in filter(None, texts):
            yield f"backends/{one['key']}.py", text
    for permission in plugin.additional_permissions():
        yield "plugin.py", permission["description"]


def template() -> Catalog:
    """Everything there is to say."""
    catalog = Catalog(project="AI Watch", charset="utf-8")
    with (ROOT / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)
    found = extract_from_dir(
        str(ROOT), methods, options, keywords={"_": None, "gettext": None}
    )
    for name, _, message, _, _ in found:
        catalog.add(message, None, [(name, None)])
    for name, text in tables():
        catalog.add(text, None, [(f"octoprint_aiwatch/{name}", None)])
    for message in catalog:
        # Lines would change with every edit; a file is named once.
        names = sorted({str(name) for name, _ in message.locations})
        message.locations = [(name, None) for name in names]
        message.flags.intersection_update({"fuzzy"})
    return catalog


def languages() -> list[str]:
    return sorted(path.name for path in SOURCES.iterdir() if (path / INSIDE).is_dir())


def source_of(language: str) -> Path:
    return SOURCES / language / INSIDE / "messages.po"


def read(language: str) -> Catalog:
    path = source_of(language)
    if not path.exists():
        return Catalog(locale=language, project="AI Watch", charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale=language)


def updated(language: str, wanted: Catalog) -> Catalog:
    """A language's catalog with exactly what there is to say, in one order."""
    old = read(language)
    new = Catalog(locale=language, project="AI Watch", charset="utf-8")
    for message in sorted((one for one in wanted if one.id), key=lambda one: one.id):
        before = old.get(message.id)
        flags = before.flags & {"fuzzy"} if before else set()
        text = before.string if before else ""
        new.add(message.id, text, message.locations, flags)
        new[message.id].flags.intersection_update({"fuzzy"})
    return new


def headers_of(catalog: Catalog) -> list[tuple[str, str]]:
    """What a file says of itself: nothing of when it was made, or by which Babel."""
    return [
        ("Language", str(catalog.locale)),
        ("Plural-Forms", catalog.plural_forms),
        ("MIME-Version", "1.0"),
        ("Content-Type", "text/plain; charset=utf-8"),
        ("Content-Transfer-Encoding", "8bit"),
    ]


class Timeless(Catalog):
    """A catalog that is the same whenever it is written."""

    mime_headers = property(headers_of)


def as_po(catalog: Catalog) -> bytes:
    """A catalog as its file."""
    file = io.BytesIO()
    write_po(file, catalog, width=0, omit_header=True)
    lines = [
        f"# AI Watch in {catalog.locale.english_name}; see extras/docs/translating.md."
    ]
    lines += ['msgid ""', 'msgstr ""']
    lines += [f'"{name}: {value}\\n"' for name, value in headers_of(catalog)]
    return ("\n".join(lines) + "\n\n").encode() + file.getvalue()


def as_mo(po: bytes, language: str) -> bytes:
    """The same, compiled; what is not translated or unsure is left out."""
    catalog = Timeless(locale=language, charset="utf-8")
    for message in read_po(io.BytesIO(po), locale=language):
        if message.id and message.string and not message.fuzzy:
            catalog.add(message.id, message.string)
    file = io.BytesIO()
    write_mo(file, catalog)
    return file.getvalue()


def marks(text: str) -> list[str]:
    """What is filled in: every mark with its form, each as often as it stands there."""
    return sorted(MARKS.findall(text))


def problems_of(language: str, catalog: Catalog) -> list[str]:
    """What a person has to do."""
    found = []
    for message in catalog:
        if not message.id:
            continue
        text = str(message.string or "")
        if not text:
            found.append(f"{language}: missing: {message.id}")
        elif message.fuzzy:
            found.append(f"{language}: fuzzy: {message.id}")
        elif marks(text) != marks(message.id):
            found.append(f"{language}: marks differ: {message.id}")
        elif "%" in re.sub(r"%\(\w+\)s|%%", "", message.id + text):
            found.append(f"{language}: a bare percent sign: {message.id}")
    return found


def node_words() -> str:
    """The page's words in English, for the scripts' tests."""
    from octoprint_aiwatch.core.words import for_pages

    text = json.dumps(for_pages(), indent=1, ensure_ascii=False, sort_keys=True)
    return text + "\n"


def files() -> dict[Path, bytes]:
    """Every file as it ought to be."""
    wanted = template()
    found = {NODE_WORDS: node_words().encode()}
    for language in languages():
        po = as_po(updated(language, wanted))
        bundled = BUNDLED / language / INSIDE
        found[source_of(language)] = found[bundled / "messages.po"] = po
        found[bundled / "messages.mo"] = as_mo(po, language)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--check", action="store_true", help="change nothing")
    parser.add_argument("--add", metavar="LANGUAGE", help="begin one, as in nl")
    given = parser.parse_args()
    if given.add:
        source_of(given.add).parent.mkdir(parents=True, exist_ok=True)
    wanted = files()
    todo = []
    for path, content in wanted.items():
        if path.exists() and path.read_bytes() == content:
            continue
        if given.check:
            todo.append(f"out of date: {path.relative_to(ROOT)}")
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    for language in languages():
        with io.BytesIO(wanted[source_of(language)]) as file:
            todo += problems_of(language, read_po(file, locale=language))
    print("\n".join(todo) or f"{', '.join(languages())}: complete")
    return 1 if todo else 0


if __name__ == "__main__":
    sys.exit(main())
