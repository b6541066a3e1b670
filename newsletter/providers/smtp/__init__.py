"""Any mail server that takes submissions (RFC 5321, 6409): one mail a person, pipelined."""
