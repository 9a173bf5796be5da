"""The ledger of releases: what was issued when, in a chain that shows what was edited, removed or put in another order.

`harmattan.ledger.line` is one line, `harmattan.ledger.book` the file, which `harmattan.release.write` appends to.
`harmattan.ledger.checking` sets it beside the releases there are, `harmattan.ledger.scoring` scores them on what has
happened since.
"""
