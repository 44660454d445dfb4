"""Fuzzes the multistatus parser: ``python -m tests.fuzz.multistatus [-max_total_time=SECONDS]``."""

from tests.fuzz.running import fuzz

if __name__ == "__main__":
    fuzz("multistatus")
