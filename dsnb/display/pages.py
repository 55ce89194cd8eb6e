"""A result as a page of its own, for a browser: one file that asks for nothing else."""

from __future__ import annotations

from dsnb.display.html import Html, safe

# What JupyterLab's theme says in a notebook, this says here, by day and by night.
_STYLE = """
:root{color-scheme:light dark;--jp-content-font-color1:#212121;--jp-content-font-color2:#616161;
--jp-border-color1:#9e9e9e;--jp-border-color2:#e0e0e0;--jp-brand-color1:#1976d2;
--jp-success-color0:#1b5e20;--jp-error-color1:#c62828;--jp-ui-font-size1:14px}
@media(prefers-color-scheme:dark){:root{--jp-content-font-color1:#e6e6e6;
--jp-content-font-color2:#b0b0b0;--jp-border-color1:#757575;--jp-border-color2:#424242;
--jp-brand-color1:#64b5f6;--jp-success-color0:#81c784;--jp-error-color1:#ef9a9a}}
html{background:#fff}
@media(prefers-color-scheme:dark){html{background:#161616}}
body{margin:24px auto;max-width:1100px;padding:0 16px;
font-family:system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
.dsnb>div{margin-bottom:6px}
body .dsnb .scroll{max-height:none}
"""
# The data of strangers is in it: nothing is fetched and nothing runs, even if it got through.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def page(title: str, body: Html) -> str:
    """Return a whole page.

    Examples
    --------
    >>> "<title>a &lt; b</title>" in page("a < b", Html("<p>text</p>"))
    True
    """
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{safe(title, 200)}</title>\n<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n{body}\n</body>\n</html>\n"
    )
