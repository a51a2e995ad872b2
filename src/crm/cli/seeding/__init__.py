"""What `crm seed` makes: a company of any size, and its customers in chunks."""
