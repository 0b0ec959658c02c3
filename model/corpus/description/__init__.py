"""What a corpus holds: statistics, and a page that shows them."""
