"""The engines that run a family's steps: one class each, the same shape."""
