"""A clerk asks other regions; what comes back was verified against this node's own mirror."""
