"""Training of the networks: what each learns from, how, and how it is exported."""
