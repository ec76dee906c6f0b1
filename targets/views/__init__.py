"""The document's pages: load what the person may see, call one domain function, answer. No rule lives here."""
