"""The simulated clouds and what is needed to use them, in one place to import from."""

from __future__ import annotations

from .cloud_base import CallRecord
from .gadget import GadgetCloud
from .gadget_wire import gadget_answer, gadget_error
from .inference import InferenceServer
from .judgement import Judgement, ScriptedJudge, steady
from .obico import ObicoCloud, ObicoSuperCloud
from .obico_ml import ObicoMlServer
from .obico_ml_wire import ml_answer
from .obico_wire import obico_answer, obico_error
from .replies import Reply

__all__ = [
    "CallRecord",
    "GadgetCloud",
    "InferenceServer",
    "Judgement",
    "ObicoCloud",
    "ObicoMlServer",
    "ObicoSuperCloud",
    "Reply",
    "ScriptedJudge",
    "gadget_answer",
    "gadget_error",
    "ml_answer",
    "obico_answer",
    "obico_error",
    "steady",
]
