"""What energy costs: contracts that change over time, and bills that can be opened down to the reading.

Everything here is a pure function of quarter-hours, prices and a contract. A late reading or a late price
changes exactly the amounts that depend on it.
"""
