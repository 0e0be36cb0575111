"""The durable outbox (`ledger.ports.outbox`)."""
