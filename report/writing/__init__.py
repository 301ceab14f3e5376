"""What turns sections into HTML: templates, theme, Markdown, bibliography, remembered sections."""
