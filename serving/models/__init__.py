"""Published models, model cards, training, backtest and check."""
