"""Where a translation looked: cross-attention as a heat map, asked for on demand."""

from html import escape

import streamlit as st

from dashboard.viewmodels.plain import plain
from dashboard.viewmodels.translate import HeatMap

ROW_PX = 30
MARGIN_PX = 150
DEEPEST = 900
MANY = 8
TRANSPARENT = "rgba(0,0,0,0)"


def draw_heat_map(shown: HeatMap, key: str) -> None:
    """Draw the map; its main news is also said in words."""
    # Plotly takes half a second to import and megabytes in the browser: only when it is asked for.
    import plotly.graph_objects as go  # noqa: PLC0415  (slow import)

    figure = go.Figure(
        go.Heatmap(
            x=[escape(token) for token in shown.columns],  # Plotly reads a little HTML
            y=[escape(token) for token in shown.rows],
            z=[list(row) for row in shown.values],
            zmin=0.0,
            zmax=1.0,
            colorscale="Blues",
            colorbar={"title": "weight", "tickformat": ".0%"},
            hovertemplate="%{y} looks at %{x}: %{z:.1%}<extra></extra>",
        )
    )
    figure.update_layout(
        height=min(MARGIN_PX + ROW_PX * len(shown.rows), DEEPEST),
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        paper_bgcolor=TRANSPARENT,
        plot_bgcolor=TRANSPARENT,
        xaxis={
            "side": "top",
            "title": "source",
            "tickangle": -45 if len(shown.columns) > MANY else 0,
        },
        yaxis={"autorange": "reversed", "title": "translation"},
    )
    st.plotly_chart(
        figure, key=key, config={"displayModeBar": False}, alt=f"Attention: {shown.sentence}"
    )
    st.markdown(f":small[{plain(shown.sentence, 400)}]")
