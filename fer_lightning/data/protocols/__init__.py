"""Protocols by name: which images train, validate and test, verified to share neither images nor subjects."""

from fer_lightning.data.protocols.registry import AUTO, PROTOCOLS, apply_protocol, check_request
from fer_lightning.data.protocols.rule import VAL_SUBJECTS, Protocol, Request

__all__ = ["AUTO", "PROTOCOLS", "VAL_SUBJECTS", "Protocol", "Request", "apply_protocol", "check_request"]
