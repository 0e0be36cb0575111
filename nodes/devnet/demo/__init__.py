"""`license-ledger demo`: four regions on a real chain, and what happens when somebody tampers."""
