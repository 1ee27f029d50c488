"""The script that Streamlit runs at every interaction: the list of pages, and the chosen page."""

from pathlib import Path

import streamlit as st

HERE = Path(__file__).parent
PAGES = (
    ("Overview", "overview", ":material/dashboard:"),
    ("Devices", "devices", ":material/memory:"),
    ("Data", "data", ":material/dataset:"),
    ("Training", "training", ":material/model_training:"),
    ("Models", "models", ":material/deployed_code:"),
    ("Translate", "translate", ":material/translate:"),
    ("Backups", "backups", ":material/backup:"),
    ("Settings", "settings", ":material/settings:"),
)

# A flat list: with sections Streamlit nests <div> in <ul>, which screen readers cannot read.
page = st.navigation(
    [
        st.Page(HERE / "views" / f"{name}.py", title=title, icon=icon, default=name == "overview")
        for title, name, icon in PAGES
    ]
)
st.set_page_config(page_title=f"{page.title} · Datahall", layout="wide")
st.logo(str(HERE / "static" / "wordmark.svg"), icon_image=str(HERE / "static" / "mark.svg"))
page.run()
