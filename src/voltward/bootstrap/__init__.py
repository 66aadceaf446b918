"""The composition root: the only place that knows which adapter stands behind which port."""

from voltward.adapters.system_clock import SystemClock
from voltward.bootstrap.deployment import Deployment, open_deployment

__all__ = ["Deployment", "SystemClock", "open_deployment"]
