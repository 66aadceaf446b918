"""`python -m voltward` is the command line."""

from voltward.cli import main

if __name__ == "__main__":
    main()
