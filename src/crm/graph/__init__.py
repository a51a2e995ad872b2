"""The read side: what a noun is, how its fields are read, and one operation's context.

Everything is declared once, on the Strawberry type. Here the declarations are read through dataloaders, one level at a time.
"""
