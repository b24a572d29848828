"""The office's pages of conduct: proceedings by due date, their decisions and appeals, and the rules as versions.

People stand here by a short mark. Who may act is said by the page and refused by the rules: never the person it is
about, never the same person twice. Start at `proceedings.show`.
"""
