"""Model lifecycle and operations; imports neither streamlit nor monitors."""
