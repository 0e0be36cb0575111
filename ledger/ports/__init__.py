"""What the domain needs from the outside, one module per concern. Services import only these.

Ports say what they promise: what is durable on return, who retries, which error means what.
"""
