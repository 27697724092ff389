"""Type of the progress callbacks of long-running work."""

from collections.abc import Callable

Progress = Callable[[str, float], None]
"""Called with the name of the current stage and the finished share of it, from 0 to 1."""


def scaled_progress(progress: Progress | None, start: float, share: float) -> Progress | None:
    """The callback of a part of the work that begins at ``start`` and is ``share`` of the whole."""
    if progress is None:
        return None
    return lambda stage, done: progress(stage, start + share * done)
