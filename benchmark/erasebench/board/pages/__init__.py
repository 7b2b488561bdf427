"""The site: tables and pages, rendered from results by the templates in `site/`."""
