"""The control room: page and command line. The only package that imports streamlit."""
