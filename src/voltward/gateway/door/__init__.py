"""From a request to a judgement: what was seen, what it is worth, and what holds judgements back."""
