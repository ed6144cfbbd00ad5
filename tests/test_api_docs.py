"""The documentation of the outside contract says what the code does, and nothing else."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

from octoprint_aiwatch import backends
from octoprint_aiwatch.core.commands import COMMANDS
from octoprint_aiwatch.core.state import State
from octoprint_aiwatch.core.status import document
from octoprint_aiwatch.plugin import EVENTS, AiWatchPlugin
from tests.core.rig import EXTRA, Rig, settings_with

DOCS = Path(__file__).parents[1] / "extras" / "docs"
API = (DOCS / "api.md").read_text("utf-8")
OPENAPI = yaml.safe_load((DOCS / "openapi.yaml").read_text("utf-8"))
Route = tuple[str, str]


def routes() -> dict[Route, set[str]]:
    """Method and path of every route, and the permissions that its code names."""
    found = {}
    for _, method in inspect.getmembers(AiWatchPlugin, inspect.isfunction):
        for rules in getattr(method, "_blueprint_rules", {}).values():
            for path, options in rules:
                permissions = set(
                    re.findall(r"Permissions\.(\w+)", inspect.getsource(method))
                )
                for verb in options["methods"]:
                    plain = re.sub(r"<[^>]*:", "<", path)
                    found[verb, plain] = permissions
    return found


def rows(heading: str) -> dict[str, list[str]]:
    """A table's cells by the names in its first column."""
    section = API[API.index(heading) :]
    found = {}
    for line in section[section.index("|---") :].splitlines()[1:]:
        if not line.startswith("|"):
            break
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        for name in re.findall("`([^`]+)`", cells[0]):
            found[name] = cells[1:]
    return found


def status() -> dict[str, Any]:
    return document(State(settings_with()), 0.0, EXTRA)


def test_every_route_is_in_the_openapi_file_with_its_permissions() -> None:
    described = {
        (verb.upper(), re.sub("{(.*?)}", "<\\1>", path)): set(about["x-permissions"])
        for path, verbs in OPENAPI["paths"].items()
        for verb, about in verbs.items()
    }
    assert described == routes()


def test_every_route_is_in_the_table_with_its_permissions() -> None:
    table = {}
    for name, cells in rows("# HTTP interface").items():
        verb, path = name.split(" ")
        table[verb, "/" + path] = set(re.findall("`([A-Z_]+)`", cells[0]))
    assert table == routes()


def test_every_command_is_documented() -> None:
    assert set(rows("`POST api/command` takes")) == set(COMMANDS)
    body = OPENAPI["paths"]["/api/command"]["post"]["requestBody"]
    schema = body["content"]["application/json"]["schema"]
    assert schema["properties"]["command"]["enum"] == sorted(COMMANDS)


def test_every_backend_can_be_tested() -> None:
    body = OPENAPI["paths"]["/api/test"]["post"]["requestBody"]
    schema = body["content"]["application/json"]["schema"]
    assert schema["properties"]["backend"]["enum"] == sorted(backends.REGISTRY)


def test_every_event_is_documented_and_no_other() -> None:
    table = rows("## Events on OctoPrint's bus")
    assert set(table) == {"plugin_aiwatch_" + name for name in EVENTS}


def test_every_event_that_the_machine_raises_is_registered() -> None:
    core = Path(inspect.getfile(document)).parent
    source = "".join(path.read_text("utf-8") for path in core.glob("*.py"))
    assert set(re.findall(r'RaiseEvent\("(\w+)"', source)) == set(EVENTS)


def test_every_key_of_the_status_is_documented() -> None:
    assert set(rows("## The status document")) == set(status())
    assert set(OPENAPI["components"]["schemas"]["Status"]["properties"]) == set(status())
    assert set(OPENAPI["components"]["schemas"]["Status"]["required"]) == set(status())


def validator(name: str) -> Any:
    """One of the file's schemas, in the dialect that the validator speaks."""

    def plain(node: Any) -> Any:
        if isinstance(node, list):
            return [plain(one) for one in node]
        if not isinstance(node, dict):
            return node
        kept = {key: plain(value) for key, value in node.items() if key != "nullable"}
        if node.get("nullable") is True:
            kept["type"] = [node["type"], "null"]
        return kept

    schema = plain({**OPENAPI["components"]["schemas"][name], **OPENAPI})
    return jsonschema_rs.validator_for(
        {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
    )


def test_the_status_is_what_the_openapi_file_says() -> None:
    check = validator("Status")
    check.validate(status())
    rig = Rig(settings_with())
    rig.start()
    check.validate(document(rig.state, rig.now_s, EXTRA))
    with pytest.raises(jsonschema_rs.ValidationError):
        check.validate({**status(), "score": 2.0})
    with pytest.raises(jsonschema_rs.ValidationError):
        check.validate({**status(), "new": 1})
