"""Pure functions that convert records into rows for the pages; they do not import streamlit."""
