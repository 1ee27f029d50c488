"""Records in, plain rows out; no streamlit."""
