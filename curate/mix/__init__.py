"""Mix: kept training examples drawn by share, and every held-out example.

pool.py   the rows that can be drawn, each with its lot
order.py  the order of a part's rows: caps, temperature
take.py   how far each order is taken;  apportion.py in whole rows
draw.py   the mixture, split by split;  shuffle.py its rows in their order
counting.py, realised.py  what it came to;  shortage.py why it cannot be
"""

SPLITS = ("train", "valid", "test")
NOT_DRAWN = "not drawn"
NOT_MIXED = "of a part that is not mixed"
"""Why kept rows are in no mixture though nothing speaks against them."""
