"""A report in the forms that people and programs want: text, JSON, Markdown, HTML, SARIF."""
