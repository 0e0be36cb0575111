"""This node's own copy of what the chain says (`ledger.ports.mirror`)."""
