"""Reads documents: the tables they name, the SQL they show and the claims they make."""

from mainstem.unify.documents.judging import judge_claims
from mainstem.unify.documents.reading import read_documents

__all__ = ["judge_claims", "read_documents"]
