"""What other regions' nodes ask of this one: signed requests, signed answers, refusals included."""
