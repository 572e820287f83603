"""Access to the numbers: roles and what each may see, tokens, sessions of browsers, and failed tries. No HTTP."""
