"""The rooms that write the house and never talk to the store."""
