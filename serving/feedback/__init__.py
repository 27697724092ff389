"""What people think of scores and reasons."""
