"""Licenses, their look-up digests, status changes and kept answers (`ledger.ports.licenses`)."""
