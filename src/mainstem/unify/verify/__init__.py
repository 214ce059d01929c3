"""Compares source and target value by value, and checks what else a move promises.

Both sides are written as the same canonical text and summed up column by column; where the sums of
a table differ, the differences are looked for and named by table, key and column.
`verifying` is the way in. Its worker processes import their side alone: what all of a verification
needs would take each twice as long as reading the rows of a small table.
"""
