"""Type of the progress callbacks of long-running work."""

from collections.abc import Callable

Progress = Callable[[str, float], None]
"""Called with the name of the current stage and the finished share of it, from 0 to 1."""
