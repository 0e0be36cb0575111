"""`python -m nodes.cli` is `license-ledger`."""

from nodes.cli.main import main

if __name__ == "__main__":
    main()
