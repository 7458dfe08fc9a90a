"""Embeddings from a teacher: what `/v1/embeddings` of a server gives, through the ledger.

Texts go out many a request, and are kept one a call, so that other batches, another order or a few
new texts pay for nothing twice. A call is known as those of conversations are, by teacher, model
and parameters, with the text as its one turn, of the role `input`, which no conversation has.
"""
