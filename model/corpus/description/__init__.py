"""Statistics of a corpus, and a page that shows them."""
