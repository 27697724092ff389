"""Model cards: what a version was made from, how good it was, and what it cannot know."""
