"""Units of the organisation by their paths: sx/ty/xd/ lies under sx/ty/, and that under sx/."""

from __future__ import annotations


def paths_of(path: str) -> list[str]:
    """Return the path of a unit and those of all above it, from the top."""
    steps = path.strip("/").split("/")
    return ["/".join(steps[: depth + 1]) + "/" for depth in range(len(steps))]
