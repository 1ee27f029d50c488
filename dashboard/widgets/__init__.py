"""Functions that draw the pages with Streamlit."""
