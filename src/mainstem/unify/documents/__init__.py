"""Reads documents: the tables they name, the SQL they show and the claims they make."""

from mainstem.unify.documents.judging import judge_claims
from mainstem.unify.documents.reading import joined, read_documents

__all__ = ["joined", "judge_claims", "read_documents"]
