"""What a config asks for, what the toolkit proposes, and the plan directory that people edit."""
