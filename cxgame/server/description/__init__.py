"""The protocol described for machines: AsyncAPI, made from the types that read and write it."""
