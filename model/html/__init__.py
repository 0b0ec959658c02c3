"""What the HTML pages share: styles, charts without a library, and no external resources."""
