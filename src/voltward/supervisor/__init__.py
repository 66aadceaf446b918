"""`serve` as a supervisor: parts of Voltward as child processes, each with its own imports (ruling 33)."""

from voltward.supervisor.json_log import log_as_json
from voltward.supervisor.only_one import only_one
from voltward.supervisor.parts import PARTS, Pace, Part, end_with_parent
from voltward.supervisor.supervise import supervise

__all__ = ["PARTS", "Pace", "Part", "end_with_parent", "log_as_json", "only_one", "supervise"]
