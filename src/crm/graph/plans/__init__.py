"""The fast way of reading: a whole selection compiled to one SQL statement that returns the JSON of the answer.

`outline.py` what a selection asks for · `outlining.py` from GraphQL to that · `sites.py` arguments, apart from their values ·
`rendering.py`, `pages.py`, `columns.py` from an outline to SQL · `plan.py` the outline of an operation with its statements ·
`filling.py` what Python adds to the JSON · `planner.py` the whole of it · `operations.py`, `kept.py` what is known and kept.

graphql-core with loaders is the specification: what is not planned here is answered there, and both give the same bytes.
"""
