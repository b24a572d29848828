"""Papers: receipts, invoices, credit notes and statements as a reader sees them, on the page and as PDF.

It promises that page and PDF say the same, for both are made from one `Paper`; that every number, reference and name
stands isolated, so that no right-to-left line is turned around; and that a person's name is read at that moment, under
their own key, and is in no document that is kept (promises.md T29).

`paper.py` writes a document in the reader's language, `statement.py` a wallet's statement, `pdf.py` sets either,
`about.py` brings the words of jobs, `tasks.py` issues what the ledger calls for.
"""
