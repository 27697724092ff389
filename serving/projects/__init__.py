"""Risk, history and notes of single projects."""
