"""Drain3, the clustering that most log tools build on, with the masks of its own example configuration."""

from __future__ import annotations

import sys
from collections.abc import Sequence

try:
    from drain3 import TemplateMiner
    from drain3.masking import MaskingInstruction
    from drain3.template_miner_config import TemplateMinerConfig
except ImportError:
    sys.exit("the peer is missing: pip install drain3")

_BEFORE, _AFTER = r"((?<=[^A-Za-z0-9])|^)", r"((?=[^A-Za-z0-9])|$)"
_MASKS = (
    (r"([0-9a-f]{2,}:){3,}([0-9a-f]{2,})", "ID"),
    (r"\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}", "IP"),
    (r"0x[a-f0-9A-F]+", "HEX"),
    (r"[\-\+]?\d+", "NUM"),
)


def miner() -> TemplateMiner:
    config = TemplateMinerConfig()
    config.masking_instructions = [
        MaskingInstruction(f"{_BEFORE}({pattern}){_AFTER}", name) for pattern, name in _MASKS
    ]
    config.profiling_enabled = False
    return TemplateMiner(config=config)


def drain(texts: Sequence[str]) -> list[str]:
    """The template of each text as Drain3 has it in the end, when all were seen."""
    mined = miner()
    clusters = [mined.add_log_message(" ".join(text.split()))["cluster_id"] for text in texts]
    templates = {cluster.cluster_id: cluster.get_template() for cluster in mined.drain.clusters}
    return [templates[cluster] for cluster in clusters]
