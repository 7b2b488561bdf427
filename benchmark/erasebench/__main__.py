"""`python -m erasebench` is `erasebench`."""

from erasebench.cli.main import main

main(prog_name="erasebench")
