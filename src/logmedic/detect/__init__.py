"""Rules: which records deserve attention, compiled to run where the logs are."""

from logmedic.detect.detector import Detector
from logmedic.detect.interface import RuleConfig, Selected
from logmedic.detect.rules import DEFAULTS, KINDS, SurgeRule, build_rules, settings
from logmedic.detect.surge import SurgeWindows

__all__ = [
    "DEFAULTS", "KINDS", "Detector", "RuleConfig", "Selected", "SurgeRule", "SurgeWindows", "build_rules", "settings",
]  # fmt: skip
