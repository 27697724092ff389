"""One file per step of the layout, in order of their numbers."""
