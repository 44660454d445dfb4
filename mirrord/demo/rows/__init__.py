"""The records of every list that a row of a table answers, as a small shop would have them.

Texts hold the traps of :mod:`mirrord.demo.words`. All of it follows from the products, customers
and orders that the shop has; nothing here is random.
"""
