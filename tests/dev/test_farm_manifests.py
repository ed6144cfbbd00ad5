"""The manifests for many printers fit each other and what aiwatch:export-model writes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from octoprint_aiwatch.adapters.export import repository

DOCS = Path(__file__).parents[2] / "extras" / "docs"
FARM = DOCS / "farm"
READY = f"/v2/models/{repository.NAME}/ready"


def documents(name: str) -> dict[str, Any]:
    """A manifest's documents by kind."""
    found = yaml.safe_load_all((FARM / name).read_text("utf-8"))
    return {one["kind"]: one for one in found}


@pytest.fixture
def kubernetes() -> dict[str, Any]:
    return documents("kubernetes.yaml")


@pytest.fixture
def pod(kubernetes: dict[str, Any]) -> dict[str, Any]:
    template: dict[str, Any] = kubernetes["Deployment"]["spec"]["template"]
    return template


def dockerfile() -> str:
    return (FARM / "Dockerfile").read_text("utf-8")


def test_everything_selects_the_pods(kubernetes: Any, pod: Any) -> None:
    labels = pod["metadata"]["labels"]
    deployment = kubernetes["Deployment"]["spec"]
    assert deployment["selector"]["matchLabels"] == labels
    assert kubernetes["Service"]["spec"]["selector"] == labels
    budget = kubernetes["PodDisruptionBudget"]["spec"]
    assert budget["selector"]["matchLabels"] == labels
    (spread,) = pod["spec"]["topologySpreadConstraints"]
    assert spread["labelSelector"]["matchLabels"] == labels


def test_the_autoscaler_scales_the_deployment_and_alone(kubernetes: Any) -> None:
    scaler = kubernetes["HorizontalPodAutoscaler"]["spec"]
    deployment = kubernetes["Deployment"]
    for name in ("apiVersion", "kind"):
        assert scaler["scaleTargetRef"][name] == deployment[name]
    assert scaler["scaleTargetRef"]["name"] == deployment["metadata"]["name"]
    assert "replicas" not in deployment["spec"], "or every apply would undo it"
    assert (
        scaler["minReplicas"] > kubernetes["PodDisruptionBudget"]["spec"]["minAvailable"]
    )


def test_a_pod_is_ready_once_the_exported_model_is(pod: Any) -> None:
    (container,) = pod["spec"]["containers"]
    names = {port["name"]: port["containerPort"] for port in container["ports"]}
    for probe in ("startupProbe", "readinessProbe"):
        assert container[probe]["httpGet"] == {"path": READY, "port": "http"}
    assert f"--http-port={names['http']}" in dockerfile()


def test_the_service_leads_to_the_pods_port(kubernetes: Any) -> None:
    (port,) = kubernetes["Service"]["spec"]["ports"]
    assert (port["port"], port["targetPort"]) == (8000, "http")


def test_kserve_runs_the_same_image_on_the_port_that_it_expects(pod: Any) -> None:
    predictor = documents("kserve.yaml")["InferenceService"]["spec"]["predictor"]
    (container,) = predictor["containers"]
    (other,) = pod["spec"]["containers"]
    assert container["name"] == "kserve-container"
    assert container["image"] == other["image"]
    assert container["resources"] == other["resources"]
    (port,) = container["ports"]
    assert f"--http-port={port['containerPort']}" in container["args"]
    ready = {"path": READY, "port": port["containerPort"]}
    assert container["readinessProbe"]["httpGet"] == ready


def test_compose_builds_the_dockerfile_beside_it_and_waits_for_the_model() -> None:
    compose = yaml.safe_load((FARM / "triton-compose.yaml").read_text("utf-8"))
    triton = compose["services"]["triton"]
    assert triton["build"] == "."
    assert READY in triton["healthcheck"]["test"][-1]


def test_a_core_is_asked_for_each_of_the_images_instances(pod: Any) -> None:
    (container,) = pod["spec"]["containers"]
    (count,) = re.findall(r"KIND_CPU count: (\d+)", dockerfile())
    compose = yaml.safe_load((FARM / "triton-compose.yaml").read_text("utf-8"))
    assert container["resources"]["requests"]["cpu"] == count
    assert compose["services"]["triton"]["cpus"] == int(count)


@pytest.mark.parametrize("page", ["farm.md", "backends.md"])
def test_every_file_that_a_page_links_to_is_there(page: str) -> None:
    links = re.findall(r"\]\((?!https:)([^)#]+)[^)]*\)", (DOCS / page).read_text("utf-8"))
    assert links
    assert [link for link in links if not (DOCS / link).exists()] == []
