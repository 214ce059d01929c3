"""The isolation proof of any PostgreSQL database: two tenants, and everything that could cross."""

from mainstem.unify.isolation.model import ObjectVerdict, Proof, Verdict, Weakening
from mainstem.unify.isolation.proving import prove, prove_on

__all__ = ["ObjectVerdict", "Proof", "Verdict", "Weakening", "prove", "prove_on"]
