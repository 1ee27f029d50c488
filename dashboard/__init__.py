"""The web page and the command line. The only package that imports streamlit."""
