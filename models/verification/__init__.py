"""Checking a mechanism by dynamic programming, sharing nothing with the programs that may have produced it.

`public_states.py` joins the mechanism's memory with what the public last saw, `agent_view.py` says what
one agent believes there, `best_reply.py` finds her best lie, `participation_check.py` what truth may cost
her, and `witness.py` tells it to a person.
"""
