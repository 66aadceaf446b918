"""Is a series of samples flat, after a time in which it may settle? Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import linear_regression, mean

SETTLING = 1 / 6  # of the whole time: ten minutes of an hour
MOST_GROWTH = 0.05  # over all the time that is judged, as a part of the mean


@dataclass(frozen=True, slots=True)
class Series:
    """Samples of one figure: (seconds since the start, value). Growth of up to `slack` is never a finding."""

    name: str
    slack: float
    samples: tuple[tuple[float, float], ...]

    @property
    def settled(self) -> Sequence[tuple[float, float]]:
        """The samples after the settling time."""
        until = self.samples[-1][0] * SETTLING
        return [sample for sample in self.samples if sample[0] >= until]

    @property
    def growth(self) -> float:
        """What the straight line through the settled samples gains from the first to the last."""
        times = [moment for moment, _ in self.settled]
        if len(times) < 2:
            return 0.0
        slope = linear_regression(times, [value for _, value in self.settled]).slope
        return slope * (times[-1] - times[0])

    @property
    def is_flat(self) -> bool:
        """Whether it does not grow; shrinking is fine."""
        return self.growth <= max(self.slack, MOST_GROWTH * mean(value for _, value in self.settled))
