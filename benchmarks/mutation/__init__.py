"""How many small faults, planted one at a time in the code that matters, the tests notice."""
