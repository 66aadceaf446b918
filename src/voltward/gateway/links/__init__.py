"""An admitted station's link from its welcome to its end, and the table of all links."""
