"""The composition root: the only place that knows which adapter stands behind which port."""

from voltward.adapters.system_clock import SystemClock

__all__ = ["SystemClock"]
