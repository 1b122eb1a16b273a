"""Named protocols: which images train, validate and test, provably without a shared image or person."""

from fer_lightning.data.protocols.automatic import AUTO
from fer_lightning.data.protocols.named import PROTOCOLS, check_request, choose
from fer_lightning.data.protocols.rule import VAL_SUBJECTS, Protocol, Request

__all__ = ["AUTO", "PROTOCOLS", "VAL_SUBJECTS", "Protocol", "Request", "check_request", "choose"]
