"""Posts: published now or at their time, then read for comments."""

from mainstem.revos.posts.publishing import Publications

__all__ = ["Publications"]
