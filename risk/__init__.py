"""The domain: records and their intake, red flags, tiers, watchlist policy, simulator."""
