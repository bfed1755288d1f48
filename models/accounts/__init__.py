"""Items sold over time: bank accounts, the clairvoyant optimum, and mechanisms that do not know the future.

MPTZ is Mirrokni, Paes Leme, Tang & Zuo (2020), supplement. Types are independent over time and buyers
(`models/auctions/market.py`); periods count from 0.
"""
