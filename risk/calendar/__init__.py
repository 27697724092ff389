"""Calendar rules: horizon and maturity, months, working days of China."""
