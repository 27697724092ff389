"""The pages people use: server-rendered, Chinese first, for desktop, phone and paper."""
