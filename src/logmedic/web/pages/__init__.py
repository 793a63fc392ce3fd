"""The pages, one file each: a router, and the reading that its template needs."""
