"""`python -m crm`: the command line where scripts on PATH are no option."""

from crm.cli import main

if __name__ == "__main__":  # worker processes import this file under another name
    main()
