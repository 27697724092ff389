"""What visits found."""
