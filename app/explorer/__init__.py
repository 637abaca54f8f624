"""What the explorer's page is made of: values → words, addresses and groups for its template."""
