#!/usr/bin/python3
"""Writes fleet.json, Grafana's dashboard of a metric of your own, beside this file. Its data source is a proxy: Grafana's stock Prometheus one,
with the proxy's address.

    monitoring/fleet.py

`$metric` is a timer, histogram or distribution, `$by` the label that tells groups apart, `$quantile` which percentile, `$target` what is good enough.
"""
import json
import pathlib

SOURCE = {"type": "prometheus", "uid": "${datasource}"}
RECENT = "rate($metric[$__rate_interval])"
ALL = "increase($metric[$__range])"


def fleet(quantile, window=RECENT):
    return f"histogram_quantile({quantile}, sum({window}))"


def by(window=RECENT):
    return f"sum by ($by) ({window})"


# [(title, what to look for, kind of panel, unit, (x, y, width, height), [(query, legend)])]
PANELS = [
    ("Percentiles of the fleet", "Of all samples together, never an average of percentiles.", "timeseries", "ms", (0, 0, 12, 9), [
        (fleet(0.5), "p50"), (fleet(0.9), "p90"), (fleet(0.99), "p99"), (fleet(0.999), "p99.9")]),
    ("By $by", "Which one differs.", "timeseries", "ms", (12, 0, 12, 9), [
        (f"histogram_quantile($quantile, {by()})", "{{$by}}")]),
    ("Over the whole time", "One percentile of everything that is shown, not of what is drawn.", "stat", "ms", (0, 9, 6, 5), [
        (fleet("$quantile", ALL), "$quantile")]),
    ("Within $target", "The share of samples that are good enough.", "stat", "percentunit", (6, 9, 6, 5), [
        (f"histogram_fraction(0, $target, sum({ALL}))", "good")]),
    ("The ten slowest", "Over the whole time.", "bargauge", "ms", (12, 9, 12, 10), [
        (f"topk(10, histogram_quantile($quantile, {by(ALL)}))", "{{$by}}")]),
    ("A week ago", "The same hour, beside now.", "timeseries", "ms", (0, 14, 12, 9), [
        (fleet("$quantile", "increase($metric[1h])"), "now"),
        (fleet("$quantile", "increase($metric[1h] offset 7d)"), "a week ago")]),
    ("Samples", "", "timeseries", "ops", (12, 19, 12, 8), [(f"histogram_count({by()})", "{{$by}}")]),
    ("Mean", "", "timeseries", "ms", (0, 23, 12, 8), [
        (f"histogram_sum({by()}) / histogram_count({by()})", "{{$by}}")]),
    ("Where samples lie", "Two clouds are two kinds of requests: ask which tag tells them apart.", "heatmap", "ms", (12, 27, 12, 9), [
        ("sum(increase($metric[$__rate_interval]))", "")]),
]


def panel(number, title, description, kind, unit, place, queries):
    instant = kind in ("stat", "bargauge")
    targets = [{"refId": chr(ord("A") + n), "datasource": SOURCE, "expr": query, "legendFormat": legend,
                "instant": instant, "range": not instant, **({"format": "heatmap"} if kind == "heatmap" else {})}
               for n, (query, legend) in enumerate(queries)]
    options = {"timeseries": {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi"}},
               "heatmap": {"calculate": False, "yAxis": {"unit": unit}},
               "bargauge": {"orientation": "horizontal", "displayMode": "basic"}, "stat": {"graphMode": "none"}}[kind]
    return {"id": number, "type": kind, "title": title, "description": description, "datasource": SOURCE,
            "gridPos": dict(zip("xywh", place)), "fieldConfig": {"defaults": {"unit": unit}, "overrides": []},
            "options": options, "targets": targets}


def asked(name, label, query, **more):
    return {"name": name, "label": label, "type": "query", "datasource": SOURCE, "refresh": 2, "sort": 1,
            "query": {"query": query, "refId": name}, **more}


def chosen(name, label, values, current):
    return {"name": name, "label": label, "type": "custom", "query": ",".join(values), "current": {"text": current, "value": current},
            "options": [{"text": value, "value": value, "selected": value == current} for value in values]}


def dashboard():
    return {
        "uid": "tributary-fleet", "title": "Fleet percentiles", "tags": ["tributary"], "schemaVersion": 36, "editable": True,
        "refresh": "30s", "time": {"from": "now-1h", "to": "now"},
        "templating": {"list": [
            {"name": "datasource", "type": "datasource", "query": "prometheus", "label": "Proxy"},
            asked("metric", "Metric", "label_values(__name__)"),
            asked("by", "By", "label_names($metric)"),
            chosen("quantile", "Percentile", ["0.5", "0.9", "0.95", "0.99", "0.999"], "0.99"),
            {"name": "target", "label": "Target", "type": "textbox", "query": "300", "current": {"text": "300", "value": "300"}},
            {"name": "filters", "label": "Filters", "type": "adhoc", "datasource": SOURCE}]},
        "panels": [panel(number + 1, *told) for number, told in enumerate(PANELS)],
    }


def text():
    return json.dumps(dashboard(), indent=1) + "\n"


if __name__ == "__main__":
    pathlib.Path(__file__).with_name("fleet.json").write_text(text())
