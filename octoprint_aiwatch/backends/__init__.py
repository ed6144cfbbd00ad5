"""The registry: one line per backend. Nothing else names them all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..core.values import BackendField
from .base import Backend
from .gadget import Gadget
from .kserve import Kserve
from .local import Local
from .obico import Obico
from .obico_ml import ObicoMl
from .obico_super import ObicoSuper

REGISTRY: Mapping[str, type[Backend]] = {
    backend.key: backend
    for backend in (
        Local,
        Gadget,
        Obico,
        ObicoSuper,
        ObicoMl,
        Kserve,
    )
}


def fields() -> dict[str, Sequence[BackendField]]:
    """Every backend's fields, for the settings."""
    return {key: backend.fields for key, backend in REGISTRY.items()}


def describe() -> tuple[dict[str, Any], ...]:
    """Every backend as the settings form needs it."""
    return tuple(
        {
            "key": backend.key,
            "label": backend.label,
            "docs_url": backend.docs_url,
            "note": backend.note,
            "needs": backend.needs,
            "costs": backend.costs,
            "sees": backend.sees,
            "sends": backend.sends,
            "fields": [
                {
                    "name": field.name,
                    "label": field.label,
                    "type": field.type,
                    "default": field.default,
                    "help": field.help,
                    "required": field.required,
                    "required_unless": field.required_unless,
                    "low": field.low,
                    "high": field.high,
                    "choices": [
                        {"value": choice.value, "label": choice.label}
                        for choice in field.choices
                    ],
                }
                for field in backend.fields
            ],
        }
        for backend in REGISTRY.values()
    )
