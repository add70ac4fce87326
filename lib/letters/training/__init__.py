"""How the shipped networks are trained: what they learn from, their recipes and their export."""
