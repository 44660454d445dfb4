"""Fuzzes the config's loader: ``python -m tests.fuzz.config [-max_total_time=SECONDS]``."""

from tests.fuzz.running import fuzz

if __name__ == "__main__":
    fuzz("config")
