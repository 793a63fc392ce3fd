"""What an agent in an editor may ask: the Model Context Protocol over standard input and output, and at ``/mcp``."""
