"""How are the networks trained? One trainer a model; nothing that serves a request imports this package."""
