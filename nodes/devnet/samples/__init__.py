"""Invented licenses for a development network: valid in every detail, true of nobody."""
