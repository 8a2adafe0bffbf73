"""What every page of the console is made of: access, templates, forms, words."""
