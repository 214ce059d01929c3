"""The record of every run, kept in the target's schema `unify`: what moved, changed or waits."""
