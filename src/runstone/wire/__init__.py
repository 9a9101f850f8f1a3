"""The protocol as data: the table of operations, a struct for each request and response, and the rules of its JSON."""
