"""The thinking rooms: pure functions and frozen values. No file, no socket, no clock, no log."""
