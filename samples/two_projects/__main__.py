"""`python -m samples.two_projects`."""

from samples.two_projects import main

main()
