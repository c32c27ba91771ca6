"""The web portal: one Django package, its apps in layers."""
