"""Pages of who looks for a home through the portal: requests and their offers."""
