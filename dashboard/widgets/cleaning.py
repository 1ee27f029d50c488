"""The cleaning report: what each rule dropped and changed, with examples."""

import streamlit as st

from dashboard.viewmodels.datasets import ReportPage
from dashboard.viewmodels.plain import plain
from dashboard.viewmodels.units import count
from dashboard.widgets.tables import small_table

ROW_PX = 34
MARGIN_PX = 60


def draw_report(page: ReportPage) -> None:
    """Draw the report of one preparation."""
    st.markdown(plain(page.sentence, 300))
    splits = " · ".join(f"{name} {count(number)}" for name, number in page.splits)
    st.markdown(f":small[Splits: {plain(splits)} · vocabulary {plain(page.vocabulary)}]")
    if page.dropping:
        _draw_chart(page)
    small_table(
        ("Rule", "What it does", "Dropped", "Changed"),
        [(it.rule, it.description, count(it.dropped), count(it.changed)) for it in page.rules],
    )
    for rule in page.rules:
        if rule.examples:
            with st.expander(f"{plain(rule.rule)}: examples", key=f"rule-{rule.rule}"):
                small_table(("Source", "Target"), [(it.source, it.target) for it in rule.examples])


def _draw_chart(page: ReportPage) -> None:
    """Draw how many pairs each rule dropped, the busiest at the top."""
    rules = page.dropping
    told = ", ".join(f"{rule.rule} {count(rule.dropped)}" for rule in rules)
    st.echarts_chart(
        {
            "animation": False,
            "grid": {"left": 8, "right": 48, "top": 8, "bottom": 24, "containLabel": True},
            "xAxis": {"type": "value", "name": "pairs", "nameLocation": "middle", "nameGap": 24},
            "yAxis": {
                "type": "category",
                "inverse": True,
                "data": [rule.rule for rule in rules],
            },
            "series": [
                {
                    "type": "bar",
                    "data": [rule.dropped for rule in rules],
                    "label": {"show": True, "position": "right"},
                }
            ],
        },
        height=MARGIN_PX + ROW_PX * len(rules),
        key="dropped-chart",
        alt=f"Pairs dropped by rule: {told}",
    )
