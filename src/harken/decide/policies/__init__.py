"""How actions are ranked: one file is one policy (`decide/policy.py` is the contract)."""
